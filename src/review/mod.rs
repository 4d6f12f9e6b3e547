//! Manual review (人工审核): evidence, the reviewers' desk, and what becomes of a case.
//!
//! A person's journey submits; reviewers decide; the journey looks the decision up when the person comes back. Nobody
//! writes into another's row: the review's row is the truth, and a proof of approval is made out of it, here alone.

pub mod desk;
pub mod evidence;
mod grounds;
pub mod news;
mod owner;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::case_number::CaseNumber;
use crate::domain::guardianship::Relation;
use crate::domain::identity::Identity;
use crate::domain::unit::Unit;
use crate::ids::{AccountId, JourneyId, ReviewId, SystemId};
use crate::notify::codes::Recipient;
use crate::protocol::acr::IdentityLevel;
use crate::storage::reviews::{self, State};
use crate::storage::{Conn, StorageError, Stored, Tx, evidence as pictures};
use crate::upstream::UpstreamProfile;

/// What touches an existing account waits for so long, in which its owner can object.
pub const OBJECTION: Duration = Duration::from_secs(72 * 60 * 60);
/// Evidence of an undecided case is kept for so long.
const UNDECIDED: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// What a reviewer is to decide, and on what grounds. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Who the person says to be; in a unit's case the verified identity of its representative, in a child's the child.
    pub identity: Identity,
    /// What the unit says to be.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// Who says to be the child's guardian.
    #[serde(default)]
    pub guardian: Option<Guardian>,
    /// What the owner of an account has lost, who is to get another phone on file: the contact.
    #[serde(default)]
    pub lost: Option<Lost>,
    /// What the automatic check came to, or that control of an existing account is asked for.
    pub outcome: String,
    /// The old account: system, account, what its row says.
    pub legacy: Option<Legacy>,
    /// Where the person was proven to be reachable.
    pub contact: Recipient,
}

/// Who says to be a child's guardian: an own account, verified, and freshly signed in when the case began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// The account.
    pub account: AccountId,
    /// Its verified identity.
    pub identity: Identity,
    /// What the guardian says to be to the child.
    pub relation: Relation,
}

/// What somebody has lost besides the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Passkeys, authenticator apps, recovery codes.
    pub factors: bool,
}

impl Content {
    /// Whose case it is.
    pub fn whose(&self) -> evidence::Whose {
        match (&self.unit, &self.guardian) {
            (Some(_), _) => evidence::Whose::Unit,
            (None, Some(_)) => evidence::Whose::Child,
            (None, None) => evidence::Whose::Person,
        }
    }
}

/// The old account in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legacy {
    /// The legacy system.
    pub system: SystemId,
    /// The account there.
    pub account: String,
    /// What its row says.
    pub profile: UpstreamProfile,
}

/// A reviewer's approval, in effect. Only [`standing`] makes one, out of the review's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewPassed {
    review: ReviewId,
    level: IdentityLevel,
    at: Timestamp,
}

impl ReviewPassed {
    /// Which review.
    pub fn review(&self) -> &ReviewId {
        &self.review
    }

    /// The level, by the evidence.
    pub fn level(&self) -> IdentityLevel {
        self.level
    }

    /// When it came into effect.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// Where a review stands, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// With the reviewers.
    Waiting,
    /// Approved, and in effect at this moment if nobody objects.
    ApprovedFrom(Timestamp),
    /// Approved, and in effect.
    Approved(ReviewPassed),
    /// Given back: what is asked for.
    Returned(String),
    /// Rejected: why.
    Rejected(String),
    /// Taken back.
    Withdrawn,
}

/// A case about to be submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The review's id.
    pub id: ReviewId,
    /// The case.
    pub case: CaseNumber,
    /// The journey that waits for it.
    pub journey: JourneyId,
    /// What is to be decided.
    pub content: Content,
    /// The existing account that it touches.
    pub account: Option<AccountId>,
}

/// Submits a case; `false` if one of this journey is open already.
///
/// # Errors
/// The store's own.
pub async fn submit(tx: &mut Tx, keys: &Keyring, submission: &Submission, now: Timestamp) -> Stored<bool> {
    let Submission { id, case, journey, content, account } = submission;
    let review = reviews::Review {
        id: id.clone(),
        case: case.clone(),
        journey: journey.clone(),
        state: State::Open,
        content: keys.seal_json(Purpose::Review, id.as_str(), content)?,
        account: account.clone(),
        claimed_by: None,
        claimed_at: None,
        level: None,
        reason: None,
        submitted_at: now,
        effective_at: None,
    };
    if !reviews::insert(tx, &review).await? {
        return Ok(false);
    }
    pictures::keep_until(tx, journey, now.plus(UNDECIDED)).await?;
    Ok(true)
}

/// Where a review stands; `None` if there is no such review.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn standing(conn: &mut Conn, keys: &Keyring, id: &ReviewId, now: Timestamp) -> Stored<Option<Standing>> {
    let Some(review) = reviews::find(conn, id).await? else { return Ok(None) };
    Ok(Some(match (review.state, review.effective_at) {
        (State::Open, _) => Standing::Waiting,
        (State::Withdrawn, _) => Standing::Withdrawn,
        (State::Returned, _) => Standing::Returned(reason(keys, &review)?),
        (State::Rejected, _) => Standing::Rejected(reason(keys, &review)?),
        (State::Approved, Some(from)) if from > now => Standing::ApprovedFrom(from),
        (State::Approved, from) => {
            let level = review.level.ok_or_else(|| corrupt(&review, "level"))?;
            Standing::Approved(ReviewPassed { review: review.id, level, at: from.unwrap_or(now) })
        }
    }))
}

fn reason(keys: &Keyring, review: &reviews::Review) -> Stored<String> {
    match &review.reason {
        None => Ok(String::new()),
        Some(sealed) => {
            keys.open_json(Purpose::Review, review.id.as_str(), sealed).map_err(|_| corrupt(review, "reason"))
        }
    }
}

/// What a review is about.
fn content(keys: &Keyring, review: &reviews::Review) -> Stored<Content> {
    keys.open_json(Purpose::Review, review.id.as_str(), &review.content).map_err(|_| corrupt(review, "content"))
}

fn corrupt(review: &reviews::Review, column: &'static str) -> StorageError {
    StorageError::Corrupt { table: "reviews", key: review.id.0.clone(), column }
}
