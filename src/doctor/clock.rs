//! Clocks: tokens, codes, signatures and the order of the audit log hang on them.

use super::finding::{Check, Finding};
use crate::clock::Timestamp;

/// From this difference on it is worth a look, in milliseconds.
const NOTABLE: u64 = 5_000;
/// From this one on others refuse what is signed here, or the other way round.
const TOO_MUCH: u64 = 60_000;

const MENDING: &str = "have both machines keep time by NTP (`timedatectl`, `chronyc tracking`)";

/// Compares somebody else's clock with this machine's.
pub(super) fn compare(id: Check, whose: &str, theirs: Timestamp, ours: Timestamp) -> Finding {
    let difference = theirs.0.saturating_sub(ours.0);
    let how = if difference < 0 { "behind" } else { "ahead of" };
    let why = format!("{} s {how} this machine's", difference.unsigned_abs() / 1000);
    match difference.unsigned_abs() {
        0..NOTABLE => Finding::ok(id, whose, why),
        NOTABLE..TOO_MUCH => Finding::warning(id, whose, why, MENDING),
        _ => Finding::fault(id, whose, why, MENDING),
    }
}

/// The newest entry of the audit log was written before now; later ones would stand before it.
pub(super) fn history(newest: Timestamp, now: Timestamp) -> Finding {
    let (id, whose) = (Check::ClockHistory, "the audit log");
    let ahead = newest.0.saturating_sub(now.0);
    let why = || format!("its newest entry is {} s ahead of this machine's clock", ahead / 1000);
    match u64::try_from(ahead).unwrap_or(0) {
        0..NOTABLE => Finding::ok(id, whose, "its newest entry isn't of a later time than now"),
        NOTABLE..TOO_MUCH => Finding::warning(id, whose, why(), MENDING),
        _ => Finding::fault(id, whose, why(), "set this machine's clock; if it is right, another node's was wrong"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn five_seconds_are_worth_a_look_and_a_minute_is_too_much_either_way() {
        let now = Timestamp(1_795_485_600_000);
        let severity = |by: i64| compare(Check::ClockDatabase, "it", Timestamp(now.0 + by), now).severity;
        assert_eq!([0, 4_999, -4_999].map(severity), [Severity::Ok; 3]);
        assert_eq!([5_000, -59_999].map(severity), [Severity::Warning; 2]);
        assert_eq!([60_000, -60_000].map(severity), [Severity::Fault; 2]);
        let severity = |by: i64| history(Timestamp(now.0 + by), now).severity;
        assert_eq!([-86_400_000, 4_999].map(severity), [Severity::Ok; 2], "the past is no fault");
        assert_eq!([5_000, 60_000].map(severity), [Severity::Warning, Severity::Fault]);
    }
}
