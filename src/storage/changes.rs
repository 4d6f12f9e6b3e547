//! What other nodes must forget from their caches: written with the change itself, polled by every node.

use super::query::{execute, fetch_all, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;

statements! {
    RECORD = "INSERT INTO changes (subject, changed_at) VALUES ($1, $2) ON CONFLICT (subject, changed_at) DO NOTHING";
    SINCE = "SELECT DISTINCT subject FROM changes WHERE changed_at >= $1";
}

/// Notes that `subject` (`session:…`, `account:…`, `grant:…`, `consent:…`) has changed.
///
/// # Errors
/// The store's own.
pub async fn record(tx: &mut Tx, subject: &str, now: Timestamp) -> Stored<()> {
    execute!(tx, RECORD, subject, now.0).map(drop)
}

/// What has changed since a moment. Ask with an overlap: a transaction may commit later than its time says.
///
/// # Errors
/// The store's own.
pub async fn since(conn: &mut Conn, at: Timestamp) -> Stored<Vec<String>> {
    Ok(fetch_all!(conn, (String,), SINCE, at.0)?.into_iter().map(|(subject,)| subject).collect())
}
