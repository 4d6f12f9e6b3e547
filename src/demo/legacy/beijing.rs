//! The API's time stamps: `yyyyMMddHHmmss`, always Beijing time.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use crate::clock::Timestamp;

const EIGHT_HOURS: i64 = 8 * 60 * 60;

/// `at` as the API writes it.
pub fn beijing_time(at: Timestamp) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(at.seconds() + EIGHT_HOURS) else {
        return String::new();
    };
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The moment that `text` names, if it has the API's form.
pub fn read_beijing_time(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = text.get(..4)?.parse().ok()?;
    let two = |at: usize| -> Option<u8> { text.get(at..at + 2)?.parse().ok() };
    let date = Date::from_calendar_date(year, Month::try_from(two(4)?).ok()?, two(6)?).ok()?;
    let time = Time::from_hms(two(8)?, two(10)?, two(12)?).ok()?;
    let seconds = date.with_time(time).assume_offset(UtcOffset::UTC).unix_timestamp() - EIGHT_HOURS;
    Some(Timestamp(seconds * 1000))
}
