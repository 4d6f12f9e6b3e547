//! Proof Key for Code Exchange, RFC 7636, S256 only.

use serde::{Deserialize, Serialize};

/// An S256 `code_challenge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// 43 characters of base64url: a SHA-256 (RFC 7636, section 4.2); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (text.len() == 43 && text.bytes().all(base64url)).then(|| Self(text.to_owned()))
    }

    /// Whether `verifier` is what was challenged with (section 4.6), in constant time.
    pub fn verify(&self, verifier: &str) -> bool {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        (43..=128).contains(&verifier.len())
            && verifier.bytes().all(unreserved)
            && crate::secret::same(crate::crypto::sha256(verifier).as_bytes(), self.0.as_bytes())
    }
}
