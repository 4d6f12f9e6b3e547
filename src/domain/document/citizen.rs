//! Numbers of the citizen form: GB 11643-1999 《公民身份号码》.

use time::Date;

use super::DocumentFault;
use crate::domain::birth;
use crate::domain::person::Gender;

/// The weights of GB 11643-1999, 4.4: 2^(17 - i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The check characters by the weighted sum modulo 11.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// A resident's number. A withdrawn county stays valid, so only the province is checked (GB/T 2260); 810000 and 820000
/// aren't any resident's, but residence permits.
pub(super) fn resident(number: String, today: Option<Date>) -> Result<String, DocumentFault> {
    if number.len() == 15 && number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DocumentFault::Obsolete15);
    }
    shape(&number)?;
    if !is_province(&number) || number.starts_with("810000") || number.starts_with("820000") {
        return Err(DocumentFault::Region);
    }
    dated(number, today)
}

/// A residence permit's number: one of the fixed address codes, then as a resident's.
pub(super) fn residence(number: String, codes: &[&str], today: Option<Date>) -> Result<String, DocumentFault> {
    shape(&number)?;
    if !codes.iter().any(|code| number.starts_with(code)) {
        return Err(DocumentFault::Region);
    }
    dated(number, today)
}

/// Seventeen digits and a digit or `X`.
pub(super) fn shape(number: &str) -> Result<(), DocumentFault> {
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'X') {
        return Err(DocumentFault::Characters);
    }
    if number.len() != 18 {
        return Err(DocumentFault::Length);
    }
    let x_only_last = number.bytes().take(17).all(|b| b.is_ascii_digit());
    if x_only_last { Ok(()) } else { Err(DocumentFault::Characters) }
}

/// The day of birth and the check character of a number that has the shape.
///
/// The day comes first: a mistyped day is told as such and not as a wrong check character.
pub(super) fn dated(number: String, today: Option<Date>) -> Result<String, DocumentFault> {
    let born = birth_date(&number).ok_or(DocumentFault::BirthDate)?;
    if today.is_some_and(|today| born > today || born.year() < today.year() - 150) {
        return Err(DocumentFault::BirthDate);
    }
    if check_character(&number) != number.chars().last() {
        return Err(DocumentFault::Checksum);
    }
    Ok(number)
}

/// The day in the digits 7 to 14.
pub(super) fn birth_date(number: &str) -> Option<Date> {
    let part = |range: std::ops::Range<usize>| number.get(range)?.parse::<u16>().ok();
    birth::date(part(6..10)?, part(10..12)?, part(12..14)?)
}

/// The gender in the 17th digit.
pub(super) fn gender(number: &str) -> Option<Gender> {
    let digit = number.chars().nth(16)?.to_digit(10)?;
    Some(if digit % 2 == 1 { Gender::Male } else { Gender::Female })
}

/// The check character over the first 17 digits: ISO 7064 MOD 11-2.
pub(super) fn check_character(number: &str) -> Option<char> {
    let digits: Vec<u32> = number.chars().take(17).map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// A first-generation number with its century and check character.
pub(super) fn upgrade_15(number: &str) -> Result<String, DocumentFault> {
    if number.is_empty() {
        return Err(DocumentFault::Empty);
    }
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DocumentFault::Characters);
    }
    let (region, rest) = number.split_at_checked(6).ok_or(DocumentFault::Length)?;
    let long = format!("{region}19{rest}");
    if long.len() != 17 {
        return Err(DocumentFault::Length);
    }
    let check = check_character(&long).ok_or(DocumentFault::Characters)?;
    Ok(format!("{long}{check}"))
}

/// Whether a number starts with a province of GB/T 2260.
pub(super) fn is_province(number: &str) -> bool {
    let code = number.get(..2).and_then(|code| code.parse::<u8>().ok()).unwrap_or(0);
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81 | 82)
}
