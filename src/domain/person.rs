//! A person's name and gender.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::typed::{half_width, is_dash, is_invisible, stars};

/// Why a text can't be a name. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// A character that no name has, or Chinese and Latin characters mixed.
    #[error("characters")]
    Characters,
    /// A separator first, last, or twice in a row.
    #[error("separator")]
    Separator,
    /// More than 50 characters, or 100 in Latin letters.
    #[error("too_long")]
    TooLong,
}

/// A name in one form: Chinese (up to 50 code points, `·` between the parts) or Latin (up to 100).
///
/// Any Han character of GB 18030-2022 is ordinary, those outside the Basic Multilingual Plane too. `Debug` shows the
/// masked name only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// Reads what was typed: separators become U+00B7, full-width letters half-width; a Chinese name loses its blanks,
    /// a Latin one keeps one between words.
    pub fn parse(raw: &str) -> Result<Self, NameFault> {
        let typed: String = raw.chars().filter(|c| !is_invisible(*c)).collect();
        if typed.chars().all(char::is_whitespace) {
            return Err(NameFault::Empty);
        }
        let (name, longest) = if typed.chars().any(|c| is_han(c) || is_private_use(c)) {
            (chinese(&typed)?, 50)
        } else {
            (latin(&typed)?, 100)
        };
        match name.chars().count() {
            0 => Err(NameFault::Empty),
            count if count > longest => Err(NameFault::TooLong),
            _ => Ok(Self(name)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no source can confirm it and only a reviewer admits it: a private-use character of an old font, which
    /// nobody but a reader of the document can tell, or one character alone.
    pub fn needs_reviewer(&self) -> bool {
        self.0.chars().count() < 2 || self.0.chars().any(is_private_use)
    }

    /// The form in which two names are compared: upper case, without separators, blanks and punctuation, so that
    /// `O'Brien` is `OBRIEN`, and a name whose `·` an old system left out is the same name.
    pub fn fold(&self) -> String {
        self.0
            .chars()
            .filter(|c| c.is_alphabetic() || is_han(*c) || is_private_use(*c))
            .flat_map(char::to_uppercase)
            .collect()
    }

    /// The first character of each part, and `*` for each other one.
    pub fn masked(&self) -> String {
        let mut first = true;
        self.0
            .chars()
            .map(|c| match c {
                '·' | ' ' => {
                    first = true;
                    c
                }
                _ if std::mem::take(&mut first) => c,
                _ => '*',
            })
            .collect()
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: String = self.0.chars().take(1).collect();
        write!(f, "PersonName({head}{})", stars(2))
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameFault;

    fn try_from(text: String) -> Result<Self, NameFault> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

fn chinese(typed: &str) -> Result<String, NameFault> {
    let name: String =
        typed.chars().filter(|c| !c.is_whitespace()).map(|c| if is_separator(c) { '·' } else { c }).collect();
    if !name.chars().all(|c| c == '·' || is_han(c) || is_private_use(c)) {
        return Err(NameFault::Characters);
    }
    if name.starts_with('·') || name.ends_with('·') || name.contains("··") {
        return Err(NameFault::Separator);
    }
    Ok(name)
}

/// Letters and blanks, and inside the name hyphens, apostrophes and full stops: `Mary-Ann O'Brien Jr.`.
fn latin(typed: &str) -> Result<String, NameFault> {
    let plain: String = typed
        .chars()
        .map(|c| match half_width(c) {
            '\u{2018}' | '\u{2019}' | '\u{02BC}' | '`' => '\'',
            c if is_dash(c) => '-',
            c if c != '.' && is_separator(c) => '·',
            c => c,
        })
        .collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if !name.chars().all(|c| is_latin(c) || matches!(c, ' ' | '-' | '\'' | '.' | '·')) {
        return Err(NameFault::Characters);
    }
    let ends_well = name.ends_with(|c| is_latin(c) || c == '.');
    if !name.starts_with(is_latin) || !ends_well || name.split(is_latin).any(|gap| gap.chars().count() > 2) {
        return Err(NameFault::Separator);
    }
    Ok(name)
}

/// What is typed for U+00B7, the separator on documents.
fn is_separator(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{00B7}' | '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' | '\u{FF0E}' | '\u{FF65}'
    )
}

/// Han: the unified blocks with their extensions (planes 2 and 3), the compatibility block, and 〇.
fn is_han(c: char) -> bool {
    matches!(c,
        '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAD9}'
        | '\u{20000}'..='\u{2FA1D}' | '\u{30000}'..='\u{33479}')
}

/// Letters of the Latin blocks that names on travel documents use.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (matches!(c, '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}') && !matches!(c, '×' | '÷'))
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// Gender: GB/T 2261.1 《个人基本信息分类与代码 第1部分：人的性别代码》.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// 未知的性别.
    Unknown = 0,
    /// 男.
    Male = 1,
    /// 女.
    Female = 2,
    /// 未说明的性别.
    NotStated = 9,
}

impl Gender {
    /// Every gender, by code.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Male, Self::Female, Self::NotStated];

    /// The code of GB/T 2261.1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "0",
            Self::Male => "1",
            Self::Female => "2",
            Self::NotStated => "9",
        }
    }

    /// The `gender` claim of OpenID Connect Core, section 5.1, where the gender is known.
    pub fn claim(self) -> Option<&'static str> {
        match self {
            Self::Male => Some("male"),
            Self::Female => Some("female"),
            Self::Unknown | Self::NotStated => None,
        }
    }

    /// A code, or a word that old systems wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().map(half_width).collect::<String>().to_ascii_lowercase();
        match text.as_str() {
            "0" | "未知" | "未知的性别" => Some(Self::Unknown),
            "1" | "男" | "男性" | "male" | "m" => Some(Self::Male),
            "2" | "女" | "女性" | "female" | "f" => Some(Self::Female),
            "9" | "未说明" | "未说明的性别" => Some(Self::NotStated),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(raw: &str) -> PersonName {
        PersonName::parse(raw).unwrap()
    }

    #[test]
    fn masks_by_segment() {
        assert_eq!(name("王小明").masked(), "王**");
        assert_eq!(name("买买提·阿里").masked(), "买**·阿*");
        assert_eq!(name("John  Smith").masked(), "J*** S****");
        assert_eq!(name("𫖯赵").masked(), "𫖯*");
        assert_eq!(format!("{:?}", name("阿卜杜热西提·买买提")), "PersonName(阿**)");
    }

    #[test]
    fn one_form() {
        assert_eq!(name("Ｊｏｈｎ　Ｏ’Ｂｒｉｅｎ").as_str(), "John O'Brien");
        assert_eq!(name("JOHN OBRIEN").fold(), name("John O'Brien").fold());
        assert_eq!(name("阿卜杜.买买提").as_str(), "阿卜杜·买买提");
        assert_eq!(PersonName::parse("王Ming"), Err(NameFault::Characters));
        assert!(name("王\u{E000}").needs_reviewer() && name("王").needs_reviewer() && !name("王明").needs_reviewer());
        assert_eq!(PersonName::parse("·"), Err(NameFault::Separator));
        assert_eq!(PersonName::parse("John--  -Smith"), Err(NameFault::Separator));
        assert_eq!(PersonName::parse(&"a".repeat(100)).map(|n| n.as_str().len()), Ok(100));
        assert_eq!(PersonName::parse(&"a".repeat(101)), Err(NameFault::TooLong));
    }
}
