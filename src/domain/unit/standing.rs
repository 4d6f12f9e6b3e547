//! What the registry of organisations says of a unit as such.

use serde::{Deserialize, Serialize};

/// What the registry last said of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 存续: in order.
    Registered,
    /// 吊销: its licence was taken away.
    Revoked,
    /// 注销: it doesn't exist any more.
    Dissolved,
}

impl Standing {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Revoked => "revoked",
            Self::Dissolved => "dissolved",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Registered, Self::Revoked, Self::Dissolved].into_iter().find(|s| s.as_str() == text)
    }
}
