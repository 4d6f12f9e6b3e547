//! Closings of accounts (注销): asked for, then taken back or done. Each change is one conditional statement, so that whoever takes
//! one back and the node that carries it out can't both be first.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClosureId};

statements! {
    ASK = "INSERT INTO closures (id, account_id, asked_by, asked_at, effective_at) VALUES ($1, $2, $3, $4, $5) \
           ON CONFLICT (account_id) WHERE withdrawn_at IS NULL DO NOTHING";
    WITHDRAW = "UPDATE closures SET withdrawn_at = $2 WHERE account_id = $1 AND withdrawn_at IS NULL AND done_at IS NULL";
    FINISH = "UPDATE closures SET done_at = $2 WHERE account_id = $1 AND withdrawn_at IS NULL AND done_at IS NULL \
              AND effective_at <= $2";
    OPEN = "SELECT account_id, asked_by, asked_at, effective_at FROM closures \
            WHERE account_id = $1 AND withdrawn_at IS NULL AND done_at IS NULL";
    DUE = "SELECT c.account_id FROM closures c JOIN accounts a ON a.id = c.account_id WHERE c.effective_at <= $1 \
           AND c.withdrawn_at IS NULL AND c.done_at IS NULL AND a.status = 'closing' ORDER BY c.effective_at, c.id LIMIT 20";
}

/// A closing that was asked for and is neither taken back nor done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// Which account is to be closed.
    pub account: AccountId,
    /// By whom: its owner, or a child's guardian.
    pub asked_by: AccountId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From when it is carried out.
    pub effective_at: Timestamp,
}

/// Stores a closing; `false` if one is under way.
///
/// # Errors
/// The store's own.
pub async fn ask(tx: &mut Tx, id: &ClosureId, new: &Closure) -> Stored<bool> {
    let Closure { account, asked_by, asked_at, effective_at } = new;
    let rows = execute!(tx, ASK, id.as_str(), account.as_str(), asked_by.as_str(), asked_at.0, effective_at.0)?;
    Ok(rows == 1)
}

/// Takes a closing back; `false` if there is none, or it was carried out.
///
/// # Errors
/// The store's own.
pub async fn withdraw(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, WITHDRAW, account.as_str(), now.0)? == 1)
}

/// Notes that a due closing is being carried out by this transaction; `false` if it was taken back, or another node was faster.
///
/// # Errors
/// The store's own.
pub async fn finish(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, FINISH, account.as_str(), now.0)? == 1)
}

/// The closing of an account that is under way.
///
/// # Errors
/// The store's own.
pub async fn open(conn: &mut Conn, account: &AccountId) -> Stored<Option<Closure>> {
    let row = fetch_optional!(conn, (String, String, i64, i64), OPEN, account.as_str())?;
    Ok(row.map(|(account, by, asked, effective)| Closure {
        account: AccountId(account),
        asked_by: AccountId(by),
        asked_at: Timestamp(asked),
        effective_at: Timestamp(effective),
    }))
}

/// The accounts whose waiting time is over, those of before first. One that an operator has stopped meanwhile isn't among them.
///
/// # Errors
/// The store's own.
pub async fn due(conn: &mut Conn, now: Timestamp) -> Stored<Vec<AccountId>> {
    let rows = fetch_all!(conn, (String,), DUE, now.0)?;
    Ok(rows.into_iter().map(|(id,)| AccountId(id)).collect())
}
