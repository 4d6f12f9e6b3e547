//! Who a person says to be.

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::ethnic::EthnicGroup;
use super::person::{Gender, PersonName};

/// Who a person says to be: typed, well-formed, not yet proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name.
    pub name: PersonName,
    /// The document.
    pub document: Document,
    /// Gender.
    pub gender: Gender,
    /// Ethnic group; none for foreigners.
    pub ethnic_group: Option<EthnicGroup>,
}

impl Identity {
    /// Whether the other one is the same person by name and document: gender and ethnic group are not checked by any
    /// source.
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.name == other.name && self.document == other.document
    }
}
