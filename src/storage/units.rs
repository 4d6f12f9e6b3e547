//! Units: which account a credit code belongs to, and what the registry last said of it.

use std::time::Duration;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, changes};
use crate::clock::Timestamp;
use crate::domain::unit::CreditCode;
pub use crate::domain::unit::Standing;
use crate::ids::AccountId;

/// The registry is asked again so long after it has answered.
pub const RECHECK: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a due check belongs to the node that took it.
const CLAIM: Duration = Duration::from_secs(10 * 60);

statements! {
    INSERT = "INSERT INTO units (credit_code, account_id, standing, checked_at, recheck_at) \
              VALUES ($1, $2, 'registered', $3, $4) ON CONFLICT (credit_code) DO NOTHING";
    BY_CODE = "SELECT account_id FROM units WHERE credit_code = $1";
    STANDING = "SELECT standing FROM units WHERE account_id = $1";
    DUE = "SELECT account_id FROM units WHERE recheck_at <= $1 ORDER BY recheck_at LIMIT 20";
    CLAIM_ONE = "UPDATE units SET recheck_at = $2 WHERE account_id = $1 AND recheck_at <= $3";
    SAID = "UPDATE units SET checked_at = $2, recheck_at = $3 WHERE account_id = $1";
    STANDS = "UPDATE units SET standing = $2 WHERE account_id = $1 AND standing <> $2";
    HOLD = "UPDATE units SET checked_at = checked_at WHERE account_id = $1";
    POSTPONE = "UPDATE units SET recheck_at = $2 WHERE account_id = $1 AND recheck_at < $2";
    CHECKED = "SELECT checked_at FROM units WHERE account_id = $1";
}

/// Stores whose a credit code is; `false` if it is somebody's already.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, code: &CreditCode, account: &AccountId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, INSERT, code.as_str(), account.as_str(), now.0, now.plus(RECHECK).0)? == 1)
}

/// The account that a credit code belongs to.
///
/// # Errors
/// The store's own.
pub async fn find(conn: &mut Conn, code: &CreditCode) -> Stored<Option<AccountId>> {
    Ok(fetch_optional!(conn, (String,), BY_CODE, code.as_str())?.map(|(id,)| AccountId(id)))
}

/// What the registry last said of a unit; `None` for an account that isn't a unit's.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn standing(conn: &mut Conn, account: &AccountId) -> Stored<Option<Standing>> {
    let Some((text,)) = fetch_optional!(conn, (String,), STANDING, account.as_str())? else { return Ok(None) };
    let corrupt = StorageError::Corrupt { table: "units", key: account.0.clone(), column: "standing" };
    Standing::parse(&text).map(Some).ok_or(corrupt)
}

/// Takes units whose check is due: a node that dies leaves them to the next.
///
/// # Errors
/// The store's own.
pub async fn claim_due(tx: &mut Tx, now: Timestamp) -> Stored<Vec<AccountId>> {
    let mut claimed = Vec::new();
    for (id,) in fetch_all!(tx, (String,), DUE, now.0)? {
        if execute!(tx, CLAIM_ONE, id.as_str(), now.plus(CLAIM).0, now.0)? == 1 {
            claimed.push(AccountId(id));
        }
    }
    Ok(claimed)
}

/// Notes that the registry has answered, and what it said of the unit as such; whether that is news. It is asked again
/// after [`RECHECK`].
///
/// # Errors
/// The store's own.
pub async fn said(tx: &mut Tx, account: &AccountId, standing: Option<Standing>, now: Timestamp) -> Stored<bool> {
    execute!(tx, SAID, account.as_str(), now.0, now.plus(RECHECK).0)?;
    let Some(standing) = standing else { return Ok(false) };
    let news = execute!(tx, STANDS, account.as_str(), standing.as_str())? == 1;
    if news {
        changes::record(tx, &cache_key(account), now).await?;
    }
    Ok(news)
}

/// Holds a unit's row to the end of the transaction: who is to change its mandates in several places takes turns.
///
/// # Errors
/// The store's own.
pub async fn hold(tx: &mut Tx, account: &AccountId) -> Stored<()> {
    execute!(tx, HOLD, account.as_str()).map(drop)
}

/// Puts the next question off.
///
/// # Errors
/// The store's own.
pub async fn postpone(tx: &mut Tx, account: &AccountId, until: Timestamp) -> Stored<()> {
    execute!(tx, POSTPONE, account.as_str(), until.0).map(drop)
}

/// When the registry last answered about a unit.
///
/// # Errors
/// The store's own.
pub async fn checked_at(conn: &mut Conn, account: &AccountId) -> Stored<Option<Timestamp>> {
    Ok(fetch_optional!(conn, (i64,), CHECKED, account.as_str())?.map(|(at,)| Timestamp(at)))
}

/// The name under which a unit's change is told to other nodes.
pub fn cache_key(account: &AccountId) -> String {
    format!("unit:{account}")
}
