//! Leases: work that one node does at a time.

use std::time::Duration;

use super::query::{execute, on_engine, statements};
use super::{Stored, Tx};
use crate::clock::Timestamp;

statements! {
    TAKE = "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3) \
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
            WHERE leases.holder = excluded.holder OR leases.expires_at <= $4";
}

/// Takes or renews a lease; `false` while another holds it.
///
/// # Errors
/// The store's own.
pub async fn take(tx: &mut Tx, name: &str, holder: &str, now: Timestamp, term: Duration) -> Stored<bool> {
    Ok(execute!(tx, TAKE, name, holder, now.plus(term).0, now.0)? == 1)
}
