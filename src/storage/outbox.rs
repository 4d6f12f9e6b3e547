//! Messages on their way out: written in the business transaction, sent afterwards, tried again until they expire.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::query::{execute, fetch_all, on_engine, statements};
use super::session_clients::SignedIn;
use super::{StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::ids::MessageId;

/// How long a claimed message belongs to the node that claimed it.
const CLAIM: Duration = Duration::from_secs(30);

statements! {
    INSERT = "INSERT INTO outbox (id, kind, payload, due_at, attempts, expires_at) VALUES ($1, $2, $3, $4, 0, $5)";
    // Nothing is sent late.
    EXPIRE = "UPDATE outbox SET done_at = $1, payload = '' WHERE done_at IS NULL AND due_at <= $1 AND expires_at <= $1";
    DUE = "SELECT id, payload, attempts FROM outbox WHERE done_at IS NULL AND due_at <= $1 AND kind <> 'logout' \
           ORDER BY due_at LIMIT 20";
    DUE_LOGOUTS = "SELECT id, payload, attempts FROM outbox WHERE done_at IS NULL AND due_at <= $1 AND kind = 'logout' \
                   ORDER BY due_at LIMIT 20";
    // Claiming is moving the due time: a node that dies leaves the message to the next.
    CLAIM_ONE = "UPDATE outbox SET due_at = $2, attempts = attempts + 1 \
                 WHERE id = $1 AND done_at IS NULL AND due_at <= $3";
    RETRY = "UPDATE outbox SET due_at = $2 WHERE id = $1 AND done_at IS NULL";
    DONE = "UPDATE outbox SET done_at = $2, payload = '' WHERE id = $1 AND done_at IS NULL";
}

/// Something to be sent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// A text message.
    Sms {
        /// The phone.
        to: String,
        /// Its text.
        text: String,
    },
    /// An e-mail.
    Mail {
        /// The address.
        to: String,
        /// The subject line.
        subject: String,
        /// Its text.
        text: String,
    },
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

impl Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Sms { .. } => "sms",
            Self::Mail { .. } => "mail",
        }
    }
}

/// What this node is to send now.
pub struct Claimed<T = Message> {
    /// Its id; the receiver may see it twice.
    pub id: MessageId,
    /// What to send.
    pub message: T,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}

/// Puts a message into the outbox. It is dropped if it can't be sent within `lifetime`.
///
/// # Errors
/// The store's own.
pub async fn push(
    tx: &mut Tx,
    keys: &Keyring,
    id: &MessageId,
    message: &Message,
    now: Timestamp,
    lifetime: Duration,
) -> Stored<()> {
    let payload = keys.seal_json(Purpose::Outbox, id.as_str(), message)?;
    execute!(tx, INSERT, id.as_str(), message.kind(), payload, now.0, now.plus(lifetime).0).map(drop)
}

/// Claims messages to people that are due.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn claim(tx: &mut Tx, keys: &Keyring, now: Timestamp) -> Stored<Vec<Claimed>> {
    claim_of(tx, DUE, now, |id, payload| keys.open_json(Purpose::Outbox, id, payload).ok()).await
}

/// Claims what clients are to be told of ended sessions. They are claimed apart: a client that doesn't answer holds up no
/// message to a person.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn claim_logouts(tx: &mut Tx, now: Timestamp) -> Stored<Vec<Claimed<SignedIn>>> {
    claim_of(tx, DUE_LOGOUTS, now, |_, payload| SignedIn::parse(payload)).await
}

async fn claim_of<T>(
    tx: &mut Tx,
    due: &'static str,
    now: Timestamp,
    read: impl Fn(&str, &str) -> Option<T> + Send,
) -> Stored<Vec<Claimed<T>>> {
    execute!(tx, EXPIRE, now.0)?;
    let mut claimed = Vec::new();
    for (id, payload, attempts) in fetch_all!(tx, (String, String, i64), due, now.0)? {
        if execute!(tx, CLAIM_ONE, id.as_str(), now.plus(CLAIM).0, now.0)? == 1 {
            let corrupt = || StorageError::Corrupt { table: "outbox", key: id.clone(), column: "payload" };
            let message = read(&id, &payload).ok_or_else(corrupt)?;
            claimed.push(Claimed { id: MessageId(id), message, attempt: attempts + 1 });
        }
    }
    Ok(claimed)
}

/// Notes that a message was sent, and forgets its text.
///
/// # Errors
/// The store's own.
pub async fn done(tx: &mut Tx, id: &MessageId, now: Timestamp) -> Stored<()> {
    execute!(tx, DONE, id.as_str(), now.0).map(drop)
}

/// Leaves a message for later.
///
/// # Errors
/// The store's own.
pub async fn retry(tx: &mut Tx, id: &MessageId, due: Timestamp) -> Stored<()> {
    execute!(tx, RETRY, id.as_str(), due.0).map(drop)
}
