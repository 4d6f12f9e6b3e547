//! Tickets that may be used once. The ticket itself is sealed and travels with the browser or the mail; only its use
//! is stored.

use super::query::{execute, on_engine, statements};
use super::{Stored, Tx};
use crate::clock::Timestamp;

statements! {
    SPEND = "INSERT INTO spent_tickets (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
}

/// Uses a ticket; `false` if it was used before. `expires` is when the ticket itself ends.
///
/// # Errors
/// The store's own.
pub async fn spend(tx: &mut Tx, id: &str, expires: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, SPEND, id, expires.0)? == 1)
}
