//! Moments as pages show them: in Beijing time.

use time::macros::{format_description, offset};

use crate::clock::Timestamp;

/// `2026-11-24 10:00`, in Beijing time.
pub fn beijing(at: Timestamp) -> String {
    time::OffsetDateTime::from_unix_timestamp(at.seconds())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .to_offset(offset!(+8))
        .format(format_description!("[year]-[month]-[day] [hour]:[minute]"))
        .unwrap_or_default()
}
