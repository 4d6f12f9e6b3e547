//! Clients that have registered themselves (RFC 7591): their metadata, and what they prove themselves with.

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, changes};
use crate::clock::Timestamp;
use crate::ids::ClientId;
use crate::protocol::client_metadata::{AuthMethod, ClientMetadata};

statements! {
    INSERT = "INSERT INTO clients (id, metadata, secret, token_hash, created_at) VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT metadata, secret, token_hash, created_at, disabled_at FROM clients WHERE id = $1";
    UPDATE = "UPDATE clients SET metadata = $2, secret = $3 WHERE id = $1 AND token_hash = $4 AND disabled_at IS NULL";
    REMOVE = "DELETE FROM clients WHERE id = $1 AND token_hash = $2";
}

/// A client as it is stored.
#[derive(Clone, Debug)]
pub struct Registered {
    /// `client_id`.
    pub id: ClientId,
    /// What it registered, as the portal took it.
    pub metadata: ClientMetadata,
    /// What it proves itself with: a keyed hash, or a sealed secret for `client_secret_jwt`; empty for the others.
    pub secret: String,
    /// The keyed hash of its registration access token (RFC 7592, section 3).
    pub token_hash: String,
    /// When it registered.
    pub created_at: Timestamp,
    /// Whether an operator has switched it off.
    pub is_disabled: bool,
}

impl Registered {
    /// How it proves itself: it was given a secret unless it said otherwise (RFC 7591, section 2).
    pub fn auth_method(&self) -> AuthMethod {
        self.metadata.auth_method(true)
    }
}

/// The subject under which a client's changes are told to other nodes.
pub fn cache_key(id: &ClientId) -> String {
    format!("client:{id}")
}

/// Stores a client.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, client: &Registered) -> Stored<()> {
    let Registered { id, secret, token_hash, created_at, .. } = client;
    let metadata = text(client)?;
    execute!(tx, INSERT, id.as_str(), metadata, secret.as_str(), token_hash.as_str(), created_at.0).map(drop)
}

/// The client with this id.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, id: &ClientId) -> Stored<Option<Registered>> {
    let row = fetch_optional!(conn, (String, String, String, i64, Option<i64>), FIND, id.as_str())?;
    let Some((metadata, secret, token_hash, created_at, disabled_at)) = row else { return Ok(None) };
    let metadata = serde_json::from_str(&metadata).map_err(|_| corrupt(id))?;
    let (created_at, is_disabled) = (Timestamp(created_at), disabled_at.is_some());
    Ok(Some(Registered { id: id.clone(), metadata, secret, token_hash, created_at, is_disabled }))
}

/// Puts new metadata and a new secret in the place of the old; `false` if the client isn't there any more, or is switched
/// off.
///
/// # Errors
/// The store's own.
pub async fn update(tx: &mut Tx, client: &Registered, now: Timestamp) -> Stored<bool> {
    let Registered { id, secret, token_hash, .. } = client;
    let updated = execute!(tx, UPDATE, id.as_str(), text(client)?, secret.as_str(), token_hash.as_str())? == 1;
    changes::record(tx, &cache_key(id), now).await?;
    Ok(updated)
}

/// Removes a client; `false` if it isn't there any more.
///
/// # Errors
/// The store's own.
pub async fn remove(tx: &mut Tx, client: &Registered, now: Timestamp) -> Stored<bool> {
    let removed = execute!(tx, REMOVE, client.id.as_str(), client.token_hash.as_str())? == 1;
    changes::record(tx, &cache_key(&client.id), now).await?;
    Ok(removed)
}

fn text(client: &Registered) -> Stored<String> {
    serde_json::to_string(&client.metadata).map_err(|_| corrupt(&client.id))
}

fn corrupt(id: &ClientId) -> StorageError {
    StorageError::Corrupt { table: "clients", key: id.0.clone(), column: "metadata" }
}
