//! What a password must be today: long enough, not a common one, not the person's own data, not the portal's name (NIST SP
//! 800-63B-4, section 3.1.1.2). No rules about kinds of characters, and no date on which it ends.

use super::lines;
use crate::domain::typed::half_width;

/// The shortest password: it is the only factor of a sign-in, so the longer minimum of the NIST text would be 15; the
/// portal keeps 8 for carried-over and chosen ones alike because the first sign-in on a new browser and every risky
/// action add a code (see docs/decisions.md).
pub(super) const SHORTEST: usize = 8;
/// The longest, in characters.
pub(super) const LONGEST: usize = 128;

/// 21,587 common passwords with 8 characters or more, folded and sorted: see `common.licences.txt`.
const COMMON: &str = include_str!("common.txt");

/// What this portal is called, besides what its configuration says.
const NAMES: [&str; 8] = ["guiyi", "归一", "政务服务", "统一账号", "统一门户", "zhengwu", "zwfw", "portal"];

/// Why a password isn't good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// Fewer than [`SHORTEST`] characters.
    TooShort,
    /// More than [`LONGEST`].
    TooLong,
    /// On the list of common passwords, or one character again and again, or a run such as 12345678.
    Common,
    /// Holds the person's own data.
    Personal,
    /// Little more than the portal's name.
    Portal,
    /// On the operator's list of breached passwords.
    Breached,
    /// That list can't be read at this moment: nothing is taken unchecked.
    Unchecked,
}

impl PolicyFault {
    /// The key of the text that tells the person.
    pub fn key(self) -> &'static str {
        match self {
            Self::TooShort => "password-too-short",
            Self::TooLong => "password-too-long",
            Self::Common => "password-common",
            Self::Personal => "password-personal",
            Self::Portal => "password-portal",
            Self::Breached => "password-breached",
            Self::Unchecked => "password-unchecked",
        }
    }
}

/// Checks a password against all of the policy but the operator's own list; `own` is the person's data that must not be in it
/// (user name, phone, document number, …), `names` what the portal is called.
///
/// # Errors
/// [`PolicyFault`]
pub fn check_offline<'a, 'b>(
    password: &str,
    own: impl IntoIterator<Item = &'a str>,
    names: impl IntoIterator<Item = &'b str>,
) -> Result<(), PolicyFault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PolicyFault::TooShort);
    }
    if length > LONGEST {
        return Err(PolicyFault::TooLong);
    }
    if is_common(password) {
        return Err(PolicyFault::Common);
    }
    let folded = fold(password);
    let personal = |text: &str| is_telling(text) && folded.contains(&fold(text));
    if own.into_iter().any(|text| personal(text) || tail(text).is_some_and(personal)) {
        return Err(PolicyFault::Personal);
    }
    let rest = NAMES.into_iter().chain(names.into_iter().filter(|name| is_telling(name)));
    let rest = rest.fold(folded.clone(), |rest, name| rest.replace(&fold(name), ""));
    if rest != folded && rest.chars().count() < SHORTEST {
        return Err(PolicyFault::Portal);
    }
    Ok(())
}

/// Whether a password is one that is tried first, in any case and width.
pub(super) fn is_common(password: &str) -> bool {
    let folded = fold(password);
    let list = COMMON.as_bytes();
    is_run(&folded) || lines::hold(list, list.len() as u64, folded.as_bytes()).unwrap_or(true)
}

fn fold(text: &str) -> String {
    text.chars().map(half_width).collect::<String>().to_lowercase()
}

/// Whether so much of somebody's data is no accident in a password: a Chinese name has two characters.
fn is_telling(text: &str) -> bool {
    text.chars().count() >= if text.is_ascii() { 4 } else { 2 }
}

/// The last eight digits of a long number: what people make passwords of.
fn tail(text: &str) -> Option<&str> {
    let start = text.len().checked_sub(8)?;
    (text.len() >= 11 && text.is_ascii()).then(|| text.get(start..)).flatten()
}

/// One step from each character to the next, everywhere: `11111111`, `12345678`, `hgfedcba`.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.windows(2).filter_map(|w| Some(w.get(1)? - w.first()?));
    let Some(first) = steps.next() else { return true };
    first.abs() <= 1 && steps.all(|step| step == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<'a>(password: &str, own: impl IntoIterator<Item = &'a str>) -> Result<(), PolicyFault> {
        check_offline(password, own, ["某省数据资源管理局", "zw.province.gov.cn", "gov"])
    }

    #[test]
    fn short_common_and_personal_passwords_are_refused_and_long_plain_ones_are_not() {
        assert_eq!(check("abc1234", []), Err(PolicyFault::TooShort));
        assert_eq!(check(&"长".repeat(129), []), Err(PolicyFault::TooLong));
        for common in ["12345678", "PASSWORD", "11111111", "87654321", "a1234567", "qwertyuiop", "ｗｏＡｉＮｉ１３１４"]
        {
            assert_eq!(check(common, []), Err(PolicyFault::Common), "{common}");
        }
        assert_eq!(check("zhangsan!2026", ["zhangsan"]), Err(PolicyFault::Personal));
        assert_eq!(check("ＺｈａｎｇＳａｎ!2026", ["zhangsan"]), Err(PolicyFault::Personal));
        assert_eq!(check("my03159975pass", ["340102198803159975"]), Err(PolicyFault::Personal));
        assert_eq!(check("张三的密码2026", ["张三"]), Err(PolicyFault::Personal));
        assert_eq!(check("correct horse battery", ["zhangsan"]), Ok(()));
        assert_eq!(check("黄山归来不看岳", []), Err(PolicyFault::TooShort));
        assert_eq!(check("五岳归来不看山黄山归来", []), Ok(()));
    }

    #[test]
    fn the_portal_s_name_is_no_password_though_it_may_be_part_of_one() {
        for name in ["Guiyi2026!", "归一归一归一归一", "zwfw-123456", "某省数据资源管理局1", "zw.Province.gov.cn.1"]
        {
            assert_eq!(check(name, []), Err(PolicyFault::Portal), "{name}");
        }
        assert_eq!(check("guiyi-is-where-tea-grows", []), Ok(()));
        assert_eq!(check("gov-tea-1", []), Ok(()), "three letters tell nothing");
    }

    #[test]
    fn the_list_is_folded_sorted_and_has_nothing_that_another_rule_refuses() {
        let lines: Vec<_> = COMMON.lines().collect();
        assert_eq!(lines.len(), 21_587);
        assert!(lines.windows(2).all(|w| w[0].as_bytes() < w[1].as_bytes()), "sorted by bytes, each once");
        for line in lines {
            assert!(line.chars().count() >= SHORTEST && line == fold(line) && !is_run(line), "{line}");
            assert!(is_common(line) && is_common(&line.to_uppercase()) || !line.is_ascii(), "{line}");
            assert!(!line.contains([':', '\r']), "{line}");
        }
    }
}
