//! Interactions (登录交互): authorization requests that wait for the person. Only their id travels through login.

use std::time::Duration;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::InteractionId;
use crate::protocol::request::AuthorizationRequest;

/// How long an interaction waits.
pub const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

statements! {
    INSERT = "INSERT INTO interactions (id, browser_hash, request, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT request, fulfilled_at FROM interactions WHERE id = $1 AND browser_hash = $2 AND expires_at > $3";
    FULFIL = "UPDATE interactions SET fulfilled_at = $2 WHERE id = $1 AND fulfilled_at IS NULL AND expires_at > $2";
}

/// A waiting request.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// Whether it has been answered.
    pub fulfilled: bool,
}

/// Stores a request until it is answered.
///
/// # Errors
/// The store's own.
pub async fn insert(
    tx: &mut Tx,
    id: &InteractionId,
    browser_hash: &str,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> Stored<()> {
    let text = serde_json::to_string(request).map_err(|_| corrupt(id))?;
    execute!(tx, INSERT, id.as_str(), browser_hash, text, now.0, now.plus(LIFETIME).0).map(drop)
}

/// The interaction with this id, if it is this browser's and hasn't expired.
///
/// # Errors
/// The store's own.
pub async fn find(
    conn: &mut Conn,
    id: &InteractionId,
    browser_hash: &str,
    now: Timestamp,
) -> Stored<Option<Interaction>> {
    let Some((request, fulfilled)) =
        fetch_optional!(conn, (String, Option<i64>), FIND, id.as_str(), browser_hash, now.0)?
    else {
        return Ok(None);
    };
    let request = serde_json::from_str(&request).map_err(|_| corrupt(id))?;
    Ok(Some(Interaction { id: id.clone(), request, fulfilled: fulfilled.is_some() }))
}

/// Answers an interaction; `false` if it was answered before or has expired.
///
/// # Errors
/// The store's own.
pub async fn fulfil(tx: &mut Tx, id: &InteractionId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, FULFIL, id.as_str(), now.0)? == 1)
}

fn corrupt(id: &InteractionId) -> StorageError {
    StorageError::Corrupt { table: "interactions", key: id.0.clone(), column: "request" }
}
