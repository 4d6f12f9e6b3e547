//! Reviews: what reviewers decide. Every decision is one conditional statement on the state, so that two reviewers, or a
//! reviewer and the person who withdraws, can't both be first.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx};
use crate::clock::Timestamp;
use crate::domain::case_number::CaseNumber;
use crate::ids::{AccountId, JourneyId, ReviewId};
use crate::protocol::acr::IdentityLevel;

statements! {
    INSERT = "INSERT INTO reviews (id, case_number, journey_id, state, content, account_id, submitted_at) \
              VALUES ($1, $2, $3, 'open', $4, $5, $6) ON CONFLICT (journey_id) WHERE state = 'open' DO NOTHING";
    FIND = "SELECT id, case_number, journey_id, state, content, account_id, claimed_by, claimed_at, level, reason, \
            submitted_at, effective_at FROM reviews WHERE id = $1";
    OF_CASE = "SELECT id, case_number, journey_id, state, content, account_id, claimed_by, claimed_at, level, reason, \
               submitted_at, effective_at FROM reviews WHERE case_number = $1 \
               ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, submitted_at DESC, id DESC LIMIT 1";
    OPEN = "SELECT id, case_number, journey_id, state, content, account_id, claimed_by, claimed_at, level, reason, \
            submitted_at, effective_at FROM reviews WHERE state = 'open' ORDER BY submitted_at, id LIMIT $1";
    UNTOLD = "SELECT id, case_number, journey_id, state, content, account_id, claimed_by, claimed_at, level, reason, \
              submitted_at, effective_at FROM reviews \
              WHERE told_at IS NULL AND decided_at IS NOT NULL AND effective_at <= $1 ORDER BY decided_at LIMIT 50";
    TOLD = "UPDATE reviews SET told_at = $2 WHERE id = $1 AND told_at IS NULL";
    CLAIM = "UPDATE reviews SET claimed_by = $2, claimed_at = $3 WHERE id = $1 AND state = 'open' \
             AND (claimed_by IS NULL OR claimed_by = $2 OR claimed_at <= $4)";
    RELEASE = "UPDATE reviews SET claimed_by = NULL, claimed_at = NULL \
               WHERE id = $1 AND state = 'open' AND claimed_by = $2";
    APPROVAL = "INSERT INTO review_approvals (review_id, reviewer, level, evidence, approved_at) \
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT (review_id, reviewer) DO NOTHING";
    APPROVALS = "SELECT COUNT(*), MIN(level) FROM review_approvals WHERE review_id = $1";
    APPROVED_BY = "SELECT reviewer FROM review_approvals WHERE review_id = $1 ORDER BY approved_at";
    DECIDE = "UPDATE reviews SET state = $3, level = $4, reason = $5, decided_at = $6, effective_at = $7 \
              WHERE id = $1 AND state = 'open' AND claimed_by = $2";
    WITHDRAW = "UPDATE reviews SET state = 'withdrawn', decided_at = $2, told_at = $2 WHERE id = $1 \
                AND (state = 'open' OR (state = 'approved' AND effective_at > $2))";
    WAITING_FOR = "SELECT id FROM reviews WHERE account_id = $1 AND state = 'approved' AND effective_at > $2";
    TOUCHES = "SELECT COUNT(*) FROM reviews WHERE account_id = $1 \
               AND (state = 'open' OR (state = 'approved' AND effective_at > $2))";
    STOP = "UPDATE reviews SET state = 'rejected', reason = $2, decided_at = $3, effective_at = $3 \
            WHERE id = $1 AND state = 'approved' AND effective_at > $3";
}

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// With the reviewers.
    Open,
    /// Given back with a question.
    Returned,
    /// Approved, in effect from a moment on.
    Approved,
    /// Rejected, or stopped before it came into effect.
    Rejected,
    /// Taken back by the person.
    Withdrawn,
}

impl State {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Returned, Self::Approved, Self::Rejected, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A review as stored; `content` and `reason` are sealed.
#[derive(Clone, Debug)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The case's number.
    pub case: CaseNumber,
    /// Whose journey waits for it.
    pub journey: JourneyId,
    /// Where it stands.
    pub state: State,
    /// Sealed.
    pub content: String,
    /// The existing account that it touches.
    pub account: Option<AccountId>,
    /// Which reviewer has it.
    pub claimed_by: Option<AccountId>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// The level that it came to.
    pub level: Option<IdentityLevel>,
    /// Sealed.
    pub reason: Option<String>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// From when a decision counts.
    pub effective_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    case_number: String,
    journey_id: String,
    state: String,
    content: String,
    account_id: Option<String>,
    claimed_by: Option<String>,
    claimed_at: Option<i64>,
    level: Option<i64>,
    reason: Option<String>,
    submitted_at: i64,
    effective_at: Option<i64>,
}

impl Row {
    fn into_review(self) -> Stored<Review> {
        let corrupt = |column| StorageError::Corrupt { table: "reviews", key: self.id.clone(), column };
        Ok(Review {
            case: CaseNumber::parse(&self.case_number).map_err(|_| corrupt("case_number"))?,
            state: State::parse(&self.state).ok_or_else(|| corrupt("state"))?,
            level: self.level.and_then(IdentityLevel::from_number),
            journey: JourneyId(self.journey_id),
            content: self.content,
            account: self.account_id.map(AccountId),
            claimed_by: self.claimed_by.map(AccountId),
            claimed_at: self.claimed_at.map(Timestamp),
            reason: self.reason,
            submitted_at: Timestamp(self.submitted_at),
            effective_at: self.effective_at.map(Timestamp),
            id: ReviewId(self.id),
        })
    }
}

/// Stores a review; `false` if one of this journey is open already.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, review: &Review) -> Stored<bool> {
    let rows = execute!(
        tx,
        INSERT,
        review.id.as_str(),
        review.case.as_str(),
        review.journey.as_str(),
        review.content.as_str(),
        review.account.as_ref().map(AccountId::as_str),
        review.submitted_at.0,
    )?;
    Ok(rows == 1)
}

/// The review with this id.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, id: &ReviewId) -> Stored<Option<Review>> {
    fetch_optional!(conn, Row, FIND, id.as_str())?.map(Row::into_review).transpose()
}

/// The newest review of a case.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_case(conn: &mut Conn, case: &CaseNumber) -> Stored<Option<Review>> {
    fetch_optional!(conn, Row, OF_CASE, case.as_str())?.map(Row::into_review).transpose()
}

/// The open ones, oldest first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn open(conn: &mut Conn, at_most: i64) -> Stored<Vec<Review>> {
    fetch_all!(conn, Row, OPEN, at_most)?.into_iter().map(Row::into_review).collect()
}

/// Decided, in effect, and the person hasn't been told.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn untold(conn: &mut Conn, now: Timestamp) -> Stored<Vec<Review>> {
    fetch_all!(conn, Row, UNTOLD, now.0)?.into_iter().map(Row::into_review).collect()
}

/// Notes that the person is being told; `false` if another node was faster.
///
/// # Errors
/// The store's own.
pub async fn told(tx: &mut Tx, id: &ReviewId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, TOLD, id.as_str(), now.0)? == 1)
}

/// Takes a review; `false` while another reviewer has it who took it after `stale`.
///
/// # Errors
/// The store's own.
pub async fn claim(
    tx: &mut Tx,
    id: &ReviewId,
    reviewer: &AccountId,
    (now, stale): (Timestamp, Timestamp),
) -> Stored<bool> {
    Ok(execute!(tx, CLAIM, id.as_str(), reviewer.as_str(), now.0, stale.0)? == 1)
}

/// Gives a review back to the list, for the second reviewer.
///
/// # Errors
/// The store's own.
pub async fn release(tx: &mut Tx, id: &ReviewId, reviewer: &AccountId) -> Stored<()> {
    execute!(tx, RELEASE, id.as_str(), reviewer.as_str()).map(drop)
}

/// Notes a reviewer's approval; `None` if there is one of this reviewer already, else how many there are, and the
/// lowest level among them.
///
/// # Errors
/// The store's own.
pub async fn approval(
    tx: &mut Tx,
    id: &ReviewId,
    (reviewer, level, evidence): (&AccountId, IdentityLevel, &str),
    now: Timestamp,
) -> Stored<Option<(i64, IdentityLevel)>> {
    if execute!(tx, APPROVAL, id.as_str(), reviewer.as_str(), level as i64, evidence, now.0)? == 0 {
        return Ok(None);
    }
    let counted = fetch_optional!(tx, (i64, i64), APPROVALS, id.as_str())?;
    Ok(counted.and_then(|(count, lowest)| Some((count, IdentityLevel::from_number(lowest)?))))
}

/// Who has approved it, in order.
///
/// # Errors
/// The store's own.
pub async fn approved_by(conn: &mut Conn, id: &ReviewId) -> Stored<Vec<AccountId>> {
    let rows = fetch_all!(conn, (String,), APPROVED_BY, id.as_str())?;
    Ok(rows.into_iter().map(|(id,)| AccountId(id)).collect())
}

/// A decision about to be written.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The new state.
    pub state: State,
    /// For an approval.
    pub level: Option<IdentityLevel>,
    /// Sealed.
    pub reason: Option<String>,
    /// From when it counts.
    pub effective_at: Timestamp,
}

/// Decides a review that this reviewer has; `false` if it isn't open, or another's.
///
/// # Errors
/// The store's own.
pub async fn decide(
    tx: &mut Tx,
    id: &ReviewId,
    reviewer: &AccountId,
    decision: &Decision,
    now: Timestamp,
) -> Stored<bool> {
    let rows = execute!(
        tx,
        DECIDE,
        id.as_str(),
        reviewer.as_str(),
        decision.state.as_str(),
        decision.level.map(|level| level as i64),
        decision.reason.as_deref(),
        now.0,
        decision.effective_at.0,
    )?;
    Ok(rows == 1)
}

/// Takes a review back; nothing happens if it is decided, and in effect.
///
/// # Errors
/// The store's own.
pub async fn withdraw(tx: &mut Tx, id: &ReviewId, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, WITHDRAW, id.as_str(), now.0)? == 1)
}

/// The approvals about an account that aren't in effect yet.
///
/// # Errors
/// The store's own.
pub async fn waiting_for(conn: &mut Conn, account: &AccountId, now: Timestamp) -> Stored<Vec<ReviewId>> {
    let rows = fetch_all!(conn, (String,), WAITING_FOR, account.as_str(), now.0)?;
    Ok(rows.into_iter().map(|(id,)| ReviewId(id)).collect())
}

/// Stops an approval that isn't in effect yet; `false` if it is, or there is none.
///
/// # Errors
/// The store's own.
pub async fn stop(tx: &mut Tx, id: &ReviewId, reason: &str, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, STOP, id.as_str(), reason, now.0)? == 1)
}

/// Whether something that touches an account is being decided, or is decided and not in effect yet.
///
/// # Errors
/// The store's own.
pub async fn touches(conn: &mut Conn, account: &AccountId, now: Timestamp) -> Stored<bool> {
    let row = fetch_optional!(conn, (i64,), TOUCHES, account.as_str(), now.0)?;
    Ok(row.is_some_and(|(open,)| open > 0))
}
