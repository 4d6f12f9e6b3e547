//! Who represents a unit: the root of its mandates, which rests on the registry's word or a reviewer's.

use super::{Ending, Entry, REPRESENTATIVE, REVIEWED, SET_REVIEWED, end, find, insert, of_person};
use crate::clock::Timestamp;
use crate::domain::mandate::{Mandate, Reach, Role, Terms, Validity};
use crate::ids::{AccountId, MandateId, SessionId};
use crate::storage::query::{execute, fetch_optional, on_engine};
use crate::storage::{Conn, Stored, Tx, accounts, grants, sessions, units};

/// Stores a representative's own mandate, in force from now on; `false` if the unit has a representative already, or the
/// person a mandate there.
///
/// # Errors
/// The store's own.
pub async fn install(
    tx: &mut Tx,
    id: &MandateId,
    unit: &AccountId,
    person: &AccountId,
    now: Timestamp,
) -> Stored<bool> {
    let terms =
        Terms { role: Role::LegalRepresentative, reach: Reach::whole(), validity: Validity { from: now, until: None } };
    let entry = Entry {
        id: id.clone(),
        unit: unit.clone(),
        terms,
        granted_by: None,
        invitation: None,
        person: Some(person.clone()),
        granted_at: now,
        accepted_at: Some(now),
        ended: None,
    };
    insert(tx, &entry).await
}

/// Ends a representative whom the registry, or two reviewers, don't name any more: the mandate and all that rest on it, the
/// unit's own sign-ins and every token of either. The unit's password goes too: the former representative may know it.
///
/// # Errors
/// The store's own.
pub async fn vacate(tx: &mut Tx, mandate: &Mandate, now: Timestamp) -> Stored<(Vec<MandateId>, Vec<SessionId>)> {
    let ended = end(tx, &mandate.id, Ending::Replaced, now).await?;
    if ended.is_empty() {
        return Ok((ended, Vec::new()));
    }
    let sessions = sessions::end_all(tx, &mandate.unit, now).await?;
    grants::revoke_of_unit(tx, &mandate.unit, now).await?;
    accounts::reset_password(tx, &mandate.unit, None, now).await?;
    Ok((ended, sessions))
}

/// What an appointment did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appointed {
    /// The person represents the unit already, by this mandate.
    Already(MandateId),
    /// Somebody else does, and nobody's word says otherwise.
    Occupied,
    /// The word that names the person is older than the registry's last, or than the sitting representative.
    Outdated,
    /// The person represents it from now on; who did before, and which mandates have ended with that.
    Now(Option<AccountId>, Vec<MandateId>),
}

/// Makes somebody the representative of a unit that has an account. `named_at` is when the registry, or two reviewers, have
/// named the person: then another one's mandate ends, with all that rest on it. So does what the person was there before.
/// The registry is asked again soon.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`](crate::storage::StorageError::Corrupt).
pub async fn appoint(
    tx: &mut Tx,
    id: &MandateId,
    (unit, person): (&AccountId, &AccountId),
    named_at: Option<Timestamp>,
    now: Timestamp,
) -> Stored<Appointed> {
    let former = representative(tx, unit).await?;
    if let Some(mandate) = former.as_ref().filter(|mandate| mandate.person == *person) {
        return Ok(Appointed::Already(mandate.id.clone()));
    }
    let since = former.as_ref().map(|mandate| mandate.terms.validity.from);
    let last = units::checked_at(tx, unit).await?.max(since);
    if named_at.is_some_and(|at| last.is_some_and(|last| at < last)) {
        return Ok(Appointed::Outdated);
    }
    let mut ended = Vec::new();
    match (&former, named_at) {
        (Some(_), None) => return Ok(Appointed::Occupied),
        (Some(mandate), Some(_)) => ended.extend(vacate(tx, mandate, now).await?.0),
        (None, _) => {}
    }
    for own in of_person(tx, person).await?.iter().filter(|mandate| mandate.unit == *unit) {
        ended.extend(end(tx, &own.id, Ending::Replaced, now).await?);
    }
    if !install(tx, id, unit, person, now).await? {
        return Ok(Appointed::Occupied);
    }
    units::postpone(tx, unit, now).await?;
    Ok(Appointed::Now(former.map(|mandate| mandate.person), ended))
}

/// Notes whether a representative rests on a reviewer's word, which the registry doesn't share yet.
///
/// # Errors
/// The store's own.
pub async fn set_reviewed(tx: &mut Tx, id: &MandateId, reviewed: bool) -> Stored<()> {
    execute!(tx, SET_REVIEWED, id.as_str(), reviewed).map(drop)
}

/// Whether a representative rests on a reviewer's word: then the registry's other word is no news, and ends nothing.
///
/// # Errors
/// The store's own.
pub async fn is_reviewed(conn: &mut Conn, id: &MandateId) -> Stored<bool> {
    Ok(fetch_optional!(conn, (bool,), REVIEWED, id.as_str())?.is_some_and(|(reviewed,)| reviewed))
}

/// The mandate of a unit's representative, if it has one now.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn representative(conn: &mut Conn, unit: &AccountId) -> Stored<Option<Mandate>> {
    match fetch_optional!(conn, (String,), REPRESENTATIVE, unit.as_str())? {
        Some((id,)) => Ok(find(conn, &MandateId(id)).await?.and_then(Entry::live)),
        None => Ok(None),
    }
}
