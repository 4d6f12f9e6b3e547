//! Guardianships: which adults look after a child's account. Reviewers have seen each of them.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::domain::guardianship::{Guardianship, Relation};
use crate::ids::AccountId;

statements! {
    BEGIN = "INSERT INTO guardianships (child_id, guardian_id, relation, since) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (child_id, guardian_id) DO UPDATE SET relation = excluded.relation, since = excluded.since, \
             ended_at = NULL WHERE guardianships.ended_at IS NOT NULL";
    FIND = "SELECT child_id, guardian_id, relation, since FROM guardianships \
            WHERE child_id = $1 AND guardian_id = $2 AND ended_at IS NULL";
    OF_GUARDIAN = "SELECT child_id, guardian_id, relation, since FROM guardianships \
                   WHERE guardian_id = $1 AND ended_at IS NULL ORDER BY since, child_id";
    OF_CHILD = "SELECT child_id, guardian_id, relation, since FROM guardianships \
                WHERE child_id = $1 AND ended_at IS NULL ORDER BY since, guardian_id";
}

type Row = (String, String, String, i64);

fn read((child, guardian, relation, since): Row) -> Stored<Guardianship> {
    let corrupt = || StorageError::Corrupt { table: "guardianships", key: child.clone(), column: "relation" };
    let relation = Relation::parse(&relation).ok_or_else(corrupt)?;
    Ok(Guardianship { child: AccountId(child), guardian: AccountId(guardian), relation, since: Timestamp(since) })
}

/// Begins a guardianship; `false` if it stands already.
///
/// # Errors
/// The store's own.
pub async fn begin(tx: &mut Tx, new: &Guardianship) -> Stored<bool> {
    let Guardianship { child, guardian, relation, since } = new;
    let rows = execute!(tx, BEGIN, child.as_str(), guardian.as_str(), relation.as_str(), since.0)?;
    Ok(rows == 1)
}

/// The guardianship of this adult over this child.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, child: &AccountId, guardian: &AccountId) -> Stored<Option<Guardianship>> {
    fetch_optional!(conn, Row, FIND, child.as_str(), guardian.as_str())?.map(read).transpose()
}

/// The children of a guardian, in the order in which they came.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_guardian(conn: &mut Conn, guardian: &AccountId) -> Stored<Vec<Guardianship>> {
    fetch_all!(conn, Row, OF_GUARDIAN, guardian.as_str())?.into_iter().map(read).collect()
}

/// The guardians of a child.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_child(conn: &mut Conn, child: &AccountId) -> Stored<Vec<Guardianship>> {
    fetch_all!(conn, Row, OF_CHILD, child.as_str())?.into_iter().map(read).collect()
}
