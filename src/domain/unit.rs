//! Units (单位, legal persons and other organisations): who they say to be. Typed, well-formed, not yet proven.

mod credit_code;
mod name;
mod standing;
mod unit_type;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use super::typed::tidy;

pub use super::address::{AddressFault, Line as Address};
pub use credit_code::{CreditCode, CreditCodeFault};
pub use name::{UnitName, UnitNameFault};
pub use standing::Standing;
pub use unit_type::UnitType;

/// What a unit says of itself (flows.md 2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// 单位类型.
    pub unit_type: UnitType,
    /// 单位名称.
    pub name: UnitName,
    /// 统一社会信用代码.
    pub credit_code: CreditCode,
    /// 注册地址.
    pub address: Address,
    /// 注册时间.
    #[serde(with = "day")]
    pub registered_on: Date,
}

impl Unit {
    /// Whether the other one is the same unit by name and code: type, address and day of registration are not checked by
    /// any source.
    pub fn is_same_unit(&self, other: &Self) -> bool {
        self.name == other.name && self.credit_code == other.credit_code
    }
}

/// A day as old systems write it: `2015-06-01`, `20150601`, `2015/6/1`, `2015年6月1日`, with a time behind it or not.
pub fn day_from_legacy(text: &str) -> Option<Date> {
    let text = tidy(text);
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match numbers.as_slice() {
        [one, ..] if one.len() >= 8 => (one.get(..4)?, one.get(4..6)?, one.get(6..8)?),
        [year, month, day, ..] => (*year, *month, *day),
        _ => return None,
    };
    registered(year, month, day)
}

/// The day of registration out of the three typed parts; `None` if there is no such day, or it is before 1900.
pub fn registered(year: &str, month: &str, day: &str) -> Option<Date> {
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok().filter(|date| date.year() >= 1900)
}

/// A day in JSON: `2015-06-01`.
pub(crate) mod day {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use time::Date;

    pub(crate) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&date.to_string())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::day_from_legacy(&text).ok_or_else(|| D::Error::custom("no day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_old_rows() {
        let day = time::macros::date!(2015 - 06 - 01);
        for text in ["2015-06-01", "20150601", "2015/6/1", "2015年6月1日", "２０１５-06-01 00:00:00", "20150601000000"]
        {
            assert_eq!(day_from_legacy(text), Some(day), "{text}");
        }
        for text in ["", "2015", "2015-13-01", "2015-02-30", "0001-01-01"] {
            assert_eq!(day_from_legacy(text), None, "{text}");
        }
    }
}
