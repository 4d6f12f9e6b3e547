//! Removes what has expired, a little at a time, so that a sweep never holds the writer for long.

use super::query::{execute, on_engine, statements};
use super::{Stored, Tx};
use crate::clock::Timestamp;

statements! {
    INTERACTIONS = "DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE expires_at <= $1 LIMIT 200)";
    JOURNEYS = "DELETE FROM journeys WHERE id IN (SELECT id FROM journeys WHERE expires_at <= $1 LIMIT 200)";
    SESSIONS = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT 200)";
    GRANTS = "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at <= $1 LIMIT 500)";
    CODES = "DELETE FROM one_time_codes WHERE id IN (SELECT id FROM one_time_codes WHERE expires_at <= $1 LIMIT 200)";
    LIMITS = "DELETE FROM limits WHERE (subject, window_start) IN \
              (SELECT subject, window_start FROM limits WHERE expires_at <= $1 LIMIT 500)";
    TICKETS = "DELETE FROM spent_tickets WHERE id IN (SELECT id FROM spent_tickets WHERE expires_at <= $1 LIMIT 500)";
    UPSTREAM_SIGN_INS = "DELETE FROM upstream_sign_ins WHERE state_hash IN \
                         (SELECT state_hash FROM upstream_sign_ins WHERE expires_at <= $1 LIMIT 500)";
    CHANGES = "DELETE FROM changes WHERE changed_at <= $1";
    OUTBOX = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at <= $1 LIMIT 200)";
}

/// The smallest batch: a sweep that removed as many has probably left more.
pub const BATCH: u64 = 200;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// One small batch of each table; how many rows went.
///
/// Journeys stay for a day after their end, so that a late visitor is told that it has expired; changes for ten
/// minutes, longer than any cache looks back.
///
/// # Errors
/// The store's own.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Stored<u64> {
    let mut gone = 0;
    for sql in [INTERACTIONS, SESSIONS, GRANTS, CODES, LIMITS, TICKETS, UPSTREAM_SIGN_INS] {
        gone += execute!(tx, sql, now.0)?;
    }
    for sql in [JOURNEYS, OUTBOX] {
        gone += execute!(tx, sql, now.0 - DAY)?;
    }
    gone += execute!(tx, CHANGES, now.0 - 10 * 60 * 1000)?;
    Ok(gone)
}
