//! Which clients a browser session has signed in to, so that they can be told when it ends. Grants don't say it: they are
//! swept with their tokens. Only clients with a logout URI stand here; for the others nothing is written.

use std::time::Duration;

use super::query::{execute, fetch_all, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId, SessionId};

/// How long a client that doesn't answer is tried to be told.
pub const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

statements! {
    NOTE = "INSERT INTO session_clients (session_id, account_id, client_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    // Ids alone: the token is made when it is sent, since it lasts two minutes.
    TELL = "INSERT INTO outbox (id, kind, payload, due_at, attempts, expires_at) \
            SELECT 'logout ' || session_id || ' ' || account_id || ' ' || client_id, 'logout', \
            session_id || ' ' || account_id || ' ' || client_id, CAST($2 AS BIGINT), 0, CAST($3 AS BIGINT) \
            FROM session_clients WHERE session_id = $1 ON CONFLICT (id) DO NOTHING";
    OF_SESSION = "SELECT session_id, account_id, client_id FROM session_clients WHERE session_id = $1 \
                  ORDER BY client_id, account_id";
}

/// That a session has signed in to a client, as this account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The browser session.
    pub session: SessionId,
    /// Whom the client's ID token is about: the person, or the unit that they act for.
    pub account: AccountId,
    /// The client.
    pub client: ClientId,
}

impl SignedIn {
    /// The text of the outbox. A client's id stands last: it alone may hold blanks.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (session, account, client) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            session: SessionId::from(session),
            account: AccountId::from(account),
            client: ClientId::from(client),
        })
    }
}

/// Notes that a session has signed in to a client: one that is [held](super::sessions::hold), or nobody would be told.
///
/// # Errors
/// The store's own.
pub async fn note(tx: &mut Tx, new: &SignedIn) -> Stored<()> {
    execute!(tx, NOTE, new.session.as_str(), new.account.as_str(), new.client.as_str()).map(drop)
}

/// Puts a message to each client of a session that has ended into the outbox.
///
/// # Errors
/// The store's own.
pub(super) async fn tell(tx: &mut Tx, session: &SessionId, now: Timestamp) -> Stored<()> {
    execute!(tx, TELL, session.as_str(), now.0, now.plus(PATIENCE).0).map(drop)
}

/// The clients of a session, which may have ended.
///
/// # Errors
/// The store's own.
pub async fn of_session(conn: &mut Conn, session: &SessionId) -> Stored<Vec<SignedIn>> {
    let rows = fetch_all!(conn, (String, String, String), OF_SESSION, session.as_str())?;
    let signed_in = |(session, account, client)| SignedIn {
        session: SessionId(session),
        account: AccountId(account),
        client: ClientId(client),
    };
    Ok(rows.into_iter().map(signed_in).collect())
}
