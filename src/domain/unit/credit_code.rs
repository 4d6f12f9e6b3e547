//! The unified social credit code (统一社会信用代码), GB 32100-2015.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::typed::{compact, is_dash};

/// 31 characters: no `I O S V Z`, which look like digits or each other.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Why a text can't be a credit code. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CreditCodeFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Not 18 characters.
    #[error("length")]
    Length,
    /// A character that no code has: `I O S V Z`, or none of the alphabet.
    #[error("characters")]
    Characters,
    /// No authority has this first character, or the region isn't six digits.
    #[error("form")]
    Form,
}

/// A credit code in one form: 18 characters, half width, upper case.
///
/// A wrong check character is no fault: some codes of the pilot years were issued with one. It is for a reviewer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

impl CreditCode {
    /// Reads what was typed, in any spelling: full width, lower case, blanks, dashes.
    ///
    /// # Errors
    /// [`CreditCodeFault`]
    pub fn parse(raw: &str) -> Result<Self, CreditCodeFault> {
        let code: String = compact(raw).chars().filter(|c| !is_dash(*c)).collect();
        if code.is_empty() {
            return Err(CreditCodeFault::Empty);
        }
        if !code.bytes().all(|b| ALPHABET.contains(&b)) {
            return Err(CreditCodeFault::Characters);
        }
        if code.len() != 18 {
            return Err(CreditCodeFault::Length);
        }
        let region = code.get(2..8).unwrap_or_default();
        if !code.starts_with(|c: char| matches!(c, '1'..='9' | 'A' | 'N' | 'Y'))
            || !region.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(CreditCodeFault::Form);
        }
        Ok(Self(code))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Authority and class: the first two characters.
    pub fn class(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Whether the check character is the one that the other 17 give (weights 3^i mod 31). Otherwise no source is asked:
    /// only a reviewer admits it.
    pub fn has_right_check(&self) -> bool {
        let value = |b: u8| ALPHABET.iter().position(|a| *a == b).unwrap_or(0);
        let (sum, _) = self.0.bytes().take(17).fold((0, 1), |(sum, w), b| (sum + value(b) * w, w * 3 % 31));
        self.0.bytes().next_back().map(value) == Some((31 - sum % 31) % 31)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditCode({})", self.0)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeFault;

    fn try_from(text: String) -> Result<Self, CreditCodeFault> {
        Self::parse(&text)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}
