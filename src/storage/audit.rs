//! The audit log: who did what, when and why. Rows are written with the decision itself and chained afterwards by one
//! sealer, so that a row that was changed, removed or slipped in shows. They hold identifiers, never personal data.

use serde::Serialize;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::ids::AuditId;

statements! {
    INSERT = "INSERT INTO audit (id, at, event, actor, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)";
    UNSEALED = "SELECT id, at, event, actor, subject, detail FROM audit WHERE seal IS NULL AND at <= $1 ORDER BY id LIMIT 500";
    LAST = "SELECT sequence, seal FROM audit WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1";
    SEAL = "UPDATE audit SET sequence = $2, seal = $3 WHERE id = $1 AND seal IS NULL";
    SEALED = "SELECT id, at, event, actor, subject, detail, sequence, seal FROM audit \
              WHERE sequence > $1 ORDER BY sequence LIMIT 500";
    NEWEST_SEALED = "SELECT id, at, event, actor, subject, detail, sequence, seal FROM audit \
                     WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 2";
    OF_SUBJECT = "SELECT id, at, event, actor, subject, detail FROM audit WHERE subject = $1 ORDER BY id DESC LIMIT $2";
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Sorts by time.
    pub id: String,
    /// When, in epoch milliseconds.
    pub at: i64,
    /// What: `account.created`, `journey.check`, …
    pub event: String,
    /// Who: `browser:…`, `account:…`, `operator:…`, `portal`.
    pub actor: String,
    /// To what: `account:…`, `journey:…`.
    pub subject: String,
    /// A JSON object of identifiers, outcomes and sources.
    pub detail: String,
}

/// Writes an entry in the transaction of what it tells of.
///
/// # Errors
/// The store's own.
pub async fn record<D: Serialize + Sync>(
    tx: &mut Tx,
    random: &Random,
    now: Timestamp,
    event: &str,
    (actor, subject): (&str, &str),
    detail: &D,
) -> Stored<()> {
    let id = AuditId::mint(now, random);
    let detail = serde_json::to_string(detail).unwrap_or_else(|_| "{}".to_owned());
    execute!(tx, INSERT, id.as_str(), now.0, event, actor, subject, detail).map(drop)
}

/// Chains entries written at or before `until`; how many. Only the holder of the sealer's lease calls it.
///
/// # Errors
/// The store's own.
pub async fn seal(tx: &mut Tx, keys: &Keyring, until: Timestamp) -> Stored<usize> {
    let (mut sequence, mut previous) = fetch_optional!(tx, (i64, String), LAST)?.unwrap_or_else(|| (0, String::new()));
    let entries = fetch_all!(tx, Entry, UNSEALED, until.0)?;
    for entry in &entries {
        sequence += 1;
        previous = link(keys, &previous, sequence, entry);
        execute!(tx, SEAL, entry.id.as_str(), sequence, previous.as_str())?;
    }
    Ok(entries.len())
}

fn link(keys: &Keyring, previous: &str, sequence: i64, entry: &Entry) -> String {
    let parts = (previous, sequence, &entry.id, entry.at, &entry.event, &entry.actor, &entry.subject, &entry.detail);
    keys.hash("audit", &serde_json::to_string(&parts).unwrap_or_default())
}

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every sealed entry is in its place.
    Sound {
        /// How many.
        entries: i64,
    },
    /// The first entry that isn't what was sealed.
    Broken {
        /// Its place in the chain.
        sequence: i64,
    },
}

/// Walks the whole chain.
///
/// # Errors
/// The store's own.
pub async fn verify(conn: &mut Conn, keys: &Keyring) -> Stored<Verdict> {
    let (mut expected, mut previous) = (0, String::new());
    loop {
        let rows = fetch_all!(conn, Sealed, SEALED, expected)?;
        if rows.is_empty() {
            return Ok(Verdict::Sound { entries: expected });
        }
        for Sealed { entry, sequence, seal } in rows {
            expected += 1;
            previous = link(keys, &previous, expected, &entry);
            if sequence != expected || !crate::secret::same(seal.as_bytes(), previous.as_bytes()) {
                return Ok(Verdict::Broken { sequence: expected });
            }
        }
    }
}

/// Whether the newest sealed entry is what was sealed, by these keys; `None` if none is sealed.
///
/// # Errors
/// The store's own.
pub async fn verify_newest(conn: &mut Conn, keys: &Keyring) -> Stored<Option<bool>> {
    let mut rows = fetch_all!(conn, Sealed, NEWEST_SEALED)?.into_iter();
    let Some(newest) = rows.next() else { return Ok(None) };
    let previous = rows.next().map(|row| row.seal).unwrap_or_default();
    let expected = link(keys, &previous, newest.sequence, &newest.entry);
    Ok(Some(crate::secret::same(newest.seal.as_bytes(), expected.as_bytes())))
}

#[derive(sqlx::FromRow)]
struct Sealed {
    #[sqlx(flatten)]
    entry: Entry,
    sequence: i64,
    seal: String,
}

/// The newest entries about a subject.
///
/// # Errors
/// The store's own.
pub async fn of_subject(conn: &mut Conn, subject: &str, at_most: i64) -> Stored<Vec<Entry>> {
    fetch_all!(conn, Entry, OF_SUBJECT, subject, at_most)
}
