//! What the portal knows about people, accounts, links and clients: pure types, without I/O.
