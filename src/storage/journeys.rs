//! Journeys: runs of a wizard. Their answers are sealed; every save is one conditional statement on the version.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::ids::{AccountId, InteractionId, JourneyId};

/// How long a journey may rest between two steps.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

statements! {
    INSERT = "INSERT INTO journeys (id, kind, version, browser_hash, answers, interaction_id, created_at, expires_at) \
              VALUES ($1, $2, 1, $3, $4, $5, $6, $7)";
    FIND = "SELECT id, version, answers, interaction_id, account_id, expires_at FROM journeys \
            WHERE id = $1 AND browser_hash = $2";
    SAVE = "UPDATE journeys SET answers = $3, version = version + 1, expires_at = $4 \
            WHERE id = $1 AND version = $2 AND account_id IS NULL AND expires_at > $5";
    FINISH = "UPDATE journeys SET answers = '', version = version + 1, account_id = $3 \
              WHERE id = $1 AND version = $2 AND account_id IS NULL AND expires_at > $4";
}

/// A journey as stored; `A` are its answers.
#[derive(Clone, Debug)]
pub struct Stage<A> {
    /// Its id.
    pub id: JourneyId,
    /// For the optimistic lock.
    pub version: i64,
    /// Which authorization request waits for it.
    pub interaction: Option<InteractionId>,
    /// Where it stands.
    pub state: State<A>,
}

/// Where a journey stands.
#[derive(Clone, Debug)]
pub enum State<A> {
    /// Under way.
    Open(A),
    /// It has ended in this account.
    Finished(AccountId),
    /// Nobody went on with it in time.
    Expired,
}

/// Stores a new journey.
///
/// # Errors
/// The store's own.
pub async fn insert<A: Serialize + Sync>(
    tx: &mut Tx,
    keys: &Keyring,
    id: &JourneyId,
    (kind, browser_hash): (&str, &str),
    (answers, interaction): (&A, Option<&InteractionId>),
    now: Timestamp,
) -> Stored<()> {
    let sealed = keys.seal_json(Purpose::Journey, id.as_str(), answers)?;
    let interaction = interaction.map(InteractionId::as_str);
    execute!(tx, INSERT, id.as_str(), kind, browser_hash, sealed, interaction, now.0, now.plus(LIFETIME).0).map(drop)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    version: i64,
    answers: String,
    interaction_id: Option<String>,
    account_id: Option<String>,
    expires_at: i64,
}

/// The journey with this id, if it is this browser's.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find<A: DeserializeOwned>(
    conn: &mut Conn,
    keys: &Keyring,
    id: &JourneyId,
    browser_hash: &str,
    now: Timestamp,
) -> Stored<Option<Stage<A>>> {
    let Some(row) = fetch_optional!(conn, Row, FIND, id.as_str(), browser_hash)? else { return Ok(None) };
    let state = match row.account_id {
        Some(account) => State::Finished(AccountId(account)),
        None if row.expires_at <= now.0 => State::Expired,
        None => {
            State::Open(keys.open_json(Purpose::Journey, &row.id, &row.answers).map_err(|_| StorageError::Corrupt {
                table: "journeys",
                key: row.id.clone(),
                column: "answers",
            })?)
        }
    };
    let interaction = row.interaction_id.map(InteractionId);
    Ok(Some(Stage { id: JourneyId(row.id), version: row.version, interaction, state }))
}

/// Saves answers; `false` if somebody else has moved the journey meanwhile.
///
/// # Errors
/// The store's own.
pub async fn save<A: Serialize + Sync>(
    tx: &mut Tx,
    keys: &Keyring,
    (id, version): (&JourneyId, i64),
    answers: &A,
    now: Timestamp,
) -> Stored<bool> {
    let sealed = keys.seal_json(Purpose::Journey, id.as_str(), answers)?;
    Ok(execute!(tx, SAVE, id.as_str(), version, sealed, now.plus(LIFETIME).0, now.0)? == 1)
}

/// Ends a journey in an account and forgets its answers; `false` if it has moved or ended meanwhile.
///
/// # Errors
/// The store's own.
pub async fn finish(
    tx: &mut Tx,
    (id, version): (&JourneyId, i64),
    account: &AccountId,
    now: Timestamp,
) -> Stored<bool> {
    Ok(execute!(tx, FINISH, id.as_str(), version, account.as_str(), now.0)? == 1)
}
