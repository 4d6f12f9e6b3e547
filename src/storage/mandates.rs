//! Mandates: who may act for a unit. Accepting and ending one are single conditional statements; whoever ends one ends,
//! in the same transaction, all that rest on it and every token granted by them.

mod appointment;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, changes, grants};
use crate::clock::Timestamp;
use crate::domain::mandate::{Mandate, Reach, Role, Terms, Validity};
use crate::ids::{AccountId, MandateId};

pub use appointment::{Appointed, appoint, install, is_reviewed, representative, set_reviewed, vacate};

statements! {
    INSERT = "INSERT INTO mandates (id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, \
              invited_until, person_id, granted_at, accepted_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING";
    FIND = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, invited_until, \
            person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates WHERE id = $1";
    OF_UNIT = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, invited_until, \
               person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates WHERE unit_id = $1 \
               ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, granted_at DESC, id DESC LIMIT 500";
    OF_PERSON = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, invited_until, \
                 person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates \
                 WHERE person_id = $1 AND ended_at IS NULL ORDER BY granted_at, id";
    HELD = "SELECT id FROM mandates WHERE unit_id = $1 AND person_id = $2 AND accepted_at IS NOT NULL AND ended_at IS NULL";
    ENDED_OF_PERSON = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, \
                       invited_until, person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates \
                       WHERE person_id = $1 AND ended_at > $2 ORDER BY ended_at DESC, id LIMIT 20";
    GRANTED = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, invited_until, \
               person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates \
               WHERE granted_by = $1 AND ended_at IS NULL ORDER BY granted_at DESC, id DESC LIMIT 200";
    INVITED = "SELECT id, unit_id, role, reach, valid_from, valid_until, granted_by, invited, phone_index, invited_until, \
               person_id, granted_at, accepted_at, ended_at, ended_why FROM mandates \
               WHERE phone_index = $1 AND accepted_at IS NULL AND ended_at IS NULL AND invited_until > $2 \
               ORDER BY granted_at, id";
    ACCEPT = "UPDATE mandates SET person_id = $2, accepted_at = $4 WHERE id = $1 AND phone_index = $3 \
              AND accepted_at IS NULL AND ended_at IS NULL AND invited_until > $4 \
              AND NOT EXISTS (SELECT 1 FROM mandates other WHERE other.unit_id = mandates.unit_id \
                              AND other.person_id = $2 AND other.accepted_at IS NOT NULL AND other.ended_at IS NULL)";
    HOLD = "UPDATE mandates SET granted_at = granted_at WHERE id = $1 AND unit_id = $2 AND accepted_at IS NOT NULL \
            AND ended_at IS NULL";
    END = "UPDATE mandates SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL";
    RESTING = "SELECT id FROM mandates WHERE granted_by = $1 AND ended_at IS NULL";
    REVIEWED = "SELECT reviewed FROM mandates WHERE id = $1";
    SET_REVIEWED = "UPDATE mandates SET reviewed = $2 WHERE id = $1";
    REPRESENTATIVE = "SELECT id FROM mandates WHERE unit_id = $1 AND role = 'legal_representative' \
                      AND accepted_at IS NOT NULL AND ended_at IS NULL";
}

/// Why a mandate has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Taken back by the unit.
    Revoked,
    /// Given up by the agent.
    Resigned,
    /// The invitation was declined.
    Declined,
    /// The registry names another representative.
    Replaced,
    /// The mandate that it rested on has ended.
    Granter,
    /// Its time was over, or another invitation was accepted in its place.
    Lapsed,
}

impl Ending {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Resigned => "resigned",
            Self::Declined => "declined",
            Self::Replaced => "replaced",
            Self::Granter => "granter",
            Self::Lapsed => "lapsed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Revoked, Self::Resigned, Self::Declined, Self::Replaced, Self::Granter, Self::Lapsed]
            .into_iter()
            .find(|ending| ending.as_str() == text)
    }
}

/// An invitation that goes with a mandate: nobody else's phone accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Sealed: whom it is for, as the granter typed it.
    pub invited: String,
    /// The blind index of the phone that it is bound to.
    pub phone_index: String,
    /// Up to when it can be accepted.
    pub until: Timestamp,
}

/// A mandate as stored, accepted or not, ended or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: MandateId,
    /// For which unit.
    pub unit: AccountId,
    /// As what, in what, until when.
    pub terms: Terms,
    /// The mandate that it rests on; none: the representative's own.
    pub granted_by: Option<MandateId>,
    /// How its agent was asked; none for the representative's own.
    pub invitation: Option<Invitation>,
    /// Who has accepted it.
    pub person: Option<AccountId>,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it ended, and why.
    pub ended: Option<(Timestamp, Ending)>,
}

impl Entry {
    /// Whether it waits for its agent: nobody has accepted it, nobody has ended it, and its time isn't over.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let waits = self.accepted_at.is_none() && self.ended.is_none();
        waits && self.invitation.as_ref().is_some_and(|invitation| now < invitation.until)
    }

    /// The mandate, if somebody has accepted it and nobody has ended it.
    pub fn live(self) -> Option<Mandate> {
        let person = self.person.filter(|_| self.accepted_at.is_some() && self.ended.is_none())?;
        Some(Mandate { id: self.id, unit: self.unit, person, terms: self.terms, granted_by: self.granted_by })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    unit_id: String,
    role: String,
    reach: String,
    valid_from: i64,
    valid_until: Option<i64>,
    granted_by: Option<String>,
    invited: Option<String>,
    phone_index: Option<String>,
    invited_until: Option<i64>,
    person_id: Option<String>,
    granted_at: i64,
    accepted_at: Option<i64>,
    ended_at: Option<i64>,
    ended_why: Option<String>,
}

impl Row {
    fn into_entry(self) -> Stored<Entry> {
        let corrupt = |column| StorageError::Corrupt { table: "mandates", key: self.id.clone(), column };
        let role = Role::parse(&self.role).ok_or_else(|| corrupt("role"))?;
        let reach: Reach = serde_json::from_str(&self.reach).map_err(|_| corrupt("reach"))?;
        let ended = match (self.ended_at, self.ended_why.as_deref()) {
            (None, _) => None,
            (Some(at), why) => {
                let why = why.and_then(Ending::parse).ok_or_else(|| corrupt("ended_why"))?;
                Some((Timestamp(at), why))
            }
        };
        let invitation = match (self.invited, self.phone_index, self.invited_until) {
            (Some(invited), Some(phone_index), Some(until)) => {
                Some(Invitation { invited, phone_index, until: Timestamp(until) })
            }
            _ => None,
        };
        let validity = Validity { from: Timestamp(self.valid_from), until: self.valid_until.map(Timestamp) };
        Ok(Entry {
            id: MandateId(self.id),
            unit: AccountId(self.unit_id),
            terms: Terms { role, reach, validity },
            granted_by: self.granted_by.map(MandateId),
            invitation,
            person: self.person_id.map(AccountId),
            granted_at: Timestamp(self.granted_at),
            accepted_at: self.accepted_at.map(Timestamp),
            ended,
        })
    }
}

async fn insert(tx: &mut Tx, entry: &Entry) -> Stored<bool> {
    let reach = serde_json::to_string(&entry.terms.reach).map_err(|_| StorageError::Corrupt {
        table: "mandates",
        key: entry.id.0.clone(),
        column: "reach",
    })?;
    let invitation = entry.invitation.as_ref();
    let rows = execute!(
        tx,
        INSERT,
        entry.id.as_str(),
        entry.unit.as_str(),
        entry.terms.role.as_str(),
        reach,
        entry.terms.validity.from.0,
        entry.terms.validity.until.map(|until| until.0),
        entry.granted_by.as_ref().map(MandateId::as_str),
        invitation.map(|i| i.invited.as_str()),
        invitation.map(|i| i.phone_index.as_str()),
        invitation.map(|i| i.until.0),
        entry.person.as_ref().map(AccountId::as_str),
        entry.granted_at.0,
        entry.accepted_at.map(|at| at.0),
    )?;
    Ok(rows == 1)
}

/// Stores a mandate that its agent has still to accept; `false` if the one that it is granted by has ended. Whether it may
/// be granted is the caller's to check, in the same transaction, by [`Mandate::may_grant`].
///
/// # Errors
/// The store's own.
pub async fn invite(
    tx: &mut Tx,
    (id, unit): (&MandateId, &AccountId),
    terms: &Terms,
    granted_by: &MandateId,
    invitation: &Invitation,
    now: Timestamp,
) -> Stored<bool> {
    let entry = Entry {
        id: id.clone(),
        unit: unit.clone(),
        terms: terms.clone(),
        granted_by: Some(granted_by.clone()),
        invitation: Some(invitation.clone()),
        person: None,
        granted_at: now,
        accepted_at: None,
        ended: None,
    };
    // Holds the granter's row: an ending that runs at the same time waits, and then finds this one resting on it.
    if execute!(tx, HOLD, granted_by.as_str(), unit.as_str())? == 0 {
        return Ok(false);
    }
    insert(tx, &entry).await
}

/// Accepts an invitation that was sent to this phone; `false` if it isn't open, is another's, or the person has a mandate
/// of that unit already.
///
/// # Errors
/// The store's own.
pub async fn accept(
    tx: &mut Tx,
    id: &MandateId,
    person: &AccountId,
    phone_index: &str,
    now: Timestamp,
) -> Stored<bool> {
    let accepted = execute!(tx, ACCEPT, id.as_str(), person.as_str(), phone_index, now.0)? == 1;
    if accepted {
        changes::record(tx, &cache_key(id), now).await?;
    }
    Ok(accepted)
}

/// Ends a mandate, all that rest on it, and every token granted by them; which ones have ended now.
///
/// # Errors
/// The store's own.
pub async fn end(tx: &mut Tx, id: &MandateId, why: Ending, now: Timestamp) -> Stored<Vec<MandateId>> {
    let mut ended = Vec::new();
    let mut due = vec![(id.clone(), why)];
    while let Some((id, why)) = due.pop() {
        if execute!(tx, END, id.as_str(), now.0, why.as_str())? == 0 {
            continue;
        }
        grants::revoke_of_mandate(tx, &id, now).await?;
        changes::record(tx, &cache_key(&id), now).await?;
        due.extend(
            fetch_all!(tx, (String,), RESTING, id.as_str())?.into_iter().map(|(id,)| (MandateId(id), Ending::Granter)),
        );
        ended.push(id);
    }
    Ok(ended)
}

/// The mandate with this id, whatever has become of it.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, id: &MandateId) -> Stored<Option<Entry>> {
    fetch_optional!(conn, Row, FIND, id.as_str())?.map(Row::into_entry).transpose()
}

/// The newest 500 mandates of a unit, those that haven't ended first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_unit(conn: &mut Conn, unit: &AccountId) -> Stored<Vec<Entry>> {
    fetch_all!(conn, Row, OF_UNIT, unit.as_str())?.into_iter().map(Row::into_entry).collect()
}

/// What a person has accepted and nobody has ended, the oldest first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_person(conn: &mut Conn, person: &AccountId) -> Stored<Vec<Mandate>> {
    let rows = fetch_all!(conn, Row, OF_PERSON, person.as_str())?;
    let entries: Stored<Vec<Entry>> = rows.into_iter().map(Row::into_entry).collect();
    Ok(entries?.into_iter().filter_map(Entry::live).collect())
}

/// What a person has accepted of a unit and nobody has ended, whether it is in force or not.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn held(conn: &mut Conn, unit: &AccountId, person: &AccountId) -> Stored<Option<Mandate>> {
    match fetch_optional!(conn, (String,), HELD, unit.as_str(), person.as_str())? {
        Some((id,)) => Ok(find(conn, &MandateId(id)).await?.and_then(Entry::live)),
        None => Ok(None),
    }
}

/// The last 20 mandates of a person that have ended since a moment, the last first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn ended_of_person(conn: &mut Conn, person: &AccountId, since: Timestamp) -> Stored<Vec<Entry>> {
    fetch_all!(conn, Row, ENDED_OF_PERSON, person.as_str(), since.0)?.into_iter().map(Row::into_entry).collect()
}

/// What was granted by a mandate and hasn't ended, the newest first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn granted(conn: &mut Conn, by: &MandateId) -> Stored<Vec<Entry>> {
    fetch_all!(conn, Row, GRANTED, by.as_str())?.into_iter().map(Row::into_entry).collect()
}

/// The open invitations to a phone.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn invited(conn: &mut Conn, phone_index: &str, now: Timestamp) -> Stored<Vec<Entry>> {
    fetch_all!(conn, Row, INVITED, phone_index, now.0)?.into_iter().map(Row::into_entry).collect()
}

/// The name under which a mandate's change is told to other nodes.
pub fn cache_key(id: &MandateId) -> String {
    format!("mandate:{id}")
}
