//! Grants: what an authorization code was redeemed for. The code's own id is the key, so that a second redemption is
//! a conflict, on whichever node it happens.

use std::sync::LazyLock;

use super::consents::Key;
use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx, changes};
use crate::clock::Timestamp;
use crate::domain::principal::Principal;
use crate::ids::{AccountId, ClientId, GrantId, MandateId, SessionId};

statements! {
    REVOKE = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    REVOKE_OF_SESSION = "UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL";
    REVOKE_OF_MANDATE = "UPDATE grants SET revoked_at = $2 WHERE mandate_id = $1 AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_CONSENT = "UPDATE grants SET revoked_at = $4 WHERE account_id = $1 AND actor_id = $2 AND client_id = $3 \
                         AND session_id IN (SELECT id FROM sessions WHERE account_id = $2) AND revoked_at IS NULL RETURNING id";
    REVOKE_OFFLINE_OF_CONSENT = "UPDATE grants SET revoked_at = $4 WHERE id IN (SELECT grant_id FROM refresh_tokens \
                                 WHERE account_id = $1 AND actor_id = $2 AND client_id = $3) \
                                 AND revoked_at IS NULL RETURNING id";
    REVOKE_OFFLINE_OF = "UPDATE grants SET revoked_at = $2 WHERE id IN (SELECT grant_id FROM refresh_tokens WHERE actor_id = $1) \
                         AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_UNIT_SESSIONS = "UPDATE grants SET revoked_at = $2 WHERE session_id IN \
                               (SELECT id FROM sessions WHERE account_id = $1) AND revoked_at IS NULL RETURNING id";
    REVOKE_OF_UNIT_MANDATES = "UPDATE grants SET revoked_at = $2 WHERE mandate_id IN \
                               (SELECT id FROM mandates WHERE unit_id = $1) AND revoked_at IS NULL RETURNING id";
    STANDING = "SELECT revoked_at, session_id, account_id FROM grants WHERE id = $1";
}

/// How many codes one statement redeems at the most.
pub const TOGETHER: usize = 16;

/// For each number of codes the statement that stores their grants, and returns those that it has stored: whose id is new,
/// and whose consent still stands as it was when the code was issued.
static REDEEM: LazyLock<Vec<String>> = LazyLock::new(|| (1..=TOGETHER).map(redeeming).collect());

fn redeeming(codes: usize) -> String {
    let row = |n: usize| {
        let [a, b, c, d, e, f, g, h, i, j] = std::array::from_fn(|place| n * 10 + place + 1);
        format!(
            "(${a}, ${b}, ${c}, ${d}, ${e}, ${f}, ${g}, CAST(${h} AS BIGINT), CAST(${i} AS BIGINT), CAST(${j} AS BIGINT))"
        )
    };
    let rows: Vec<_> = (0..codes).map(row).collect();
    // Both engines call the columns of VALUES so. In order: two nodes that store the same codes wait, and don't deadlock.
    format!(
        "INSERT INTO grants (id, account_id, actor_id, mandate_id, session_id, client_id, scopes, granted_at, expires_at) \
         SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9 \
         FROM (VALUES {}) AS redeemed WHERE EXISTS (SELECT 1 FROM consents WHERE account_id = column2 \
         AND actor_id = column3 AND client_id = column6 AND granted_at <= column10) \
         ORDER BY column1 \
         ON CONFLICT (id) DO NOTHING RETURNING id",
        rows.join(", ")
    )
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
    /// The session that it was given in has ended.
    Ended,
}

/// Stores the grants of up to [`TOGETHER`] codes in one statement: of each whether it is stored now; if not, [`redeem`] has
/// to find out why. Of one code that is there twice only the first is stored.
///
/// # Errors
/// The store's own.
pub async fn store(tx: &mut Tx, grants: &[Grant], now: Timestamp) -> Stored<Vec<bool>> {
    let Some(sql) = grants.len().checked_sub(1).and_then(|place| REDEEM.get(place)) else {
        return Ok(vec![false; grants.len()]);
    };
    let mut stored = on_engine!(tx, |c| {
        let mut query = sqlx::query_scalar::<_, String>(sql.as_str());
        for grant in grants {
            query = query
                .bind(grant.id.as_str())
                .bind(grant.principal.account.as_str())
                .bind(grant.principal.acting().as_str())
                .bind(grant.principal.mandate().map(MandateId::as_str))
                .bind(grant.session.as_ref().map_or("", SessionId::as_str))
                .bind(grant.client.as_str())
                .bind(grant.scopes.as_str())
                .bind(now.0)
                .bind(grant.expires_at.0)
                .bind(grant.issued_at.0);
        }
        query.fetch_all(c).await
    })?;
    let mut take = |id: &GrantId| {
        let found = stored.iter().position(|stored| *stored == id.0);
        found.map(|place| stored.swap_remove(place)).is_some()
    };
    Ok(grants.iter().map(|grant| take(&grant.id)).collect())
}

/// Stores the grant of a code; a second use revokes what the first has issued.
///
/// # Errors
/// The store's own.
pub async fn redeem(tx: &mut Tx, grant: &Grant, now: Timestamp) -> Stored<Redeemed> {
    if store(tx, std::slice::from_ref(grant), now).await? == [true] {
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

/// Revokes every grant of somebody's that outlives its session, for themselves or for a unit; which they were.
///
/// # Errors
/// The store's own.
pub async fn revoke_offline_of(tx: &mut Tx, actor: &AccountId, now: Timestamp) -> Stored<Vec<GrantId>> {
    let rows = fetch_all!(tx, (String,), REVOKE_OFFLINE_OF, actor.as_str(), now.0)?;
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
