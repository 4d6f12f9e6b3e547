//! Sessions: the cookie's secret is stored only as a keyed hash.

use std::time::Duration;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, changes, grants, session_clients};
use crate::clock::Timestamp;
use crate::domain::acting::Acting;
use crate::domain::device::Device;
use crate::domain::session::Session;
use crate::ids::{AccountId, ClientId, MandateId, SessionId};
use crate::protocol::acr::SignInLevel;

statements! {
    INSERT = "INSERT INTO sessions (id, token_hash, account_id, methods, sign_in_level, acting, device, authenticated_at, seen_at, \
              idle, expires_at, generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)";
    FIND = "SELECT id, token_hash, account_id, methods, sign_in_level, acting, authenticated_at, seen_at, idle, expires_at, \
            generation FROM sessions WHERE id = $1 AND ended_at IS NULL";
    ACTING = "SELECT acting FROM sessions WHERE id = $1 AND ended_at IS NULL";
    ACT = "UPDATE sessions SET acting = $2 WHERE id = $1 AND acting = $3 AND ended_at IS NULL";
    SEEN = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2 AND ended_at IS NULL";
    RENEW = "UPDATE sessions SET token_hash = $3, methods = $4, sign_in_level = $5, device = $6, authenticated_at = $7, \
             seen_at = $8, idle = $9, expires_at = $10, generation = generation + 1 \
             WHERE id = $1 AND account_id = $2 AND generation = $11 AND ended_at IS NULL";
    HOLD = "UPDATE sessions SET seen_at = seen_at WHERE id = $1 AND ended_at IS NULL";
    END = "UPDATE sessions SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL";
    SUPERSEDE = "UPDATE sessions SET ended_at = $3 WHERE id = $1 AND generation = $2 AND ended_at IS NULL";
    END_OTHERS = "UPDATE sessions SET ended_at = $3 WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id";
    END_ALL = "UPDATE sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL RETURNING id";
    OF_ACCOUNT = "SELECT id, methods, sign_in_level, authenticated_at, seen_at, expires_at, device FROM sessions \
                  WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at + idle > $2 \
                  ORDER BY seen_at DESC, id DESC";
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    token_hash: String,
    account_id: String,
    methods: String,
    sign_in_level: i64,
    acting: String,
    authenticated_at: i64,
    seen_at: i64,
    idle: i64,
    expires_at: i64,
    generation: i64,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A session and the keyed hash of its cookie's secret.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The session.
    pub session: Session,
    /// For comparing in constant time.
    pub token_hash: String,
}

/// Stores a new session, begun on this device, under the hash of its cookie's secret.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, session: &Session, device: Device, token_hash: &str) -> Stored<()> {
    execute!(
        tx,
        INSERT,
        session.id.as_str(),
        token_hash,
        session.account.as_str(),
        session.methods.as_str(),
        session.level as i64,
        session.acting.to_text(),
        device.to_string(),
        session.authenticated_at.0,
        session.seen_at.0,
        millis(session.idle),
        session.expires_at.0,
    )
    .map(drop)
}

/// Stores that a session's person has signed in anew, under the hash of another secret: the cookie of before opens nothing any
/// more, and the session with what hangs on it goes on. `false` if it has ended, or was renewed since it was read: of two
/// sign-ins at once the browser may keep either cookie, so that each needs a session.
///
/// # Errors
/// The store's own.
pub async fn renew(tx: &mut Tx, session: &Session, device: Device, token_hash: &str) -> Stored<bool> {
    let renewed = execute!(
        tx,
        RENEW,
        session.id.as_str(),
        session.account.as_str(),
        token_hash,
        session.methods.as_str(),
        session.level as i64,
        device.to_string(),
        session.authenticated_at.0,
        session.seen_at.0,
        millis(session.idle),
        session.expires_at.0,
        session.generation,
    )?;
    changes::record(tx, &cache_key(&session.id), session.seen_at).await?;
    Ok(renewed == 1)
}

/// The session with this id, unless it has ended.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, id: &SessionId) -> Stored<Option<StoredSession>> {
    let Some(row) = fetch_optional!(conn, Row, FIND, id.as_str())? else { return Ok(None) };
    let corrupt = |column| StorageError::Corrupt { table: "sessions", key: row.id.clone(), column };
    let level = SignInLevel::from_number(row.sign_in_level).ok_or_else(|| corrupt("sign_in_level"))?;
    let acting = Acting::parse(&row.acting).ok_or_else(|| corrupt("acting"))?;
    let session = Session {
        id: SessionId(row.id),
        account: AccountId(row.account_id),
        methods: row.methods,
        level,
        acting,
        authenticated_at: Timestamp(row.authenticated_at),
        seen_at: Timestamp(row.seen_at),
        idle: Duration::from_millis(u64::try_from(row.idle).unwrap_or(0)),
        expires_at: Timestamp(row.expires_at),
        generation: row.generation,
    };
    Ok(Some(StoredSession { session, token_hash: row.token_hash }))
}

/// Remembers by which mandate the session's person acts for a client (none: for themselves). Two choices at once are
/// both remembered.
///
/// # Errors
/// The store's own.
pub async fn act(
    tx: &mut Tx,
    id: &SessionId,
    (client, mandate): (&ClientId, Option<&MandateId>),
    now: Timestamp,
) -> Stored<()> {
    while let Some((before,)) = fetch_optional!(tx, (String,), ACTING, id.as_str())? {
        let after = Acting::parse(&before).unwrap_or_default().choosing(client, mandate).to_text();
        if after == before || execute!(tx, ACT, id.as_str(), after, before)? == 1 {
            break;
        }
    }
    changes::record(tx, &cache_key(id), now).await
}

/// Notes that a session was used.
///
/// # Errors
/// The store's own.
pub async fn seen(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Stored<()> {
    execute!(tx, SEEN, id.as_str(), now.0).map(drop)
}

/// Keeps a session from being ended before this transaction is over, so that its end sees what is written here; `false` if
/// it has ended.
///
/// # Errors
/// The store's own.
pub async fn hold(tx: &mut Tx, id: &SessionId) -> Stored<bool> {
    Ok(execute!(tx, HOLD, id.as_str())? == 1)
}

/// Ends a session of an account and everything granted in it, and has its clients told; `false` if it had ended before, or is another's.
///
/// # Errors
/// The store's own.
pub async fn end(tx: &mut Tx, account: &AccountId, id: &SessionId, now: Timestamp) -> Stored<bool> {
    let ended = execute!(tx, END, id.as_str(), account.as_str(), now.0)? == 1;
    if ended {
        finish(tx, id, now).await?;
    }
    Ok(ended)
}

/// Ends a session in the same way, as it was read: one that was renewed meanwhile goes on.
///
/// # Errors
/// The store's own.
pub async fn supersede(tx: &mut Tx, old: &Session, now: Timestamp) -> Stored<bool> {
    let ended = execute!(tx, SUPERSEDE, old.id.as_str(), old.generation, now.0)? == 1;
    if ended {
        finish(tx, &old.id, now).await?;
    }
    Ok(ended)
}

/// Ends every other session of a session's account in the same way; which they were.
///
/// # Errors
/// The store's own.
pub async fn end_others(tx: &mut Tx, here: &Session, now: Timestamp) -> Stored<Vec<SessionId>> {
    let rows = fetch_all!(tx, (String,), END_OTHERS, here.account.as_str(), here.id.as_str(), now.0)?;
    let ended: Vec<SessionId> = rows.into_iter().map(|(id,)| SessionId(id)).collect();
    for id in &ended {
        finish(tx, id, now).await?;
    }
    Ok(ended)
}

/// Ends every session of an account in the same way; which they were.
///
/// # Errors
/// The store's own.
pub async fn end_all(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Stored<Vec<SessionId>> {
    let rows = fetch_all!(tx, (String,), END_ALL, account.as_str(), now.0)?;
    let ended: Vec<SessionId> = rows.into_iter().map(|(id,)| SessionId(id)).collect();
    for id in &ended {
        finish(tx, id, now).await?;
    }
    Ok(ended)
}

/// What follows from the end of a session, whoever has ended it.
async fn finish(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Stored<()> {
    grants::revoke_of_session(tx, id, now).await?;
    session_clients::tell(tx, id, now).await?;
    changes::record(tx, &cache_key(id), now).await
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: SessionId,
    /// `amr`, blank-separated.
    pub methods: String,
    /// How strong it is.
    pub level: SignInLevel,
    /// When it began.
    pub authenticated_at: Timestamp,
    /// When it was last used, within [`Session::seen_step`].
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The device in coarse words, or an empty text.
    pub device: String,
}

/// The live sessions of an account, the last used first.
///
/// # Errors
/// The store's own.
pub async fn of_account(conn: &mut Conn, account: &AccountId, now: Timestamp) -> Stored<Vec<Listed>> {
    let rows = fetch_all!(conn, (String, String, i64, i64, i64, i64, String), OF_ACCOUNT, account.as_str(), now.0)?;
    let listed = |(id, methods, level, begun, seen, expires, device)| Listed {
        id: SessionId(id),
        methods,
        // A row that says nothing that there is counts for little.
        level: SignInLevel::from_number(level).unwrap_or(SignInLevel::OneFactor),
        authenticated_at: Timestamp(begun),
        seen_at: Timestamp(seen),
        expires_at: Timestamp(expires),
        device,
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// The name under which a session's change is told to other nodes.
pub fn cache_key(id: &SessionId) -> String {
    format!("session:{id}")
}
