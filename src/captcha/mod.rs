//! The portal's own captcha: a picture of characters, or for those who can't see it a question in words.
//!
//! Made and checked here; sealing, single use and the pages are elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Random;
use crate::domain::typed::compact;
use crate::secret::same;

mod canvas;
pub mod draw;
mod glyphs;
pub mod question;
pub mod ticket;

use question::Question;

/// Which challenge a person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Characters to read from a picture.
    Picture,
    /// A sum in words.
    Question,
}

impl Kind {
    /// The kind that a form asks for; a picture if it asks for none.
    pub fn named(text: &str) -> Self {
        match text {
            "question" => Self::Question,
            _ => Self::Picture,
        }
    }
}

/// A challenge with its answer: sealed, or kept on the server. `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Challenge {
    /// Characters to read from a picture.
    Picture {
        /// The characters in it.
        text: String,
    },
    /// A sum in words.
    Question(Question),
}

impl Challenge {
    /// A new challenge.
    pub fn mint(kind: Kind, random: &Random) -> Self {
        match kind {
            Kind::Picture => Self::Picture { text: draw::text(LENGTH, random) },
            Kind::Question => Self::Question(Question::mint(random)),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Picture { .. } => Kind::Picture,
            Self::Question(_) => Kind::Question,
        }
    }

    /// Whether this answers it. Case, blanks and full width don't matter; a number may be in Chinese numerals.
    pub fn check(&self, typed: &str) -> bool {
        match self {
            Self::Picture { text } => !text.is_empty() && same(compact(typed).as_bytes(), text.as_bytes()),
            Self::Question(question) => question::number(typed) == Some(question.answer()),
        }
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({:?})", self.kind())
    }
}

/// Four characters of 22: about 230 000 pictures' texts. The tries are limited elsewhere.
const LENGTH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_answered_in_any_case_and_width() {
        let challenge = Challenge::Picture { text: "AC34".to_owned() };
        for right in ["AC34", " ac34 ", "ａｃ３４", "A C 3 4"] {
            assert!(challenge.check(right), "{right}");
        }
        for wrong in ["", "AC3", "AC344", "AC35"] {
            assert!(!challenge.check(wrong), "{wrong}");
        }
        assert!(!Challenge::Picture { text: String::new() }.check(""));
    }

    #[test]
    fn a_challenge_survives_its_json() {
        let random = Random::seeded(7);
        for kind in [Kind::Picture, Kind::Question] {
            let challenge = Challenge::mint(kind, &random);
            let json = serde_json::to_string(&challenge).unwrap();
            assert_eq!(serde_json::from_str::<Challenge>(&json).unwrap(), challenge);
            assert_eq!(challenge.kind(), kind);
        }
    }
}
