//! Who a person says to be.

use serde::{Deserialize, Serialize};
use time::Date;

use super::birth;
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
    /// The day of birth as it was typed, where the document's number doesn't tell it.
    #[serde(default, with = "birth::json", skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
}

impl Identity {
    /// Whether the other one is the same person by name and document: gender, ethnic group and a typed day of birth are
    /// not checked by any source.
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.name == other.name && self.document == other.document
    }

    /// The day of birth: the number's, else the one that was typed.
    pub fn born(&self) -> Option<Date> {
        self.document.birth_date().or(self.birth_date)
    }

    /// Whether a guardian has to proceed.
    pub fn is_under_age(&self, today: Date) -> bool {
        self.born().is_some_and(|born| birth::is_under_age(born, today))
    }
}
