//! Refresh tokens: one family a grant. A token is sealed and names its generation; the row says which generation is good,
//! so that nothing here would help a thief of the database. The grant's revocation is the family's end.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, grants};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::principal::Principal;
use crate::ids::{ClientId, GrantId};

/// A token that isn't used for this long is over.
pub const IDLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A family is over after this long.
pub const ABSOLUTE: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// For this long the predecessor of an unused token is answered again: the answer may have been lost.
pub const GRACE: Duration = Duration::from_secs(30);

statements! {
    INSERT = "INSERT INTO refresh_tokens (grant_id, account_id, actor_id, client_id, granted, generation, rotated_at, \
              expires_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)";
    FIND = "SELECT t.granted, t.generation, t.rotated_at, t.expires_at FROM refresh_tokens t \
            JOIN grants g ON g.id = t.grant_id \
            WHERE t.grant_id = $1 AND t.client_id = $2 AND t.expires_at > $3 AND g.expires_at > $3 AND g.revoked_at IS NULL";
    ROTATE = "UPDATE refresh_tokens SET generation = generation + 1, rotated_at = $3, expires_at = $4 \
              WHERE grant_id = $1 AND generation = $2 AND expires_at > $3 \
              AND EXISTS (SELECT 1 FROM grants WHERE id = $1 AND revoked_at IS NULL)";
    USE = "UPDATE refresh_tokens SET expires_at = $4 WHERE grant_id = $1 AND generation = $2 AND expires_at > $3 \
           AND EXISTS (SELECT 1 FROM grants WHERE id = $1 AND revoked_at IS NULL)";
    STATE = "SELECT generation, rotated_at FROM refresh_tokens WHERE grant_id = $1";
}

/// A family as it stands.
#[derive(Clone, Debug)]
pub struct Family<G> {
    /// What its tokens are for.
    pub granted: G,
    /// The generation that is good now.
    pub generation: i64,
    /// Since when.
    pub rotated_at: Timestamp,
    /// Up to when, unless it is used.
    pub expires_at: Timestamp,
}

impl<G> Family<G> {
    /// Whether a token of this generation would be answered.
    pub fn answers(&self, generation: i64, now: Timestamp) -> bool {
        generation == self.generation || (generation + 1 == self.generation && now.since(self.rotated_at) <= GRACE)
    }
}

/// Begins a family, in the transaction that stores its grant.
///
/// # Errors
/// The store's own.
pub async fn insert<G: Serialize + Sync>(
    tx: &mut Tx,
    keys: &Keyring,
    (grant, client, principal): (&GrantId, &ClientId, &Principal),
    granted: &G,
    now: Timestamp,
) -> Stored<()> {
    let sealed = keys.seal_json(Purpose::Field, grant.as_str(), granted)?;
    execute!(
        tx,
        INSERT,
        grant.as_str(),
        principal.account.as_str(),
        principal.acting().as_str(),
        client.as_str(),
        sealed,
        now.0,
        now.plus(IDLE).0,
    )
    .map(drop)
}

/// The family of a grant that was given to this client, if neither has ended.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find<G: DeserializeOwned>(
    conn: &mut Conn,
    keys: &Keyring,
    (grant, client): (&GrantId, &ClientId),
    now: Timestamp,
) -> Stored<Option<Family<G>>> {
    let row = fetch_optional!(conn, (String, i64, i64, i64), FIND, grant.as_str(), client.as_str(), now.0)?;
    let Some((sealed, generation, rotated_at, expires_at)) = row else { return Ok(None) };
    let corrupt = |_| StorageError::Corrupt { table: "refresh_tokens", key: grant.0.clone(), column: "granted" };
    let granted = keys.open_json(Purpose::Field, grant.as_str(), &sealed).map_err(corrupt)?;
    let (rotated_at, expires_at) = (Timestamp(rotated_at), Timestamp(expires_at));
    Ok(Some(Family { granted, generation, rotated_at, expires_at }))
}

/// What became of a token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is good; the generation of the token to answer with.
    Good(i64),
    /// An old one: somebody else may have it, and the family has ended now (RFC 9700, section 4.14.2).
    Reused,
    /// The family had ended before.
    Gone,
}

/// Uses a good token, in one statement; `rotating` makes another one of it. The generation to answer with; `None` if
/// [`present`] has to find out what is wrong.
///
/// # Errors
/// The store's own.
pub async fn advance(
    tx: &mut Tx,
    grant: &GrantId,
    generation: i64,
    rotating: bool,
    now: Timestamp,
) -> Stored<Option<i64>> {
    let (sql, next) = if rotating { (ROTATE, generation + 1) } else { (USE, generation) };
    let used = execute!(tx, sql, grant.as_str(), generation, now.0, now.plus(IDLE).0)?;
    Ok((used == 1).then_some(next))
}

/// Uses a token; an old one ends its family.
///
/// # Errors
/// The store's own.
pub async fn present(
    tx: &mut Tx,
    grant: &GrantId,
    generation: i64,
    rotating: bool,
    now: Timestamp,
) -> Stored<Presented> {
    if let Some(next) = advance(tx, grant, generation, rotating, now).await? {
        return Ok(Presented::Good(next));
    }
    let Some((good, rotated)) = fetch_optional!(tx, (i64, i64), STATE, grant.as_str())? else {
        return Ok(Presented::Gone);
    };
    if good == generation {
        // The grant was revoked, or its time is over.
        return Ok(Presented::Gone);
    }
    if good == generation + 1 && now.since(Timestamp(rotated)) <= GRACE {
        return Ok(Presented::Good(good));
    }
    grants::revoke(tx, grant, now).await?;
    Ok(Presented::Reused)
}
