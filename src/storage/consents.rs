//! What a person allowed a client to see.

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId};
use crate::protocol::scope::Scopes;

statements! {
    FIND = "SELECT scopes FROM consents WHERE account_id = $1 AND client_id = $2";
    GRANT = "INSERT INTO consents (account_id, client_id, scopes, granted_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account_id, client_id) DO UPDATE SET scopes = excluded.scopes, granted_at = excluded.granted_at";
}

/// The scopes that the account has allowed the client; none if it never did.
///
/// # Errors
/// The store's own.
pub async fn find(conn: &mut Conn, account: &AccountId, client: &ClientId) -> Stored<Scopes> {
    let row = fetch_optional!(conn, (String,), FIND, account.as_str(), client.as_str())?;
    Ok(row.map(|(scopes,)| Scopes::parse(&scopes)).unwrap_or_default())
}

/// Remembers a consent; it replaces an earlier one.
///
/// # Errors
/// The store's own.
pub async fn grant(tx: &mut Tx, account: &AccountId, client: &ClientId, scopes: &Scopes, now: Timestamp) -> Stored<()> {
    execute!(tx, GRANT, account.as_str(), client.as_str(), scopes.to_string(), now.0).map(drop)
}
