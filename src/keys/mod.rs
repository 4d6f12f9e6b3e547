//! Keys on disk and the signing keys made from them: RS256, PS256, ES256 and EdDSA, rotated by their files' names, published
//! as JWKs.

mod files;
mod key;
mod schedule;
mod set;

pub use files::{KeyError, ROOT, load_root, look_for_root};
pub use schedule::{Listed, PUBLICATION, RETENTION, State, list, list_each, rotate};
pub use set::{ID_TOKEN, SigningKeys, at_hash};
