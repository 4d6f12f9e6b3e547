//! Who looks after a child's account (监护人).

use serde::{Deserialize, Serialize};

use super::person::Gender;
use crate::clock::Timestamp;
use crate::ids::AccountId;

/// What a guardian is to the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The father.
    Father,
    /// The mother.
    Mother,
    /// Another guardian: a grandparent, or whom an authority has named.
    Other,
}

impl Relation {
    /// Every relation, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Father, Self::Mother, Self::Other];

    /// Its text in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Father => "father",
            Self::Mother => "mother",
            Self::Other => "other",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == text)
    }

    /// Whether nobody of this gender is it.
    pub fn contradicts(self, gender: Gender) -> bool {
        matches!((self, gender), (Self::Father, Gender::Female) | (Self::Mother, Gender::Male))
    }
}

/// A guardianship that hasn't been ended. That the child is under 14 is computed by whoever asks for its rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardianship {
    /// The child's account.
    pub child: AccountId,
    /// The guardian's own account.
    pub guardian: AccountId,
    /// What the guardian is to the child.
    pub relation: Relation,
    /// Since when.
    pub since: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_read_as_they_are_written() {
        for relation in Relation::ALL {
            assert_eq!(Relation::parse(relation.as_str()), Some(relation));
        }
        assert_eq!(Relation::parse("uncle"), None);
        assert!(Relation::Father.contradicts(Gender::Female) && Relation::Mother.contradicts(Gender::Male));
        assert!(!Relation::Other.contradicts(Gender::Female) && !Relation::Mother.contradicts(Gender::Unknown));
    }
}
