//! The `account_kind` parameter: this portal's own extension of the authorization request.

use serde::{Deserialize, Serialize};

/// The kind of an account (账号类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 个人: a natural person.
    Individual,
    /// 法人: an organisation.
    LegalPerson,
}

impl AccountKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Individual, Self::LegalPerson];

    /// Its text on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::LegalPerson => "legal_person",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}
