//! What a password must be today: long enough, not a common one, not the person's own data (NIST SP 800-63B-4,
//! section 3.1.1.2). No rules about kinds of characters.

/// The shortest password: it is the only factor of a sign-in, so the longer minimum of the NIST text would be 15; the
/// portal keeps 8 for carried-over and chosen ones alike because the first sign-in on a new browser and every risky
/// action add a code (see docs/decisions.md).
pub(super) const SHORTEST: usize = 8;
/// The longest, in characters.
pub(super) const LONGEST: usize = 128;

/// The commonest passwords of leaked lists with 8 characters or more, and the defaults of legacy systems.
const COMMON: &str = include_str!("common.txt");

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
}

/// Checks a password against the policy; `own` is the person's data that must not be in it (user name, phone,
/// document number, …).
///
/// # Errors
/// [`PolicyFault`]
pub fn check<'a>(password: &str, own: impl IntoIterator<Item = &'a str>) -> Result<(), PolicyFault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PolicyFault::TooShort);
    }
    if length > LONGEST {
        return Err(PolicyFault::TooLong);
    }
    let folded = password.to_lowercase();
    if COMMON.lines().any(|common| common == folded) || is_run(&folded) {
        return Err(PolicyFault::Common);
    }
    let personal = |text: &str| text.chars().count() >= 4 && folded.contains(&text.to_lowercase());
    if own.into_iter().any(|text| personal(text) || tail(text).is_some_and(personal)) {
        return Err(PolicyFault::Personal);
    }
    Ok(())
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

    #[test]
    fn short_common_and_personal_passwords_are_refused_and_long_plain_ones_are_not() {
        assert_eq!(check("abc1234", []), Err(PolicyFault::TooShort));
        assert_eq!(check(&"长".repeat(129), []), Err(PolicyFault::TooLong));
        for common in ["12345678", "PASSWORD", "11111111", "87654321", "a1234567", "qwertyuiop"] {
            assert_eq!(check(common, []), Err(PolicyFault::Common), "{common}");
        }
        assert_eq!(check("zhangsan!2026", ["zhangsan"]), Err(PolicyFault::Personal));
        assert_eq!(check("my03159975pass", ["340102198803159975"]), Err(PolicyFault::Personal));
        assert_eq!(check("correct horse battery", ["zhangsan"]), Ok(()));
        assert_eq!(check("黄山归来不看岳", []), Err(PolicyFault::TooShort));
        assert_eq!(check("五岳归来不看山黄山归来", []), Ok(()));
    }
}
