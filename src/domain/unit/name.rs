//! A unit's name (单位名称).

use serde::{Deserialize, Serialize};

use crate::domain::typed::{half_width, is_dash, is_invisible};

/// Why a text can't be a unit's name. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UnitNameFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// A character that no name has.
    #[error("characters")]
    Characters,
    /// Fewer than two characters.
    #[error("too_short")]
    TooShort,
    /// More than 100 characters.
    #[error("too_long")]
    TooLong,
}

/// A unit's name in one form: half-width letters and digits, full-width brackets `（）` as on licences, a Chinese name
/// without blanks. 2 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName(String);

impl UnitName {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`UnitNameFault`]
    pub fn parse(raw: &str) -> Result<Self, UnitNameFault> {
        let typed: String = raw.chars().filter(|c| !is_invisible(*c)).map(one_form).collect();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let chinese = typed.chars().any(|c| !c.is_ascii() && c.is_alphabetic());
        let name = words.join(if chinese { "" } else { " " });
        if !name.chars().all(is_ordinary) {
            return Err(UnitNameFault::Characters);
        }
        match name.chars().count() {
            0 => Err(UnitNameFault::Empty),
            1 => Err(UnitNameFault::TooShort),
            2..=100 => Ok(Self(name)),
            _ => Err(UnitNameFault::TooLong),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names are compared: letters and digits alone, in upper case.
    pub fn fold(&self) -> String {
        self.0.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    }
}

fn one_form(c: char) -> char {
    match half_width(c) {
        '(' | '〔' | '[' | '【' => '（',
        ')' | '〕' | ']' | '】' => '）',
        '\u{2022}' | '\u{30FB}' | '\u{2027}' => '·',
        c if is_dash(c) => '-',
        c => c,
    }
}

fn is_ordinary(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, ' ' | '（' | '）' | '·' | '-' | '&' | '.' | ',' | '\'' | '、' | '“' | '”' | '"' | '/' | '+')
}

impl TryFrom<String> for UnitName {
    type Error = UnitNameFault;

    fn try_from(text: String) -> Result<Self, UnitNameFault> {
        Self::parse(&text)
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_of_a_name() {
        let name = |raw: &str| UnitName::parse(raw).map(String::from);
        assert_eq!(name(" 合肥 ＡＢＣ(中国)有限公司 "), Ok("合肥ABC（中国）有限公司".to_owned()));
        assert_eq!(name("Acme  Trading Co., Ltd."), Ok("Acme Trading Co., Ltd.".to_owned()));
        assert_eq!(UnitName::parse("\u{200B} "), Err(UnitNameFault::Empty));
        assert_eq!(UnitName::parse("厂"), Err(UnitNameFault::TooShort));
        assert_eq!(UnitName::parse("合肥<厂>"), Err(UnitNameFault::Characters));
        assert_eq!(UnitName::parse(&"厂".repeat(101)), Err(UnitNameFault::TooLong));
        assert_eq!(UnitName::parse("甲（乙）厂").map(|n| n.fold()), UnitName::parse("甲乙厂").map(|n| n.fold()));
    }
}
