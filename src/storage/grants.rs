//! Grants: what an authorization code was redeemed for. The code's own id is the key, so that a second redemption is
//! a conflict, on whichever node it happens.

use super::consents::Key;
use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::ids::{AccountId, ClientId, GrantId, MandateId, SessionId};

statements! {
    REDEEM = "INSERT INTO grants (id, account_id, actor_id, mandate_id, session_id, client_id, scopes, granted_at, expires_at) \
              SELECT $1, $2, $3, $4, $5, $6, $7, CAST($8 AS BIGINT), CAST($9 AS BIGINT) WHERE EXISTS \
              (SELECT 1 FROM consents WHERE account_id = $2 AND actor_id = $3 AND client_id = $6 AND granted_at <= $10) \
              ON CONFLICT (id) DO NOTHING";
    REVOKE = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    REVOKE_OF_SESSION = "UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL";
    REVOKE_OF_MANDATE = "UPDATE grants SET revoked_at = $2 WHERE mandate_id = $1 AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_CONSENT = "UPDATE grants SET revoked_at = $4 WHERE account_id = $1 AND actor_id = $2 AND client_id = $3 \
                         AND session_id IN (SELECT id FROM sessions WHERE account_id = $2) AND revoked_at IS NULL RETURNING id";
    REVOKE_OFFLINE_OF_CONSENT = "UPDATE grants SET revoked_at = $4 WHERE id IN (SELECT grant_id FROM refresh_tokens \
                                 WHERE account_id = $1 AND actor_id = $2 AND client_id = $3) \
                                 AND revoked_at IS NULL RETURNING id";
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
    /// Whom it is about.
    pub principal: Principal,
    /// Of which browser session; none: it outlives the session.
    pub session: Option<SessionId>,
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

/// Stores the grant of a code, in one statement; `false` if [`redeem`] has to find out why it can't be stored.
///
/// # Errors
/// The store's own.
pub async fn store(tx: &mut Tx, grant: &Grant, now: Timestamp) -> Stored<bool> {
    let stored = execute!(
        tx,
        REDEEM,
        grant.id.as_str(),
        grant.principal.account.as_str(),
        grant.principal.acting().as_str(),
        grant.principal.mandate().map(MandateId::as_str),
        grant.session.as_ref().map_or("", SessionId::as_str),
        grant.client.as_str(),
        grant.scopes.as_str(),
        now.0,
        grant.expires_at.0,
        grant.issued_at.0,
    )?;
    Ok(stored == 1)
}

/// Stores the grant of a code; a second use revokes what the first has issued.
///
/// # Errors
/// The store's own.
pub async fn redeem(tx: &mut Tx, grant: &Grant, now: Timestamp) -> Stored<Redeemed> {
    if store(tx, grant, now).await? {
        return Ok(Redeemed::Fresh);
    }
    if fetch_optional!(tx, (Option<i64>, String, String), STANDING, grant.id.as_str())?.is_none() {
        return Ok(Redeemed::Withdrawn);
    }
    revoke(tx, &grant.id, now).await?;
    Ok(Redeemed::Again)
}

/// Revokes a grant, and every token that was issued of it.
///
/// # Errors
/// The store's own.
pub async fn revoke(tx: &mut Tx, id: &GrantId, now: Timestamp) -> Stored<()> {
    execute!(tx, REVOKE, id.as_str(), now.0)?;
    changes::record(tx, &cache_key(id), now).await
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

/// Revokes every grant that rests on a consent: by the sessions of whoever gave it, and those that outlive them; which
/// they were.
///
/// # Errors
/// The store's own.
pub async fn revoke_of_consent(tx: &mut Tx, consent: &Key, now: Timestamp) -> Stored<Vec<GrantId>> {
    let Key { account, actor, client } = consent;
    let (account, actor, client) = (account.as_str(), actor.as_str(), client.as_str());
    let mut rows = fetch_all!(tx, (String,), REVOKE_OF_CONSENT, account, actor, client, now.0)?;
    rows.extend(fetch_all!(tx, (String,), REVOKE_OFFLINE_OF_CONSENT, account, actor, client, now.0)?);
    let revoked: Vec<GrantId> = rows.into_iter().map(|(id,)| GrantId(id)).collect();
    for id in &revoked {
        changes::record(tx, &cache_key(id), now).await?;
    }
    Ok(revoked)
}

/// Where a grant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its tokens are good while they last, and while the end of this session, if it hangs on one, hasn't revoked them.
    Active(Option<SessionId>),
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
        Some((None, session, _)) => Standing::Active((!session.is_empty()).then_some(SessionId(session))),
        _ => Standing::Gone,
    })
}

/// The name under which a grant's change is told to other nodes.
pub fn cache_key(id: &GrantId) -> String {
    format!("grant:{id}")
}
