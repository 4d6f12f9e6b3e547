//! Keys on disk and the signing keys made from them: RS256 and ES256, cached, published as JWKs.

mod files;
mod jws;

pub use files::{KeyError, load_root};
pub use jws::{SigningKeys, at_hash};
