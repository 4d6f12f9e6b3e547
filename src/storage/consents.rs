//! What was allowed a client to see: of an account, by whoever acts for it. An agent's consent is the agent's own. A row
//! lives from the first consent to its revocation.

use std::time::Duration;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes, grants};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::ids::{AccountId, ClientId, GrantId};
use crate::protocol::scope::{Scope, Scopes};

statements! {
    FIND = "SELECT scopes FROM consents WHERE account_id = $1 AND actor_id = $2 AND client_id = $3";
    OF_ACTOR = "SELECT account_id, client_id, scopes, granted_at FROM consents WHERE actor_id = $1 \
                ORDER BY granted_at DESC, client_id, account_id";
    GRANT = "INSERT INTO consents (account_id, actor_id, client_id, scopes, granted_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id, actor_id, client_id) DO UPDATE SET scopes = excluded.scopes";
    HOLD = "UPDATE consents SET granted_at = granted_at WHERE account_id = $1 AND actor_id = $2 AND client_id = $3";
    NARROW = "UPDATE consents SET scopes = $5, granted_at = $6 \
              WHERE account_id = $1 AND actor_id = $2 AND client_id = $3 AND scopes = $4";
    REVOKE = "DELETE FROM consents WHERE account_id = $1 AND actor_id = $2 AND client_id = $3";
}

/// Whose consent to whom: the account, who acts for it (the account itself for its own), and the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose data.
    pub account: AccountId,
    /// Whose consent.
    pub actor: AccountId,
    /// To whom.
    pub client: ClientId,
}

impl Key {
    /// The consent that a principal gives a client.
    pub fn of(principal: &Principal, client: &ClientId) -> Self {
        Self { account: principal.account.clone(), actor: principal.acting().clone(), client: client.clone() }
    }

    /// The name under which its change is told to other nodes.
    pub fn cache_key(&self) -> String {
        format!("consent:{}:{}:{}", self.account, self.actor, self.client)
    }

    /// Reads that name, without its first word.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (account, actor, client) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { account: account.into(), actor: actor.into(), client: client.into() })
    }
}

/// The scopes that were allowed; none if nothing ever was.
///
/// # Errors
/// The store's own.
pub async fn find(conn: &mut Conn, key: &Key) -> Stored<Scopes> {
    let Key { account, actor, client } = key;
    let row = fetch_optional!(conn, (String,), FIND, account.as_str(), actor.as_str(), client.as_str())?;
    Ok(row.map(|(scopes,)| Scopes::parse(&scopes)).unwrap_or_default())
}

/// Remembers a consent; what was allowed before stays allowed. Gives all that is allowed now.
///
/// # Errors
/// The store's own.
pub async fn grant(tx: &mut Tx, key: &Key, scopes: &Scopes, now: Timestamp) -> Stored<Scopes> {
    let Key { account, actor, client } = key;
    // The row is held first: what somebody takes out at this moment isn't written back.
    execute!(tx, HOLD, account.as_str(), actor.as_str(), client.as_str())?;
    let scopes = find(tx, key).await?.union(scopes);
    execute!(tx, GRANT, account.as_str(), actor.as_str(), client.as_str(), scopes.to_string(), now.0)?;
    changes::record(tx, &key.cache_key(), now).await?;
    Ok(scopes)
}

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Of whose data: the unit's, where the person acts for one.
    pub account: AccountId,
    /// To whom.
    pub client: ClientId,
    /// To what.
    pub scopes: Scopes,
    /// Since when.
    pub granted_at: Timestamp,
}

/// What an account has consented to, for itself and for the units that it acts for, newest first.
///
/// # Errors
/// The store's own.
pub async fn of_actor(conn: &mut Conn, actor: &AccountId) -> Stored<Vec<Consent>> {
    let rows = fetch_all!(conn, (String, String, String, i64), OF_ACTOR, actor.as_str())?;
    let consent = |(account, client, scopes, at): (String, String, String, i64)| Consent {
        account: AccountId(account),
        client: ClientId(client),
        scopes: Scopes::parse(&scopes),
        granted_at: Timestamp(at),
    };
    Ok(rows.into_iter().map(consent).collect())
}

/// For how long another node may issue codes of a consent as it was.
const UNHEARD: Duration = Duration::from_secs(2);

/// Takes one scope out of a consent, and with it every grant that rests on the consent as it was; `None` if it wasn't in
/// there. `openid` goes with the whole consent only. What is left is as good as given in a moment: codes of before, and
/// those that a node issues which hasn't heard of it, are too wide.
///
/// # Errors
/// The store's own.
pub async fn narrow(tx: &mut Tx, key: &Key, scope: Scope, now: Timestamp) -> Stored<Option<Vec<GrantId>>> {
    let Key { account, actor, client } = key;
    let (of, since) = ((account.as_str(), actor.as_str(), client.as_str()), now.plus(UNHEARD).0);
    loop {
        let Some((text,)) = fetch_optional!(tx, (String,), FIND, of.0, of.1, of.2)? else { return Ok(None) };
        let scopes = Scopes::parse(&text);
        if scope == Scope::Openid || !scopes.contains(scope) {
            return Ok(None);
        }
        let left = scopes.without(scope).to_string();
        // It is one row all the time, so that a withdrawal that waits for this finds it; if it has changed, once more.
        if execute!(tx, NARROW, of.0, of.1, of.2, text.as_str(), left, since)? == 1 {
            changes::record(tx, &key.cache_key(), now).await?;
            return grants::revoke_of_consent(tx, key, now).await.map(Some);
        }
    }
}

/// Takes a consent back, and with it every grant that rests on it; `None` if there was no consent.
///
/// # Errors
/// The store's own.
pub async fn revoke(tx: &mut Tx, key: &Key, now: Timestamp) -> Stored<Option<Vec<GrantId>>> {
    let Key { account, actor, client } = key;
    if execute!(tx, REVOKE, account.as_str(), actor.as_str(), client.as_str())? == 0 {
        return Ok(None);
    }
    changes::record(tx, &key.cache_key(), now).await?;
    grants::revoke_of_consent(tx, key, now).await.map(Some)
}
