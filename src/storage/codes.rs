//! One-time codes: six digits, five minutes, five tries, bound to purpose, transaction and recipient.

use std::time::Duration;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::CodeId;

/// How long a code is good for.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How often it may be tried.
pub const TRIES: i64 = 5;

statements! {
    // A new code ends the older ones of the same transaction.
    SUPERSEDE = "UPDATE one_time_codes SET expires_at = $2 WHERE binding = $1 AND consumed_at IS NULL AND expires_at > $2";
    INSERT = "INSERT INTO one_time_codes (id, binding, recipient_index, code_hash, tries, sent_at, expires_at) \
              VALUES ($1, $2, $3, $4, 0, $5, $6)";
    TRY = "UPDATE one_time_codes SET tries = tries + 1 \
           WHERE binding = $1 AND recipient_index = $2 AND consumed_at IS NULL AND expires_at > $3 AND tries < $4 \
           RETURNING id, code_hash";
    CONSUME = "UPDATE one_time_codes SET consumed_at = $2 WHERE id = $1 AND consumed_at IS NULL";
    LAST_SENT = "SELECT MAX(sent_at) FROM one_time_codes WHERE binding = $1 AND recipient_index = $2";
}

/// Stores a code that is being sent; earlier ones of the same `binding` end.
///
/// # Errors
/// The store's own.
pub async fn insert(
    tx: &mut Tx,
    id: &CodeId,
    binding: &str,
    recipient: &str,
    hash: &str,
    now: Timestamp,
) -> Stored<()> {
    execute!(tx, SUPERSEDE, binding, now.0)?;
    execute!(tx, INSERT, id.as_str(), binding, recipient, hash, now.0, now.plus(LIFETIME).0).map(drop)
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was the code, and it is used up.
    Right,
    /// It wasn't.
    Wrong,
    /// There is no code to try: expired, superseded, used, or tried too often.
    Spent,
}

/// Counts one try and compares; the right code is consumed by the same transaction.
///
/// The caller keeps the transaction whatever the outcome, so that a wrong try counts.
///
/// # Errors
/// The store's own.
pub async fn attempt(tx: &mut Tx, binding: &str, recipient: &str, hash: &str, now: Timestamp) -> Stored<Tried> {
    let Some((id, stored)) = fetch_optional!(tx, (String, String), TRY, binding, recipient, now.0, TRIES)? else {
        return Ok(Tried::Spent);
    };
    if !crate::secret::same(stored.as_bytes(), hash.as_bytes()) {
        return Ok(Tried::Wrong);
    }
    Ok(if execute!(tx, CONSUME, id, now.0)? == 1 { Tried::Right } else { Tried::Spent })
}

/// When the last code of this transaction was sent to this recipient.
///
/// # Errors
/// The store's own.
pub async fn last_sent(conn: &mut Conn, binding: &str, recipient: &str) -> Stored<Option<Timestamp>> {
    let row = fetch_optional!(conn, (Option<i64>,), LAST_SENT, binding, recipient)?;
    Ok(row.and_then(|(at,)| at).map(Timestamp))
}
