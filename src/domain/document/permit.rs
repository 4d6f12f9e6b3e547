//! Permits and passports: numbers that aren't of the citizen form, or only partly.

use time::Date;

use super::country::Country;
use super::{DocumentFault, citizen};
use crate::domain::birth;

/// 外国人永久居留身份证. Since 2023-12-01: `9`, province, ISO 3166-1 numeric nationality, then as a citizen's number.
/// Earlier: ISO 3166-1 alpha-3 nationality, region (4), birth (6), sequence (1), check (1).
pub(super) fn foreign_resident(number: String, today: Option<Date>) -> Result<String, DocumentFault> {
    if number.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return earlier_foreign_resident(number);
    }
    citizen::shape(&number)?;
    let province = number.get(1..3).unwrap_or_default();
    let nationality = number.get(3..6).unwrap_or_default();
    if !number.starts_with('9') || !citizen::is_province(province) || Country::from_numeric(nationality).is_none() {
        return Err(DocumentFault::Region);
    }
    citizen::dated(number, today)
}

fn earlier_foreign_resident(number: String) -> Result<String, DocumentFault> {
    if !number.bytes().enumerate().all(|(i, b)| if i < 3 { b.is_ascii_uppercase() } else { b.is_ascii_digit() }) {
        return Err(DocumentFault::Characters);
    }
    if number.len() != 15 {
        return Err(DocumentFault::Length);
    }
    let province = number.get(3..5).unwrap_or_default();
    if Country::from_alpha3(number.get(..3).unwrap_or_default()).is_none() || !citizen::is_province(province) {
        return Err(DocumentFault::Region);
    }
    let real = [1900, 2000].into_iter().any(|century| {
        let (year, month, day) = earlier_birth(&number).unwrap_or_default();
        birth::date(century + year, month, day).is_some()
    });
    if !real {
        return Err(DocumentFault::BirthDate);
    }
    if check_731(number.get(..14).unwrap_or_default()) == number.chars().last().and_then(|c| c.to_digit(10)) {
        Ok(number)
    } else {
        Err(DocumentFault::Checksum)
    }
}

/// Year of the century, month and day on the earlier card: the digits 8 to 13.
pub(super) fn earlier_birth(number: &str) -> Option<(u16, u16, u16)> {
    let part = |range: std::ops::Range<usize>| number.get(range)?.parse::<u16>().ok();
    Some((part(7..9)?, part(9..11)?, part(11..13)?))
}

/// The check digit of machine-readable documents (ICAO Doc 9303-3, 4.9): weights 7, 3, 1; `A` is 10.
fn check_731(text: &str) -> Option<u32> {
    let values: Vec<u32> = text.chars().map(|c| c.to_digit(36)).collect::<Option<_>>()?;
    let sum: u32 = values.iter().zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum();
    Some(sum % 10)
}

/// 港澳居民来往内地通行证: `H` or `M` and 8 digits; the form before 2013 adds 2 digits, the count of replacements.
pub(super) fn hong_kong_macao(number: String) -> Result<String, DocumentFault> {
    let digits = number.strip_prefix(['H', 'M']).ok_or(DocumentFault::Characters)?;
    digits_of(digits, &[8, 10])?;
    Ok(number)
}

/// 台湾居民来往大陆通行证: 8 digits; on the paper book before 2015, 10 digits and a letter, which stands in brackets.
pub(super) fn taiwan(typed: &str) -> Result<String, DocumentFault> {
    let number: String = typed.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    match number.strip_suffix(|c: char| c.is_ascii_uppercase()) {
        Some(digits) => digits_of(digits, &[10])?,
        None => digits_of(&number, &[8])?,
    }
    Ok(number)
}

/// A foreign passport: what ICAO Doc 9303 allows, in any length that is in use; a number without a digit is none.
pub(super) fn foreign_passport(number: String) -> Result<String, DocumentFault> {
    let of_form = number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !of_form || !number.bytes().any(|b| b.is_ascii_digit()) {
        return Err(DocumentFault::Characters);
    }
    if (5..=20).contains(&number.len()) { Ok(number) } else { Err(DocumentFault::Length) }
}

/// A Chinese passport: ordinary `E` or `G` and 8 digits, or `E`, a letter other than `I` and `O`, and 7 digits;
/// diplomatic `DE`, service `SE`, public affairs `PE` and 7 digits.
pub(super) fn passport(number: String) -> Result<String, DocumentFault> {
    let second = number.chars().nth(1).unwrap_or('0');
    let rest = match number.chars().next() {
        Some('E') if second.is_ascii_uppercase() && !matches!(second, 'I' | 'O') => number.get(2..),
        Some('D' | 'S' | 'P') if second == 'E' => number.get(2..),
        Some('E' | 'G') => number.get(1..),
        _ => None,
    };
    let rest = rest.ok_or(DocumentFault::Characters)?;
    digits_of(rest, &[if number.len() == rest.len() + 2 { 7 } else { 8 }])?;
    Ok(number)
}

fn digits_of(text: &str, lengths: &[usize]) -> Result<(), DocumentFault> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DocumentFault::Characters);
    }
    if lengths.contains(&text.len()) { Ok(()) } else { Err(DocumentFault::Length) }
}
