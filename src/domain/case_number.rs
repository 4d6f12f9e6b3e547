//! The number of a case: what a person notes down, types into 继续办理 and reads out on the telephone. It finds a case and
//! proves nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::typed::{compact, is_dash};
use crate::clock::Random;

/// Digits and letters that can't be taken for each other: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;

/// Twelve characters (60 bits), written in groups of four.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber(String);

/// A text that is no case number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a case number")]
pub struct NotACaseNumber;

impl CaseNumber {
    /// A new one.
    pub fn mint(random: &Random) -> Self {
        let bytes = random.bytes::<LENGTH>();
        let digit = |b: &u8| ALPHABET.get(usize::from(b % 32)).copied().unwrap_or(b'0') as char;
        Self(bytes.iter().map(digit).collect())
    }

    /// Reads what was typed: blanks, dashes and letter case don't matter, `O` is `0`, `I` and `L` are `1`.
    ///
    /// # Errors
    /// [`NotACaseNumber`]
    pub fn parse(raw: &str) -> Result<Self, NotACaseNumber> {
        let number: String = compact(raw)
            .chars()
            .filter(|c| !is_dash(*c))
            .map(|c| match c {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let known = number.len() == LENGTH && number.bytes().all(|b| ALPHABET.contains(&b));
        if known { Ok(Self(number)) } else { Err(NotACaseNumber) }
    }

    /// The twelve characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |at: usize| self.0.get(at..at + 4).unwrap_or_default();
        write!(f, "{}-{}-{}", part(0), part(4), part(8))
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({self})")
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = NotACaseNumber;

    fn try_from(text: String) -> Result<Self, NotACaseNumber> {
        Self::parse(&text)
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let number = CaseNumber::mint(&Random::seeded(7));
        assert_eq!(CaseNumber::parse(&number.to_string()), Ok(number.clone()));
        assert_eq!(CaseNumber::parse(&format!(" {} ", number.as_str().to_lowercase())), Ok(number));
        assert_eq!(CaseNumber::parse("o1il-0000-0000").map(String::from), Ok("011100000000".to_owned()));
        for wrong in ["", "1234", "UUUU-0000-0000", "0000-0000-00001"] {
            assert_eq!(CaseNumber::parse(wrong), Err(NotACaseNumber), "{wrong}");
        }
    }
}
