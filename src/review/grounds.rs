//! What an approval rests on, and what follows from it.

use super::desk::{Case, DeskError};
use super::evidence::{self, Kind};
use crate::clock::Timestamp;
use crate::domain::recovery::Change;
use crate::notify::codes::Recipient;
use crate::protocol::acr::IdentityLevel;
use crate::storage::reviews::Review;

/// How many reviewers have to approve.
pub(super) fn needed(review: &Review) -> i64 {
    if review.account.is_some() { 2 } else { 1 }
}

/// What an approval changes of the account of somebody who has lost the phone.
pub(super) fn regained(case: &Case, now: Timestamp) -> Result<Option<Change>, DeskError> {
    let Some(lost) = case.content.lost else { return Ok(None) };
    if case.review.account.is_none() {
        return Err(DeskError::Evidence("no account has this document: reject, and say how to register"));
    }
    match &case.content.contact {
        Recipient::Phone(phone) => {
            Ok(Some(Change::Phone { phone: phone.clone(), proven_at: now, factors_lost: lost.factors }))
        }
        Recipient::Email(_) => Err(DeskError::Evidence("a recovery needs a phone")),
    }
}

/// The level of the pictures that a reviewer names.
pub(super) fn level_of(case: &Case, slots: &[i64]) -> Result<IdentityLevel, DeskError> {
    let kind = |slot: &i64| {
        let piece = case.evidence.iter().find(|piece| piece.slot == *slot)?;
        Kind::parse(&piece.kind)
    };
    let kinds: Option<Vec<Kind>> = slots.iter().map(kind).collect();
    let kinds = kinds.ok_or(DeskError::Evidence("a picture that was named isn't there"))?;
    let level = evidence::level(&kinds, case.content.whose()).ok_or(DeskError::Evidence(
        "approval needs the document, the unit's licence, or what names a child's guardians",
    ))?;
    if case.review.account.is_some() && level < IdentityLevel::Present {
        return Err(DeskError::Evidence("touching an existing account needs the document and its holder's face"));
    }
    Ok(level)
}
