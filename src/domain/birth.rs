//! The day of birth: typed in three parts, or as an old system writes it.

use serde::{Deserialize, Deserializer, Serializer};
use time::{Date, Month};

/// Below this age a guardian has to proceed (PIPL, article 31).
const GUARDIAN_BELOW: u8 = 14;
/// From this age on somebody may be a guardian (Civil Code, articles 17 and 27).
const ADULT_FROM: u8 = 18;

/// Why a day can't be one of birth. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BirthFault {
    /// No part was typed.
    #[error("empty")]
    Empty,
    /// No such day, a day to come, or more than 150 years ago.
    #[error("date")]
    Date,
}

/// Reads year, month and day.
pub fn parse(year: &str, month: &str, day: &str, today: Date) -> Result<Date, BirthFault> {
    let parts = [year, month, day].map(super::typed::compact);
    if parts.iter().all(String::is_empty) {
        return Err(BirthFault::Empty);
    }
    let [year, month, day] = parts.map(|part| part.parse::<u16>().ok());
    let born = year.zip(month).zip(day).and_then(|((year, month), day)| date(year, month, day));
    born.filter(|born| *born <= today && born.year() >= today.year() - 150).ok_or(BirthFault::Date)
}

/// What an old system wrote: `1988-03-15`, `19880315`, `1988年3月15日`.
pub fn from_legacy(text: &str, today: Date) -> Option<Date> {
    let text = super::typed::tidy(text);
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [year, month, day, ..] => parse(year, month, day, today).ok(),
        [all] if all.len() == 8 => parse(all.get(..4)?, all.get(4..6)?, all.get(6..)?, today).ok(),
        _ => None,
    }
}

/// A day of the calendar, if there is one.
pub fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// The age in full years on a day; the birthday itself completes the year.
pub fn age(born: Date, on: Date) -> Option<u8> {
    let had_birthday = (u8::from(on.month()), on.day()) >= (u8::from(born.month()), born.day());
    u8::try_from(on.year() - born.year() - i32::from(!had_birthday)).ok()
}

/// Whether somebody who is born then is a child for whom a guardian has to proceed.
pub fn is_under_age(born: Date, today: Date) -> bool {
    age(born, today).is_some_and(|age| age < GUARDIAN_BELOW)
}

/// Whether somebody who is born then is of age.
pub fn is_adult(born: Date, today: Date) -> bool {
    age(born, today).is_some_and(|age| age >= ADULT_FROM)
}

/// In JSON: `1988-03-15`, or nothing.
pub mod json {
    use super::{Date, Deserialize, Deserializer, Serializer, date};

    /// Writes it.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(born: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match born {
            Some(born) => serializer.serialize_some(&born.to_string()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// If there is no such day.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let mut parts = text.split('-').map(|part| part.parse::<u16>().unwrap_or_default());
        let mut next = || parts.next().unwrap_or_default();
        let born = date(next(), next(), next());
        born.map(Some).ok_or_else(|| serde::de::Error::custom("no such day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 24);

    #[test]
    fn three_parts_and_old_texts() {
        assert_eq!(parse("１９８８", " 3", "15", TODAY), Ok(date!(1988 - 03 - 15)));
        assert_eq!(parse(" ", "", "", TODAY), Err(BirthFault::Empty));
        for (year, month, day) in [("1988", "", "15"), ("2026", "11", "25"), ("1870", "1", "1"), ("1990", "2", "29")] {
            assert_eq!(parse(year, month, day, TODAY), Err(BirthFault::Date), "{year} {month} {day}");
        }
        for text in ["1988-03-15", "19880315", "1988年3月15日", "1988/3/15", "1988-03-15 00:00:00"] {
            assert_eq!(from_legacy(text, TODAY), Some(date!(1988 - 03 - 15)), "{text}");
        }
        assert_eq!(from_legacy("880315", TODAY), None);
    }

    #[test]
    fn a_child_until_the_birthday() {
        assert!(is_under_age(date!(2012 - 11 - 25), TODAY));
        assert!(!is_under_age(date!(2012 - 11 - 24), TODAY));
        assert!(is_adult(date!(2008 - 11 - 24), TODAY));
        assert!(!is_adult(date!(2008 - 11 - 25), TODAY));
    }
}
