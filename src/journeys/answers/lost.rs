//! What somebody says who can't reach the phone on file any more.

use serde::{Deserialize, Serialize};
use time::Date;

use super::{About, Answers, Goal, Review};
use crate::domain::account::AccountKind;
use crate::domain::identity::Identity;
use crate::review::ReviewPassed;

/// The part of the answers that only a recovery has. There from the journey's first moment: no other journey becomes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostAnswers {
    /// Whether the second factors that were set up are lost as well.
    pub factors: bool,
    /// The wish that a reviewer confirms who the person is.
    pub review: Option<Review>,
}

impl Answers {
    /// The first answers of a recovery: what is lost besides the phone.
    pub fn of_lost(factors: bool) -> Self {
        let lost = LostAnswers { factors, review: None };
        Self {
            goal: Goal::Recovery,
            kind: Some(AccountKind::Individual),
            lost: Some(Box::new(lost)),
            ..Self::default()
        }
    }

    /// Whether somebody has lost the phone: an account that exists is to get another one.
    pub fn is_recovery(&self) -> bool {
        self.lost.is_some()
    }

    /// The same answers, with the wish for a review of who the person is, unless there is one of this identity.
    #[must_use]
    pub(in crate::journeys) fn asking_for_recovery(self, identity: &Identity) -> Self {
        let of_same = |review: &Review| matches!(review.about(), About::Lost(of) if of.is_same_person(identity));
        match &self.lost {
            Some(lost) if !lost.review.as_ref().is_some_and(of_same) => {
                let review = Review::wanted(About::Lost(identity.clone()), &self);
                self.with_review(review)
            }
            _ => self,
        }
    }

    /// A reviewer's word that the person is who they say, and that the account is theirs.
    pub fn approved_recovery(&self, today: Date) -> Option<&ReviewPassed> {
        self.lost.as_ref()?.review.as_ref().filter(|review| review.is_for(self, today))?.proof()
    }

    /// The same answers with this review of a recovery, or none.
    #[must_use]
    pub(super) fn with_lost_review(self, review: Option<Review>) -> Self {
        let lost = self.lost.map(|lost| Box::new(LostAnswers { review, ..*lost }));
        Self { lost, ..self }
    }
}
