//! What somebody asks for who can't sign in any more, or can't reach the phone on file.

use serde::{Deserialize, Serialize};

use super::contact::Phone;
use crate::clock::Timestamp;

/// What is asked for. Sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Another password.
    Password {
        /// Its Argon2id hash.
        hash: String,
    },
    /// Another phone.
    Phone {
        /// The phone.
        phone: Phone,
        /// When its code was typed.
        proven_at: Timestamp,
        /// Whether passkeys, authenticator apps and recovery codes are lost as well.
        factors_lost: bool,
    },
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind().as_str())
    }
}

impl Change {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Password { .. } => Kind::Password,
            Self::Phone { .. } => Kind::Phone,
        }
    }
}

/// What kind of change it is: an account waits for one of each at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another password.
    Password,
    /// Another phone.
    Phone,
}

impl Kind {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Phone => "phone",
        }
    }
}
