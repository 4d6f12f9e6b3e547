//! The demonstration's servers and its invented people. Never part of a package (cargo feature `demo`).
