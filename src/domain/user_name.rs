//! User names: what a person picks to sign in with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identifier::{looks_like_identifier, looks_like_phone};
use super::typed::tidy;

/// Why a text can't be a user name. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UserNameFault {
    /// Nothing was typed.
    #[error("empty")]
    Empty,
    /// Of the form of a phone, an e-mail address, a document's number or a credit code: it could be someone else's.
    #[error("looks_like_identifier")]
    LooksLikeIdentifier,
    /// Not 4 to 30 characters.
    #[error("length")]
    Length,
    /// Doesn't start with a letter.
    #[error("first_character")]
    FirstCharacter,
    /// Something other than letters, digits, `_`, `-` and `.`.
    #[error("characters")]
    Characters,
}

/// A user name: 4 to 30 ASCII letters, digits, `_`, `-` and `.`, a letter first.
///
/// Han letters aren't allowed: they look alike across variants (户 and 戸), can't be typed on the keyboards of service
/// hall terminals without an input method, and would invite people to publish their own names. Other scripts have
/// look-alikes of the Latin letters. It keeps the case it was typed in; two names are the same by [`UserName::fold`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// Reads what was typed; full width is forgiven.
    pub fn parse(raw: &str) -> Result<Self, UserNameFault> {
        let name = tidy(raw);
        if name.is_empty() {
            return Err(UserNameFault::Empty);
        }
        if looks_like_identifier(&name) {
            return Err(UserNameFault::LooksLikeIdentifier);
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(UserNameFault::FirstCharacter);
        }
        if !name.chars().all(is_allowed) {
            return Err(UserNameFault::Characters);
        }
        if !(SHORTEST..=LONGEST).contains(&name.len()) {
            return Err(UserNameFault::Length);
        }
        Ok(Self(name))
    }

    /// The name, as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are unique: lower case.
    pub fn fold(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The first and the last character around `***`, whatever the length.
    pub fn masked(&self) -> String {
        let end = |c: Option<char>| c.map(String::from).unwrap_or_default();
        format!("{}***{}", end(self.0.chars().next()), end(self.0.chars().last()))
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserName({})", self.masked())
    }
}

impl TryFrom<String> for UserName {
    type Error = UserNameFault;

    fn try_from(text: String) -> Result<Self, UserNameFault> {
        Self::parse(&text)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

/// Names to offer in the place of one that is taken: `zhangsan_ah`, `zhangsan01`, `zhangsan02` and so on.
///
/// All are well formed; the caller leaves out the taken ones. There are about 100.
pub fn suggest(base: &str) -> impl Iterator<Item = UserName> + use<> {
    let stem = propose(base).map_or_else(|| "user".to_owned(), String::from);
    let stem: String = stem.chars().take(LONGEST - 3).collect();
    let numbered = (1..100).map(|n| format!("{n:02}"));
    std::iter::once("_ah".to_owned())
        .chain(numbered)
        .filter_map(move |tail| UserName::parse(&format!("{stem}{tail}")).ok())
}

/// A user name made from an old account's name, if one can be made: what isn't allowed in it is left out.
///
/// From an e-mail address the part before the `@` is taken. Nothing is made from a phone or a document's number, nor
/// from a name with a phone's number in it: a user name is shown to others.
pub fn propose(legacy: &str) -> Option<UserName> {
    let typed = tidy(legacy);
    let local = typed.split_once('@').map_or(typed.as_str(), |(local, _)| local);
    let kept: String = local.chars().filter(|c| is_allowed(*c)).collect();
    let run = kept.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if kept.is_empty() || run >= 8 || looks_like_identifier(local) || looks_like_phone(&kept) {
        return None;
    }
    let first = kept.find(|c: char| c.is_ascii_alphanumeric())?;
    let mut name = kept.get(first..)?.to_owned();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'u');
    }
    if name.len() < SHORTEST {
        name.push_str("_01");
    }
    name.truncate(LONGEST);
    UserName::parse(&name).ok()
}

const SHORTEST: usize = 4;
const LONGEST: usize = 30;

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_refused_by_form() {
        for raw in [
            "13800138000",
            "１３８００１３８０００",
            "+86-138-0013-8000",
            "a@b.cn",
            "ａ＠ｂ．ｃｎ",
            "34010219880315997x",
            "340102198803150000",
            "340102 880315997",
            "E00000001",
            "ｅ00000001",
            "e-0000-0001",
            "h00000001",
            "KAZ110090123105",
            "91340000711771143J",
            "n1340102MA12345678",
            "0000000001B",
        ] {
            assert_eq!(UserName::parse(raw), Err(UserNameFault::LooksLikeIdentifier), "{raw}");
        }
    }

    #[test]
    fn the_form() {
        assert_eq!(UserName::parse("zhan").map(|n| n.masked()), Ok("z***n".to_owned()));
        assert_eq!(UserName::parse("ZhangSan").map(|n| n.fold()), Ok("zhangsan".to_owned()));
        assert_eq!(UserName::parse("zha"), Err(UserNameFault::Length));
        assert_eq!(UserName::parse(&"z".repeat(31)), Err(UserNameFault::Length));
        assert_eq!(UserName::parse("1zhang"), Err(UserNameFault::FirstCharacter));
        assert_eq!(UserName::parse("zhang san"), Err(UserNameFault::Characters));
        assert_eq!(UserName::parse("zhang三"), Err(UserNameFault::Characters));
        assert_eq!(UserName::parse("zhаng"), Err(UserNameFault::Characters), "a Cyrillic letter");
    }

    #[test]
    fn proposals() {
        let made = |raw| propose(raw).map(String::from);
        assert_eq!(made("zhang.san@example.com").as_deref(), Some("zhang.san"));
        assert_eq!(made("2010zhang").as_deref(), Some("u2010zhang"));
        assert_eq!(made("ls").as_deref(), Some("ls_01"));
        for none in ["", "张三", "13800138000", "tel13800138000", "13800138000@139.com", "340102198803159975", "..."]
        {
            assert_eq!(made(none), None, "{none}");
        }
        let offered: Vec<_> = suggest("zhangsan").take(2).map(String::from).collect();
        assert_eq!(offered, ["zhangsan_ah", "zhangsan01"]);
        assert!(suggest("张三").count() > 50);
    }
}
