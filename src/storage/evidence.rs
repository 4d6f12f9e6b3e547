//! Pictures of documents: sealed, few, and gone when their term is over.

use std::time::Duration;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::ids::JourneyId;

/// How many pictures a journey may have.
pub const MOST: i64 = 6;
/// How long a picture waits for its case to be submitted.
pub const DRAFT: Duration = Duration::from_secs(24 * 60 * 60);

statements! {
    INSERT = "INSERT INTO evidence (journey_id, slot, kind, image, added_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (journey_id, slot) DO NOTHING";
    OF_JOURNEY = "SELECT slot, kind, added_at FROM evidence WHERE journey_id = $1 AND expires_at > $2 ORDER BY slot";
    IMAGE = "SELECT image FROM evidence WHERE journey_id = $1 AND slot = $2 AND expires_at > $3";
    IMAGES = "SELECT image FROM evidence WHERE journey_id = $1 AND kind = $2";
    REMOVE = "DELETE FROM evidence WHERE journey_id = $1 AND slot = $2";
    KEEP = "UPDATE evidence SET expires_at = $2 WHERE journey_id = $1";
}

/// A picture without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its place, 1 to [`MOST`].
    pub slot: i64,
    /// What it shows, as the person said.
    pub kind: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What became of a picture that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    Now,
    /// It was kept before: sent again, because the first answer was lost.
    Before,
    /// There are as many as there may be.
    Full,
}

/// Adds a picture, once.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn add(
    tx: &mut Tx,
    keys: &Keyring,
    journey: &JourneyId,
    (kind, jpeg): (&str, &[u8]),
    now: Timestamp,
) -> Stored<Added> {
    for (image,) in fetch_all!(tx, (String,), IMAGES, journey.as_str(), kind)? {
        if open(keys, journey, &image)? == jpeg {
            return Ok(Added::Before);
        }
    }
    let sealed = keys.seal(Purpose::Evidence, journey.as_str(), jpeg)?;
    for slot in 1..=MOST {
        let expires = now.plus(DRAFT).0;
        if execute!(tx, INSERT, journey.as_str(), slot, kind, sealed.as_str(), now.0, expires)? == 1 {
            return Ok(Added::Now);
        }
    }
    Ok(Added::Full)
}

fn open(keys: &Keyring, journey: &JourneyId, sealed: &str) -> Stored<Vec<u8>> {
    let corrupt = |_| StorageError::Corrupt { table: "evidence", key: journey.0.clone(), column: "image" };
    keys.open(Purpose::Evidence, journey.as_str(), sealed).map_err(corrupt)
}

/// The pictures of a journey, in order.
///
/// # Errors
/// The store's own.
pub async fn of_journey(conn: &mut Conn, journey: &JourneyId, now: Timestamp) -> Stored<Vec<Piece>> {
    let rows = fetch_all!(conn, (i64, String, i64), OF_JOURNEY, journey.as_str(), now.0)?;
    Ok(rows.into_iter().map(|(slot, kind, at)| Piece { slot, kind, added_at: Timestamp(at) }).collect())
}

/// A picture's bytes: a JPEG.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn image(
    conn: &mut Conn,
    keys: &Keyring,
    journey: &JourneyId,
    slot: i64,
    now: Timestamp,
) -> Stored<Option<Vec<u8>>> {
    let row = fetch_optional!(conn, (String,), IMAGE, journey.as_str(), slot, now.0)?;
    row.map(|(sealed,)| open(keys, journey, &sealed)).transpose()
}

/// Removes a picture.
///
/// # Errors
/// The store's own.
pub async fn remove(tx: &mut Tx, journey: &JourneyId, slot: i64) -> Stored<bool> {
    Ok(execute!(tx, REMOVE, journey.as_str(), slot)? == 1)
}

/// Sets how long the pictures of a journey are kept.
///
/// # Errors
/// The store's own.
pub async fn keep_until(tx: &mut Tx, journey: &JourneyId, until: Timestamp) -> Stored<()> {
    execute!(tx, KEEP, journey.as_str(), until.0).map(drop)
}
