//! Recoveries that wait for their moment. Beginning, stopping and finishing one is one conditional statement each: of two nodes, or
//! of a stop and an end at the same moment, one is first.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::recovery::{Change, Kind};
use crate::ids::{AccountId, RecoveryId, ReviewId};

statements! {
    BEGIN = "INSERT INTO recoveries (id, account_id, kind, change, stop_hash, review_id, begun_at, effective_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, kind) WHERE ended_at IS NULL DO NOTHING";
    OF_ACCOUNT = "SELECT id, account_id, change, review_id, begun_at, effective_at FROM recoveries \
                  WHERE account_id = $1 AND ended_at IS NULL ORDER BY begun_at, id";
    BY_NUMBER = "SELECT id, account_id, change, review_id, begun_at, effective_at FROM recoveries \
                 WHERE stop_hash = $1 AND ended_at IS NULL";
    OF_REVIEW = "SELECT id, account_id, change, review_id, begun_at, effective_at FROM recoveries \
                 WHERE review_id = $1 AND ended_at IS NULL";
    DUE = "SELECT id, account_id, change, review_id, begun_at, effective_at FROM recoveries \
           WHERE ended_at IS NULL AND effective_at <= $1 ORDER BY effective_at, id LIMIT 50";
    FINISH = "UPDATE recoveries SET ended_at = $2, outcome = 'done', change = '' \
              WHERE id = $1 AND ended_at IS NULL AND effective_at <= $2";
    STOP_OF_REVIEW = "UPDATE recoveries SET ended_at = $2, outcome = 'stopped', change = '' \
                      WHERE review_id = $1 AND ended_at IS NULL";
    STOP = "UPDATE recoveries SET ended_at = $2, outcome = 'stopped', change = '' WHERE id = $1 AND ended_at IS NULL";
}

/// A recovery that waits.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Whose account it is about.
    pub account: AccountId,
    /// What changes.
    pub change: Change,
    /// The reviewers' decision that it rests on.
    pub review: Option<ReviewId>,
    /// When it was asked for.
    pub begun_at: Timestamp,
    /// When it takes effect.
    pub effective_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account_id: String,
    change: String,
    review_id: Option<String>,
    begun_at: i64,
    effective_at: i64,
}

impl Row {
    fn open(self, keys: &Keyring) -> Stored<Recovery> {
        let change = keys.open_json(Purpose::Field, &self.id, &self.change).map_err(|_| StorageError::Corrupt {
            table: "recoveries",
            key: self.id.clone(),
            column: "change",
        })?;
        Ok(Recovery {
            id: RecoveryId(self.id),
            account: AccountId(self.account_id),
            change,
            review: self.review_id.map(ReviewId),
            begun_at: Timestamp(self.begun_at),
            effective_at: Timestamp(self.effective_at),
        })
    }
}

/// Stores one, to be stopped by whoever knows what `stop_hash` is the hash of; `false` if the account waits for one of this kind.
///
/// # Errors
/// The store's own.
pub async fn begin(tx: &mut Tx, keys: &Keyring, new: &Recovery, stop_hash: &str) -> Stored<bool> {
    let sealed = keys.seal_json(Purpose::Field, new.id.as_str(), &new.change)?;
    let rows = execute!(
        tx,
        BEGIN,
        new.id.as_str(),
        new.account.as_str(),
        new.change.kind().as_str(),
        sealed,
        stop_hash,
        new.review.as_ref().map(ReviewId::as_str),
        new.begun_at.0,
        new.effective_at.0,
    )?;
    Ok(rows == 1)
}

/// Those that an account waits for, the oldest first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_account(conn: &mut Conn, keys: &Keyring, account: &AccountId) -> Stored<Vec<Recovery>> {
    fetch_all!(conn, Row, OF_ACCOUNT, account.as_str())?.into_iter().map(|row| row.open(keys)).collect()
}

/// The one of this kind that an account waits for.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_kind(conn: &mut Conn, keys: &Keyring, account: &AccountId, kind: Kind) -> Stored<Option<Recovery>> {
    let all = of_account(conn, keys, account).await?;
    Ok(all.into_iter().find(|recovery| recovery.change.kind() == kind))
}

/// The waiting one that this hash stops.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn by_number(conn: &mut Conn, keys: &Keyring, stop_hash: &str) -> Stored<Option<Recovery>> {
    fetch_optional!(conn, Row, BY_NUMBER, stop_hash)?.map(|row| row.open(keys)).transpose()
}

/// The waiting one that rests on this decision.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_review(conn: &mut Conn, keys: &Keyring, review: &ReviewId) -> Stored<Option<Recovery>> {
    fetch_optional!(conn, Row, OF_REVIEW, review.as_str())?.map(|row| row.open(keys)).transpose()
}

/// Those whose moment has come.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn due(conn: &mut Conn, keys: &Keyring, now: Timestamp) -> Stored<Vec<Recovery>> {
    fetch_all!(conn, Row, DUE, now.0)?.into_iter().map(|row| row.open(keys)).collect()
}

/// Ends one whose moment has come, in the transaction of what it changes; `false` if it was stopped, or another node was faster.
///
/// # Errors
/// The store's own.
pub async fn finish(tx: &mut Tx, id: &RecoveryId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, FINISH, id.as_str(), now.0)? == 1)
}

/// Stops one; `false` if it is over.
///
/// # Errors
/// The store's own.
pub async fn stop(tx: &mut Tx, id: &RecoveryId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, STOP, id.as_str(), now.0)? == 1)
}

/// Stops the one that rests on a decision which the person has taken back.
///
/// # Errors
/// The store's own.
pub async fn stop_of_review(tx: &mut Tx, review: &ReviewId, now: Timestamp) -> Stored<()> {
    execute!(tx, STOP_OF_REVIEW, review.as_str(), now.0).map(drop)
}
