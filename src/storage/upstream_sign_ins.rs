//! Sign-ins at federated systems that wait for their answer. The browser carries `state`; here is its keyed hash, whose
//! browser it is, and, sealed, what was asked. An answer is taken once.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};

/// How long an answer is waited for.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

statements! {
    INSERT = "INSERT INTO upstream_sign_ins (state_hash, browser_hash, pending, expires_at) VALUES ($1, $2, $3, $4)";
    FIND = "SELECT pending FROM upstream_sign_ins WHERE state_hash = $1 AND browser_hash = $2";
    ANSWER = "UPDATE upstream_sign_ins SET answered_at = $2 \
              WHERE state_hash = $1 AND answered_at IS NULL AND expires_at > $2";
}

fn hash(keys: &Keyring, state: &str) -> String {
    keys.hash("upstream state", state)
}

/// Stores what was asked with `state`, by which browser.
///
/// # Errors
/// The store's own.
pub async fn insert<P: Serialize + Sync>(
    tx: &mut Tx,
    keys: &Keyring,
    (state, browser_hash): (&str, &str),
    pending: &P,
    now: Timestamp,
) -> Stored<()> {
    let hash = hash(keys, state);
    let sealed = keys.seal_json(Purpose::Ticket, &hash, pending)?;
    execute!(tx, INSERT, hash, browser_hash, sealed, now.plus(LIFETIME).0).map(drop)
}

/// What was asked with `state` by this browser, and whether this is the first answer to it, and in time.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn answer<P: DeserializeOwned>(
    tx: &mut Tx,
    keys: &Keyring,
    (state, browser_hash): (&str, &str),
    now: Timestamp,
) -> Stored<Option<(P, bool)>> {
    let hash = hash(keys, state);
    let Some((sealed,)) = fetch_optional!(tx, (String,), FIND, hash.as_str(), browser_hash)? else {
        return Ok(None);
    };
    let pending = keys.open_json(Purpose::Ticket, &hash, &sealed).map_err(|_| StorageError::Corrupt {
        table: "upstream_sign_ins",
        key: hash.clone(),
        column: "pending",
    })?;
    let first = execute!(tx, ANSWER, hash.as_str(), now.0)? == 1;
    Ok(Some((pending, first)))
}
