//! Removes what has expired, a little at a time, so that a sweep never holds the writer for long.

use super::query::{execute, on_engine, statements};
use super::{Stored, Tx};
use crate::clock::Timestamp;

statements! {
    INTERACTIONS = "DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE expires_at <= $1 LIMIT 200)";
    JOURNEYS = "DELETE FROM journeys WHERE id IN (SELECT id FROM journeys WHERE expires_at <= $1 LIMIT 200)";
    SESSIONS = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT 200)";
    GRANTS = "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at <= $1 LIMIT 500)";
    REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE grant_id IN \
                      (SELECT grant_id FROM refresh_tokens WHERE expires_at <= $1 LIMIT 500)";
    REVOKED_TOKENS = "DELETE FROM revoked_tokens WHERE id IN (SELECT id FROM revoked_tokens WHERE expires_at <= $1 LIMIT 500)";
    CODES = "DELETE FROM one_time_codes WHERE id IN (SELECT id FROM one_time_codes WHERE expires_at <= $1 LIMIT 200)";
    LIMITS = "DELETE FROM limits WHERE (subject, window_start) IN \
              (SELECT subject, window_start FROM limits WHERE expires_at <= $1 LIMIT 500)";
    TICKETS = "DELETE FROM spent_tickets WHERE id IN (SELECT id FROM spent_tickets WHERE expires_at <= $1 LIMIT 500)";
    UPSTREAM_SIGN_INS = "DELETE FROM upstream_sign_ins WHERE state_hash IN \
                         (SELECT state_hash FROM upstream_sign_ins WHERE expires_at <= $1 LIMIT 500)";
    CHANGES = "DELETE FROM changes WHERE changed_at <= $1";
    // The reasons of old decisions are personal data too: their term is that of the audit log, half a year.
    REVIEWS = "UPDATE reviews SET content = '', reason = NULL WHERE content <> '' AND id IN \
               (SELECT id FROM reviews WHERE decided_at <= $1 AND content <> '' LIMIT 200)";
    ABANDONED = "UPDATE reviews SET state = 'withdrawn', decided_at = $1, told_at = $1 WHERE state = 'open' AND id IN \
                 (SELECT r.id FROM reviews r LEFT JOIN journeys j ON j.id = r.journey_id \
                  WHERE r.state = 'open' AND (j.id IS NULL OR j.expires_at <= $1) LIMIT 200)";
    EVIDENCE = "DELETE FROM evidence WHERE (journey_id, slot) IN \
                (SELECT journey_id, slot FROM evidence WHERE expires_at <= $1 LIMIT 200)";
    QUESTIONS = "DELETE FROM representative_invitations WHERE id IN \
                 (SELECT id FROM representative_invitations WHERE expires_at <= $1 LIMIT 200)";
    // Whom an invitation was for is personal data as long as the mandate is history only.
    INVITED = "UPDATE mandates SET invited = NULL, phone_index = NULL, invited_until = NULL WHERE id IN \
               (SELECT id FROM mandates WHERE phone_index IS NOT NULL \
                AND (ended_at <= $1 OR (accepted_at IS NULL AND invited_until <= $1)) LIMIT 200)";
    RECOVERIES = "DELETE FROM recoveries WHERE id IN (SELECT id FROM recoveries WHERE ended_at <= $1 LIMIT 200)";
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
    for sql in [
        INTERACTIONS,
        SESSIONS,
        GRANTS,
        REFRESH_TOKENS,
        REVOKED_TOKENS,
        CODES,
        LIMITS,
        TICKETS,
        UPSTREAM_SIGN_INS,
        EVIDENCE,
        ABANDONED,
    ] {
        gone += execute!(tx, sql, now.0)?;
    }
    for sql in [JOURNEYS, OUTBOX] {
        gone += execute!(tx, sql, now.0 - DAY)?;
    }
    for sql in [REVIEWS, INVITED, RECOVERIES] {
        gone += execute!(tx, sql, now.0 - 183 * DAY)?;
    }
    gone += execute!(tx, QUESTIONS, now.0 - 60 * DAY)?;
    gone += execute!(tx, CHANGES, now.0 - 10 * 60 * 1000)?;
    Ok(gone)
}
