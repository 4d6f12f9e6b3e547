//! Questions to a unit's representative, who answers on an own device. The row is the truth: the unit's journey looks the
//! answer up, the representative's answer is one conditional statement.

use std::time::Duration;

use super::query::{execute, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::domain::case_number::CaseNumber;
use crate::ids::{AccountId, InvitationId, JourneyId};

/// How long a question can be answered.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

statements! {
    INSERT = "INSERT INTO representative_invitations (id, journey_id, case_number, phone_index, content, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (journey_id) WHERE answered_at IS NULL DO NOTHING";
    FIND = "SELECT id, journey_id, case_number, phone_index, content, expires_at, answered_at, answered_by, answer \
            FROM representative_invitations WHERE id = $1";
    OF_CASE = "SELECT id, journey_id, case_number, phone_index, content, expires_at, answered_at, answered_by, answer \
               FROM representative_invitations WHERE case_number = $1 AND phone_index = $2 AND answered_at IS NULL \
               AND expires_at > $3 ORDER BY created_at DESC LIMIT 1";
    ANSWER = "UPDATE representative_invitations SET answered_at = $3, answered_by = $4, answer = $5 \
              WHERE id = $1 AND phone_index = $2 AND answered_at IS NULL AND expires_at > $3";
    WITHDRAW = "UPDATE representative_invitations SET answered_at = $2, answer = 'withdrawn' \
                WHERE journey_id = $1 AND answered_at IS NULL";
}

/// What a representative said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That it is so, and that the agreement is accepted.
    Confirmed,
    /// That it isn't.
    Declined,
    /// Nothing: it was taken back.
    Withdrawn,
}

impl Answer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Confirmed, Self::Declined, Self::Withdrawn].into_iter().find(|answer| answer.as_str() == text)
    }
}

/// A question as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Which journey asks.
    pub journey: JourneyId,
    /// The number that the representative types.
    pub case: CaseNumber,
    /// The blind index of the phone that it is bound to.
    pub phone_index: String,
    /// Sealed: what is asked.
    pub content: String,
    /// Up to when it can be answered.
    pub expires_at: Timestamp,
    /// When it was answered, by whom, and how; nobody answers one that was withdrawn.
    pub answered: Option<(Timestamp, Option<AccountId>, Answer)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    journey_id: String,
    case_number: String,
    phone_index: String,
    content: String,
    expires_at: i64,
    answered_at: Option<i64>,
    answered_by: Option<String>,
    answer: Option<String>,
}

impl Row {
    fn into_invitation(self) -> Stored<Invitation> {
        let key = self.id.clone();
        let corrupt = |column| StorageError::Corrupt { table: "representative_invitations", key: key.clone(), column };
        let answered = match (self.answered_at, self.answer.as_deref()) {
            (Some(at), Some(text)) => {
                let answer = Answer::parse(text).ok_or_else(|| corrupt("answer"))?;
                Some((Timestamp(at), self.answered_by.map(AccountId), answer))
            }
            _ => None,
        };
        Ok(Invitation {
            case: CaseNumber::parse(&self.case_number).map_err(|_| corrupt("case_number"))?,
            id: InvitationId(self.id),
            journey: JourneyId(self.journey_id),
            phone_index: self.phone_index,
            content: self.content,
            expires_at: Timestamp(self.expires_at),
            answered,
        })
    }
}

/// Stores a question; `false` if one of this journey is open already.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, invitation: &Invitation, now: Timestamp) -> Stored<bool> {
    let rows = execute!(
        tx,
        INSERT,
        invitation.id.as_str(),
        invitation.journey.as_str(),
        invitation.case.as_str(),
        invitation.phone_index.as_str(),
        invitation.content.as_str(),
        now.0,
        invitation.expires_at.0,
    )?;
    Ok(rows == 1)
}

/// The question with this id.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, id: &InvitationId) -> Stored<Option<Invitation>> {
    fetch_optional!(conn, Row, FIND, id.as_str())?.map(Row::into_invitation).transpose()
}

/// The open question of a case to this phone.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_case(
    conn: &mut Conn,
    case: &CaseNumber,
    phone_index: &str,
    now: Timestamp,
) -> Stored<Option<Invitation>> {
    fetch_optional!(conn, Row, OF_CASE, case.as_str(), phone_index, now.0)?.map(Row::into_invitation).transpose()
}

/// Answers a question that was sent to this phone; `false` if it isn't open any more.
///
/// # Errors
/// The store's own.
pub async fn answer(
    tx: &mut Tx,
    id: &InvitationId,
    phone_index: &str,
    (person, answer): (&AccountId, Answer),
    now: Timestamp,
) -> Stored<bool> {
    Ok(execute!(tx, ANSWER, id.as_str(), phone_index, now.0, person.as_str(), answer.as_str())? == 1)
}

/// Takes back the open question of a journey.
///
/// # Errors
/// The store's own.
pub async fn withdraw(tx: &mut Tx, journey: &JourneyId, now: Timestamp) -> Stored<()> {
    execute!(tx, WITHDRAW, journey.as_str(), now.0).map(drop)
}
