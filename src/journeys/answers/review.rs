//! A person's wish that a reviewer decides (人工审核), and how far it has come.

use serde::{Deserialize, Serialize};
use time::Date;

use super::Answers;
use crate::domain::guardianship::Relation;
use crate::domain::identity::Identity;
use crate::domain::unit::Unit;
use crate::ids::{AccountId, ReviewId, SystemId, UpstreamSubject};
use crate::review::ReviewPassed;

/// Bound to what it is about and to the legacy account: for other answers it is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    about: About,
    legacy: Option<(SystemId, UpstreamSubject)>,
    /// How far it has come.
    pub stage: Stage,
}

/// What a reviewer is to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// That the person is who they say, and that the legacy account is theirs.
    Identity(Identity),
    /// That the person is who they say, and is to get another phone on file of the account that the document belongs to.
    Lost(Identity),
    /// That this account, which exists already, is the person's own, or the unit's that the person represents.
    Control(AccountId),
    /// That the unit is what it says, this person its representative, and the legacy account the unit's.
    Unit {
        /// The unit.
        unit: Unit,
        /// Who represents it.
        representative: AccountId,
    },
    /// That the child is who its guardian says, that this is its guardian, and that the legacy account is the child's.
    Child {
        /// The child.
        identity: Identity,
        /// The guardian.
        guardian: AccountId,
        /// What the guardian is to the child.
        relation: Relation,
    },
}

/// How far a review has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Evidence is being collected.
    Wanted,
    /// It is with the reviewers.
    Submitted {
        /// Which one.
        review: ReviewId,
    },
    /// A reviewer asks for a correction: evidence is being collected again.
    Returned {
        /// What is asked for.
        reason: String,
    },
    /// Rejected.
    Rejected {
        /// Why.
        reason: String,
    },
    /// Approved, and in effect.
    Approved {
        /// The proof.
        proof: ReviewPassed,
        /// Whether the person has been shown it.
        seen: bool,
    },
}

impl Review {
    /// A new wish about these answers.
    pub(in crate::journeys) fn wanted(about: About, answers: &Answers) -> Self {
        Self { about, legacy: legacy(answers), stage: Stage::Wanted }
    }

    /// The same review at another stage.
    #[must_use]
    pub(in crate::journeys) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// What it is about.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Whether evidence is being collected, for the first time or again.
    pub fn is_collecting(&self) -> bool {
        matches!(self.stage, Stage::Wanted | Stage::Returned { .. })
    }

    /// Whether it is about these answers.
    pub(super) fn is_for(&self, answers: &Answers, today: Date) -> bool {
        let same = match &self.about {
            About::Identity(identity) => answers.identity.as_ref().is_some_and(|i| i.is_same_person(identity)),
            About::Lost(identity) => {
                answers.is_recovery() && answers.identity.as_ref().is_some_and(|i| i.is_same_person(identity))
            }
            About::Control(account) => answers.existing_account(today) == Some(account),
            About::Unit { unit, representative } => {
                answers.unit.entered.as_ref().is_some_and(|entered| entered.is_same_unit(unit))
                    && answers.representative().is_some_and(|proof| proof.account() == representative)
            }
            About::Child { identity, guardian, relation } => {
                answers.identity.as_ref().is_some_and(|i| i.is_same_person(identity))
                    && answers
                        .child
                        .as_ref()
                        .is_some_and(|child| child.guardian.account == *guardian && child.relation == Some(*relation))
            }
        };
        same && self.legacy == legacy(answers)
    }

    /// The proof, if it was approved.
    pub fn proof(&self) -> Option<&ReviewPassed> {
        match &self.stage {
            Stage::Approved { proof, .. } => Some(proof),
            _ => None,
        }
    }
}

fn legacy(answers: &Answers) -> Option<(SystemId, UpstreamSubject)> {
    answers.proof().map(|proof| (proof.system().clone(), proof.subject().clone()))
}
