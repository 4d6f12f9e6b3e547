//! What is answered and proven of a child: its guardian, what the guardian is to it, what a reviewer says of that.

use serde::{Deserialize, Serialize};
use time::Date;

use super::{About, Answers, Check, Review};
use crate::clock::Timestamp;
use crate::domain::guardianship::Relation;
use crate::domain::identity::Identity;
use crate::ids::{AccountId, SystemId, UpstreamSubject};
use crate::notify::codes::Recipient;
use crate::review::ReviewPassed;

/// The part of a child's answers that others don't have. There from the journey's first moment: no journey becomes a
/// child's, and none stops being one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildAnswers {
    pub(in crate::journeys) guardian: Guardian,
    /// Whether the guardian is signed in here, now. Never stored: each visit shows it anew.
    #[serde(skip)]
    pub(in crate::journeys) present: bool,
    /// What the guardian says to be to the child.
    pub relation: Option<Relation>,
    /// The wish that a reviewer confirms who the child is, and that relation.
    pub review: Option<Review>,
    /// The word of the guardian on record that the old account is the child's.
    pub control: Option<ChildControl>,
}

/// An adult with a verified account of their own, freshly signed in, who says to be the child's guardian. That they are is
/// for a reviewer to say. Only [`guardian`](crate::journeys::guardian) makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    pub(in crate::journeys) account: AccountId,
    pub(in crate::journeys) identity: Identity,
    pub(in crate::journeys) contact: Recipient,
    pub(in crate::journeys) at: Timestamp,
}

impl Guardian {
    /// Whose account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// That a guardian on record binds this legacy account to this child's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildControl {
    account: AccountId,
    guardian: AccountId,
    legacy: (SystemId, UpstreamSubject),
}

impl ChildControl {
    /// The word of the present guardian about the accounts of these answers.
    pub(in crate::journeys) fn new(answers: &Answers, today: Date) -> Option<Self> {
        let proof = answers.proof()?;
        Some(Self {
            account: answers.existing_account(today)?.clone(),
            guardian: answers.guardian()?.account.clone(),
            legacy: (proof.system().clone(), proof.subject().clone()),
        })
    }
}

impl ChildAnswers {
    /// The first answers: who the guardian is, and nothing of the child.
    pub(in crate::journeys) fn of(guardian: Guardian) -> Self {
        Self { guardian, present: false, relation: None, review: None, control: None }
    }

    /// Nothing of the child is kept.
    pub(super) fn anew(&self) -> Self {
        Self { present: self.present, ..Self::of(self.guardian.clone()) }
    }
}

impl Answers {
    /// Whether this is a child's journey, which its guardian goes.
    pub fn is_childs(&self) -> bool {
        self.child.is_some()
    }

    /// The child's guardian, signed in here now.
    pub fn guardian(&self) -> Option<&Guardian> {
        self.child.as_ref().filter(|child| child.present).map(|child| &child.guardian)
    }

    /// What a reviewer is asked to confirm: who the person is; of a child also what the guardian is to it.
    pub(in crate::journeys) fn about(&self) -> Option<About> {
        let identity = self.identity.clone()?;
        let Some(child) = &self.child else { return Some(About::Identity(identity)) };
        Some(About::Child { identity, guardian: child.guardian.account.clone(), relation: child.relation? })
    }

    /// The review of who the child is now, and of its relation to the guardian, however far it has come.
    pub fn child_review(&self, today: Date) -> Option<&Review> {
        self.child.as_ref()?.review.as_ref().filter(|review| review.is_for(self, today))
    }

    /// A reviewer's word that the child is who the guardian says, and this its guardian.
    pub fn approved_child(&self, today: Date) -> Option<&ReviewPassed> {
        self.child_review(today)?.proof()
    }

    /// The same answers, with the wish for a review if the source has confirmed the child: no source knows relations.
    #[must_use]
    pub(in crate::journeys) fn asking_for_review(self, today: Date) -> Self {
        let passed = matches!(self.present_check(), Some(Check::Passed { .. }));
        match self.about() {
            Some(about @ About::Child { .. }) if passed && self.child_review(today).is_none() => {
                let review = Review::wanted(about, &self);
                self.with_review(review)
            }
            _ => self,
        }
    }

    /// The word of the guardian on record about the child's existing account.
    pub fn child_control(&self, today: Date) -> Option<&ChildControl> {
        let control = self.child.as_ref()?.control.as_ref()?;
        (ChildControl::new(self, today).as_ref() == Some(control)).then_some(control)
    }
}
