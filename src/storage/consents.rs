//! What a person allowed a client to see. A row lives from the first consent to its revocation.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes, grants};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId, GrantId};
use crate::protocol::scope::Scopes;

statements! {
    FIND = "SELECT scopes FROM consents WHERE account_id = $1 AND client_id = $2";
    OF_ACCOUNT = "SELECT client_id, scopes, granted_at FROM consents WHERE account_id = $1 ORDER BY granted_at DESC, client_id";
    GRANT = "INSERT INTO consents (account_id, actor_id, client_id, scopes, granted_at) VALUES ($1, $1, $2, $3, $4) \
             ON CONFLICT (account_id, actor_id, client_id) DO UPDATE SET scopes = excluded.scopes";
    REVOKE = "DELETE FROM consents WHERE account_id = $1 AND client_id = $2";
}

/// The scopes that the account has allowed the client; none if it never did.
///
/// # Errors
/// The store's own.
pub async fn find(conn: &mut Conn, account: &AccountId, client: &ClientId) -> Stored<Scopes> {
    let row = fetch_optional!(conn, (String,), FIND, account.as_str(), client.as_str())?;
    Ok(row.map(|(scopes,)| Scopes::parse(&scopes)).unwrap_or_default())
}

/// Remembers a consent; what was allowed before stays allowed. Gives all that is allowed now.
///
/// # Errors
/// The store's own.
pub async fn grant(
    tx: &mut Tx,
    account: &AccountId,
    client: &ClientId,
    scopes: &Scopes,
    now: Timestamp,
) -> Stored<Scopes> {
    let scopes = find(tx, account, client).await?.union(scopes);
    execute!(tx, GRANT, account.as_str(), client.as_str(), scopes.to_string(), now.0)?;
    changes::record(tx, &cache_key(account, client), now).await?;
    Ok(scopes)
}

/// A consent of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// To whom.
    pub client: ClientId,
    /// To what.
    pub scopes: Scopes,
    /// Since when.
    pub granted_at: Timestamp,
}

/// The consents of an account, newest first.
///
/// # Errors
/// The store's own.
pub async fn of_account(conn: &mut Conn, account: &AccountId) -> Stored<Vec<Consent>> {
    let rows = fetch_all!(conn, (String, String, i64), OF_ACCOUNT, account.as_str())?;
    let consent = |(client, scopes, at): (String, String, i64)| Consent {
        client: ClientId(client),
        scopes: Scopes::parse(&scopes),
        granted_at: Timestamp(at),
    };
    Ok(rows.into_iter().map(consent).collect())
}

/// Takes a consent back, and with it every grant that rests on it; `None` if there was no consent.
///
/// # Errors
/// The store's own.
pub async fn revoke(
    tx: &mut Tx,
    account: &AccountId,
    client: &ClientId,
    now: Timestamp,
) -> Stored<Option<Vec<GrantId>>> {
    if execute!(tx, REVOKE, account.as_str(), client.as_str())? == 0 {
        return Ok(None);
    }
    changes::record(tx, &cache_key(account, client), now).await?;
    grants::revoke_of_client(tx, account, client, now).await.map(Some)
}

/// The name under which a consent's change is told to other nodes.
pub fn cache_key(account: &AccountId, client: &ClientId) -> String {
    format!("consent:{account}:{client}")
}
