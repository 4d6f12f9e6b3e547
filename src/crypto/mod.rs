//! Cryptography that the product composes from aws-lc-rs: sealing, blind index, keyed hashes, signed calls.

mod keyring;
pub mod signed_http;

pub use keyring::{Keyring, Purpose, RootKey, SealError, sha256};
