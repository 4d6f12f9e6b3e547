//! Journeys: runs of a wizard. Their answers are sealed; every save is one conditional statement on the version.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::case_number::CaseNumber;
use crate::ids::{AccountId, InteractionId, JourneyId};

/// How long a journey may rest between two steps.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long one may rest that waits, or has waited, for somebody else: it has a case number.
pub const CASE_LIFETIME: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// How long background work on a journey belongs to the node that took it.
const CLAIM: Duration = Duration::from_secs(60);

statements! {
    INSERT = "INSERT INTO journeys (id, kind, version, browser_hash, answers, interaction_id, parent_id, created_at, expires_at) \
              VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT id, version, answers, interaction_id, parent_id, account_id, case_number, attempts, expires_at FROM journeys \
            WHERE id = $1 AND browser_hash = $2";
    FIND_ANYWHERE = "SELECT id, version, answers, interaction_id, parent_id, account_id, case_number, attempts, expires_at \
                     FROM journeys WHERE id = $1";
    FIND_CASE = "SELECT id, version, answers, interaction_id, parent_id, account_id, case_number, attempts, expires_at \
                 FROM journeys WHERE case_number = $1";
    SAVE = "UPDATE journeys SET answers = $3, version = version + 1, \
            expires_at = CASE WHEN case_number IS NULL THEN CAST($4 AS BIGINT) ELSE $5 END \
            WHERE id = $1 AND version = $2 AND account_id IS NULL AND expires_at > $6";
    NAME_CASE = "UPDATE journeys SET case_number = $2, expires_at = $3 WHERE id = $1 AND case_number IS NULL";
    REBIND = "UPDATE journeys SET browser_hash = $3, version = version + 1 \
              WHERE id = $1 AND version = $2 AND account_id IS NULL AND expires_at > $4";
    BROWSER = "SELECT browser_hash FROM journeys WHERE id = $1";
    SCHEDULE = "UPDATE journeys SET due_at = $2, attempts = 0 WHERE id = $1";
    DUE = "SELECT id FROM journeys WHERE due_at <= $1 AND account_id IS NULL AND expires_at > $1 ORDER BY due_at LIMIT 20";
    CLAIM_ONE = "UPDATE journeys SET due_at = $2, attempts = attempts + 1 WHERE id = $1 AND due_at <= $3";
    POSTPONE = "UPDATE journeys SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL";
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
    /// Its case number, once it waits for somebody else.
    pub case: Option<CaseNumber>,
    /// How often the source was asked in the background.
    pub attempts: i64,
    /// Which authorization request waits for it.
    pub interaction: Option<InteractionId>,
    /// The journey within which it was begun.
    pub parent: Option<JourneyId>,
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
    (answers, interaction, parent): (&A, Option<&InteractionId>, Option<&JourneyId>),
    now: Timestamp,
) -> Stored<()> {
    let sealed = keys.seal_json(Purpose::Journey, id.as_str(), answers)?;
    let (interaction, parent) = (interaction.map(InteractionId::as_str), parent.map(JourneyId::as_str));
    let until = now.plus(LIFETIME);
    execute!(tx, INSERT, id.as_str(), kind, browser_hash, sealed, interaction, parent, now.0, until.0).map(drop)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    version: i64,
    answers: String,
    interaction_id: Option<String>,
    parent_id: Option<String>,
    account_id: Option<String>,
    case_number: Option<String>,
    attempts: i64,
    expires_at: i64,
}

impl Row {
    fn into_stage<A: DeserializeOwned>(self, keys: &Keyring, now: Timestamp) -> Stored<Stage<A>> {
        let corrupt = |column| StorageError::Corrupt { table: "journeys", key: self.id.clone(), column };
        let state = match self.account_id {
            Some(account) => State::Finished(AccountId(account)),
            None if self.expires_at <= now.0 => State::Expired,
            None => {
                let opened = keys.open_json(Purpose::Journey, &self.id, &self.answers);
                State::Open(opened.map_err(|_| corrupt("answers"))?)
            }
        };
        let case = self.case_number.map(|number| CaseNumber::parse(&number)).transpose();
        Ok(Stage {
            case: case.map_err(|_| StorageError::Corrupt {
                table: "journeys",
                key: self.id.clone(),
                column: "case_number",
            })?,
            id: JourneyId(self.id),
            version: self.version,
            attempts: self.attempts,
            interaction: self.interaction_id.map(InteractionId),
            parent: self.parent_id.map(JourneyId),
            state,
        })
    }
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
    let row = fetch_optional!(conn, Row, FIND, id.as_str(), browser_hash)?;
    row.map(|row| row.into_stage(keys, now)).transpose()
}

/// The journey with this id, whichever browser it is bound to: for background work only.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find_anywhere<A: DeserializeOwned>(
    conn: &mut Conn,
    keys: &Keyring,
    id: &JourneyId,
    now: Timestamp,
) -> Stored<Option<Stage<A>>> {
    fetch_optional!(conn, Row, FIND_ANYWHERE, id.as_str())?.map(|row| row.into_stage(keys, now)).transpose()
}

/// The journey of a case, whichever browser it is bound to: whoever asks has still to prove control.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find_case<A: DeserializeOwned>(
    conn: &mut Conn,
    keys: &Keyring,
    case: &CaseNumber,
    now: Timestamp,
) -> Stored<Option<Stage<A>>> {
    fetch_optional!(conn, Row, FIND_CASE, case.as_str())?.map(|row| row.into_stage(keys, now)).transpose()
}

/// Gives a journey its case number, and the longer life that goes with it; a second number isn't taken.
///
/// # Errors
/// The store's own.
pub async fn name_case(tx: &mut Tx, id: &JourneyId, case: &CaseNumber, now: Timestamp) -> Stored<()> {
    execute!(tx, NAME_CASE, id.as_str(), case.as_str(), now.plus(CASE_LIFETIME).0).map(drop)
}

/// Binds a journey to another browser: the former one's hold ends, and is given back. `None` if it has moved or ended
/// meanwhile.
///
/// # Errors
/// The store's own.
pub async fn rebind(
    tx: &mut Tx,
    (id, version): (&JourneyId, i64),
    browser: &str,
    now: Timestamp,
) -> Stored<Option<String>> {
    let former = fetch_optional!(tx, (String,), BROWSER, id.as_str())?;
    let rebound = execute!(tx, REBIND, id.as_str(), version, browser, now.0)? == 1;
    Ok(former.map(|(former,)| former).filter(|_| rebound))
}

/// Says when background work on a journey is due, or that none is.
///
/// # Errors
/// The store's own.
pub async fn schedule(tx: &mut Tx, id: &JourneyId, due: Option<Timestamp>) -> Stored<()> {
    execute!(tx, SCHEDULE, id.as_str(), due.map(|at| at.0)).map(drop)
}

/// Puts due background work off.
///
/// # Errors
/// The store's own.
pub async fn postpone(tx: &mut Tx, id: &JourneyId, due: Timestamp) -> Stored<()> {
    execute!(tx, POSTPONE, id.as_str(), due.0).map(drop)
}

/// Takes journeys with due background work: a node that dies leaves them to the next.
///
/// # Errors
/// The store's own.
pub async fn claim_due(tx: &mut Tx, now: Timestamp) -> Stored<Vec<JourneyId>> {
    let mut claimed = Vec::new();
    for (id,) in fetch_all!(tx, (String,), DUE, now.0)? {
        if execute!(tx, CLAIM_ONE, id.as_str(), now.plus(CLAIM).0, now.0)? == 1 {
            claimed.push(JourneyId(id));
        }
    }
    Ok(claimed)
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
    Ok(execute!(tx, SAVE, id.as_str(), version, sealed, now.plus(LIFETIME).0, now.plus(CASE_LIFETIME).0, now.0)? == 1)
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
