//! Counters behind every limit: fixed windows, one conditional statement a hit, shared by all nodes.

use std::time::Duration;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;

statements! {
    HIT = "INSERT INTO limits (subject, window_start, hits, expires_at) VALUES ($1, $2, 1, $3) \
           ON CONFLICT (subject, window_start) DO UPDATE SET hits = limits.hits + 1 WHERE limits.hits < $4";
    PEEK = "SELECT hits FROM limits WHERE subject = $1 AND window_start = $2";
    REFUND = "UPDATE limits SET hits = hits - 1 WHERE subject = $1 AND window_start = $2 AND hits > 0";
    FORGIVE = "DELETE FROM limits WHERE subject = $1";
}

/// At most `max` hits in each window of `window`.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many.
    pub max: i64,
    /// In how long.
    pub window: Duration,
}

impl Limit {
    /// At most `max` in each `seconds`.
    pub const fn new(max: i64, seconds: u64) -> Self {
        Self { max, window: Duration::from_secs(seconds) }
    }

    /// When the window of `now` ends.
    pub fn ends(self, now: Timestamp) -> Timestamp {
        Timestamp(self.start(now)).plus(self.window)
    }

    fn start(self, now: Timestamp) -> i64 {
        let window = i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX).max(1);
        now.0 - now.0.rem_euclid(window)
    }
}

/// Counts one hit of `subject`; `false` if its limit is reached (and then nothing is counted).
///
/// # Errors
/// The store's own.
pub async fn hit(tx: &mut Tx, subject: &str, limit: Limit, now: Timestamp) -> Stored<bool> {
    if limit.max < 1 {
        return Ok(false);
    }
    let start = limit.start(now);
    let expires = limit.ends(now).0;
    Ok(execute!(tx, HIT, subject, start, expires, limit.max)? == 1)
}

/// Whether `subject` has reached its limit, without counting.
///
/// # Errors
/// The store's own.
pub async fn reached(conn: &mut Conn, subject: &str, limit: Limit, now: Timestamp) -> Stored<bool> {
    let row = fetch_optional!(conn, (i64,), PEEK, subject, limit.start(now))?;
    Ok(row.is_some_and(|(hits,)| hits >= limit.max))
}

/// Forgets the hits of `subject` (a successful sign-in).
///
/// # Errors
/// The store's own.
pub async fn forgive(tx: &mut Tx, subject: &str) -> Stored<()> {
    execute!(tx, FORGIVE, subject).map(drop)
}

/// Takes back one hit: what was counted turned out not to be the person's doing.
///
/// # Errors
/// The store's own.
pub async fn refund(tx: &mut Tx, subject: &str, limit: Limit, now: Timestamp) -> Stored<()> {
    execute!(tx, REFUND, subject, limit.start(now)).map(drop)
}
