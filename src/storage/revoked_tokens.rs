//! Revoked tokens of clients about themselves: they have no grant that could be revoked, so each is noted until it has
//! expired anyway.

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes, grants};
use crate::clock::Timestamp;
use crate::ids::GrantId;

statements! {
    REVOKE = "INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    FIND = "SELECT expires_at FROM revoked_tokens WHERE id = $1";
}

/// Revokes a token.
///
/// # Errors
/// The store's own.
pub async fn revoke(tx: &mut Tx, id: &GrantId, expires_at: Timestamp, now: Timestamp) -> Stored<()> {
    execute!(tx, REVOKE, id.as_str(), expires_at.0)?;
    changes::record(tx, &grants::cache_key(id), now).await
}

/// Whether a token was revoked.
///
/// # Errors
/// The store's own.
pub async fn is_revoked(conn: &mut Conn, id: &GrantId) -> Stored<bool> {
    Ok(fetch_optional!(conn, (i64,), FIND, id.as_str())?.is_some())
}
