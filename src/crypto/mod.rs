//! Cryptography that the product composes from aws-lc-rs: sealing, blind index, keyed hashes, signed calls.

pub mod signed_http;
