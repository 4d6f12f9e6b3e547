//! Signature algorithms (RFC 7518, section 3.1) that the portal signs with.

use serde::{Deserialize, Serialize};

/// The signature algorithm of a client's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what OpenID Connect Core, section 15.1, requires of every provider.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256: about thirty times as fast to sign.
    ES256,
}

impl SigningAlgorithm {
    /// Its name in JOSE.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
        }
    }
}
