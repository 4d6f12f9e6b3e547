//! Failures in a row, and the pause that grows with them. They stand beside the windows of [`super::limits`], in rows without one.

use std::time::Duration;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;

statements! {
    // On PostgreSQL two at the same moment come one after the other from here on.
    HOLD = "UPDATE limits SET hits = hits WHERE subject = $1 AND window_start = 0";
    FIND = "SELECT hits, expires_at FROM limits WHERE subject = $1 AND window_start = 0 AND expires_at > $2";
    COUNT = "INSERT INTO limits (subject, window_start, hits, expires_at) VALUES ($1, 0, 1, $2) \
             ON CONFLICT (subject, window_start) DO UPDATE SET expires_at = $2, \
             hits = CASE WHEN limits.expires_at > $3 THEN limits.hits + 1 ELSE 1 END";
    TAKE_BACK = "UPDATE limits SET hits = hits - 1 WHERE subject = $1 AND window_start = 0 AND hits > 0";
    FORGET = "DELETE FROM limits WHERE subject = $1 AND window_start = 0";
}

/// What failures in a row lead to.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// How many there are before the first pause.
    pub free: i64,
    /// The first pause; each one is twice as long as the one before.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
    /// After so long without another failure all are forgotten.
    pub forgotten: Duration,
}

impl Pauses {
    /// The pause after so many failures.
    fn after(self, failures: i64) -> Duration {
        let Some(doubled) = u32::try_from(failures - self.free).ok() else { return Duration::ZERO };
        self.first.saturating_mul(2_u32.saturating_pow(doubled)).min(self.longest)
    }
}

/// How many failures in a row a subject has had.
///
/// # Errors
/// The store's own.
pub async fn of(conn: &mut Conn, subject: &str, now: Timestamp) -> Stored<i64> {
    Ok(fetch_optional!(conn, (i64, i64), FIND, subject, now.0)?.map_or(0, |(hits, _)| hits))
}

/// How long a subject has to wait until its next try.
///
/// # Errors
/// The store's own.
pub async fn wait(conn: &mut Conn, subject: &str, pauses: Pauses, now: Timestamp) -> Stored<Duration> {
    let row = fetch_optional!(conn, (i64, i64), FIND, subject, now.0)?;
    Ok(row.map_or(Duration::ZERO, |(hits, expires_at)| {
        let last = Timestamp(expires_at).minus(pauses.forgotten);
        pauses.after(hits).saturating_sub(now.since(last))
    }))
}

/// Counts a try before it is made, as the failure that it may be, and lets no other of the subject's look meanwhile. What
/// is still to be waited for otherwise: then nothing is counted.
///
/// # Errors
/// The store's own.
pub async fn begin(tx: &mut Tx, subject: &str, pauses: Pauses, now: Timestamp) -> Stored<Duration> {
    execute!(tx, HOLD, subject)?;
    let wait = wait(tx, subject, pauses, now).await?;
    if wait.is_zero() {
        count(tx, subject, pauses.forgotten, now).await?;
    }
    Ok(wait)
}

/// Counts a failure, which is forgotten after a while.
///
/// # Errors
/// The store's own.
pub async fn count(tx: &mut Tx, subject: &str, forgotten: Duration, now: Timestamp) -> Stored<()> {
    execute!(tx, COUNT, subject, now.plus(forgotten).0, now.0).map(drop)
}

/// Takes one back: it wasn't a failure.
///
/// # Errors
/// The store's own.
pub async fn take_back(tx: &mut Tx, subject: &str) -> Stored<()> {
    execute!(tx, TAKE_BACK, subject).map(drop)
}

/// Forgets them all: the row is at its end.
///
/// # Errors
/// The store's own.
pub async fn forget(tx: &mut Tx, subject: &str) -> Stored<()> {
    execute!(tx, FORGET, subject).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let [first, longest, forgotten] = [30, 900, 86_400].map(Duration::from_secs);
        let pauses = Pauses { free: 5, first, longest, forgotten };
        let seconds = [0, 4, 5, 6, 7, 8, 9, 10, 11, 1_000].map(|n| pauses.after(n).as_secs());
        assert_eq!(seconds, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
    }
}
