//! Grants: what an authorization code was redeemed for. The code's own id is the key, so that a second redemption is
//! a conflict, on whichever node it happens.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId, GrantId, MandateId, SessionId};

statements! {
    REDEEM = "INSERT INTO grants (id, account_id, actor_id, session_id, client_id, scopes, granted_at, expires_at) \
              SELECT $1, $2, $2, $3, $4, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT) WHERE EXISTS \
              (SELECT 1 FROM consents WHERE account_id = $2 AND client_id = $4 AND granted_at <= $8) \
              ON CONFLICT (id) DO NOTHING";
    REVOKE = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    REVOKE_OF_SESSION = "UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL";
    REVOKE_OF_MANDATE = "UPDATE grants SET revoked_at = $2 WHERE mandate_id = $1 AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_CLIENT = "UPDATE grants SET revoked_at = $3 WHERE account_id = $1 AND client_id = $2 \
                        AND session_id IN (SELECT id FROM sessions WHERE account_id = $1) AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_UNIT_SESSIONS = "UPDATE grants SET revoked_at = $2 WHERE session_id IN \
                               (SELECT id FROM sessions WHERE account_id = $1) AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_UNIT_MANDATES = "UPDATE grants SET revoked_at = $2 WHERE mandate_id IN \
                               (SELECT id FROM mandates WHERE unit_id = $1) AND revoked_at IS NULL RETURNING id";
    STANDING = "SELECT revoked_at, session_id, account_id FROM grants WHERE id = $1";
}

/// A grant about to be stored.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The code's id.
    pub id: GrantId,
    /// Whose.
    pub account: AccountId,
    /// Of which browser session.
    pub session: SessionId,
    /// For whom.
    pub client: ClientId,
    /// Scopes, blank-separated.
    pub scopes: String,
    /// When its code was issued.
    pub issued_at: Timestamp,
    /// When its tokens end.
    pub expires_at: Timestamp,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// Its grant is stored.
    Fresh,
    /// It was redeemed before: what the first use issued is revoked (RFC 6749, section 4.1.2).
    Again,
    /// The consent that it rests on was taken back since.
    Withdrawn,
}

/// Stores the grant of a code.
///
/// # Errors
/// The store's own.
pub async fn redeem(tx: &mut Tx, grant: &Grant, now: Timestamp) -> Stored<Redeemed> {
    let fresh = execute!(
        tx,
        REDEEM,
        grant.id.as_str(),
        grant.account.as_str(),
        grant.session.as_str(),
        grant.client.as_str(),
        grant.scopes.as_str(),
        now.0,
        grant.expires_at.0,
        grant.issued_at.0,
    )? == 1;
    if fresh {
        return Ok(Redeemed::Fresh);
    }
    if fetch_optional!(tx, (Option<i64>, String, String), STANDING, grant.id.as_str())?.is_none() {
        return Ok(Redeemed::Withdrawn);
    }
    execute!(tx, REVOKE, grant.id.as_str(), now.0)?;
    changes::record(tx, &cache_key(&grant.id), now).await?;
    Ok(Redeemed::Again)
}

/// Revokes every grant of a session that has ended.
///
/// # Errors
/// The store's own.
pub async fn revoke_of_session(tx: &mut Tx, session: &SessionId, now: Timestamp) -> Stored<u64> {
    execute!(tx, REVOKE_OF_SESSION, session.as_str(), now.0)
}

/// Revokes every grant that was given by a mandate which has ended.
///
/// # Errors
/// The store's own.
pub async fn revoke_of_mandate(tx: &mut Tx, mandate: &MandateId, now: Timestamp) -> Stored<()> {
    for (id,) in fetch_all!(tx, (String,), REVOKE_OF_MANDATE, mandate.as_str(), now.0)? {
        changes::record(tx, &cache_key(&GrantId(id)), now).await?;
    }
    Ok(())
}

/// Revokes every grant that was given for a unit: in its own sign-ins, and by its mandates; which they were.
///
/// # Errors
/// The store's own.
pub async fn revoke_of_unit(tx: &mut Tx, unit: &AccountId, now: Timestamp) -> Stored<Vec<GrantId>> {
    let mut rows = fetch_all!(tx, (String,), REVOKE_OF_UNIT_SESSIONS, unit.as_str(), now.0)?;
    rows.extend(fetch_all!(tx, (String,), REVOKE_OF_UNIT_MANDATES, unit.as_str(), now.0)?);
    let revoked: Vec<GrantId> = rows.into_iter().map(|(id,)| GrantId(id)).collect();
    for id in &revoked {
        changes::record(tx, &cache_key(id), now).await?;
    }
    Ok(revoked)
}

/// Revokes every grant that an account's sessions have given to a client; which they were.
///
/// # Errors
/// The store's own.
pub async fn revoke_of_client(
    tx: &mut Tx,
    account: &AccountId,
    client: &ClientId,
    now: Timestamp,
) -> Stored<Vec<GrantId>> {
    let rows = fetch_all!(tx, (String,), REVOKE_OF_CLIENT, account.as_str(), client.as_str(), now.0)?;
    let revoked: Vec<GrantId> = rows.into_iter().map(|(id,)| GrantId(id)).collect();
    for id in &revoked {
        changes::record(tx, &cache_key(id), now).await?;
    }
    Ok(revoked)
}

/// Where a grant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its tokens are good while they last, and while this session's end hasn't revoked them.
    Active(SessionId),
    /// Revoked, or unknown.
    Gone,
}

/// Where a grant stands.
///
/// # Errors
/// The store's own.
pub async fn standing(conn: &mut Conn, id: &GrantId) -> Stored<Standing> {
    let row = fetch_optional!(conn, (Option<i64>, String, String), STANDING, id.as_str())?;
    Ok(match row {
        Some((None, session, _)) => Standing::Active(SessionId(session)),
        _ => Standing::Gone,
    })
}

/// The name under which a grant's change is told to other nodes.
pub fn cache_key(id: &GrantId) -> String {
    format!("grant:{id}")
}
