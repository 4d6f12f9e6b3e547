//! The end of a migration: every step is evaluated once more, and what the plan holds is written in one transaction, or
//! nothing is.

use serde_json::json;

use super::answers::{Answers, ChildAnswers, Existing, UnitAnswers};
use super::engine::{Cx, StepError, current};
use super::plan::Plan;
use super::representative;
use super::steps::unit;
use super::writes::{Effect, Writes, save};
use crate::app::App;
use crate::domain::session::Method;
use crate::ids::{AccountId, JourneyId, SessionId};
use crate::pages::Visit;
use crate::secret::Secret;
use crate::sign_in::session::NewSession;
use crate::storage::StorageError;
use crate::storage::accounts::{self, Taken};

/// What a finished journey hands to the browser.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The session's cookie, and whose it is: this browser is known to that account from now on. None where a unit's
    /// representative has confirmed on another device.
    pub session: Option<(String, AccountId)>,
    /// The last page.
    pub to: String,
}

/// What stood in the way at the last moment.
pub(super) enum Obstacle {
    Taken(Taken),
    LegacyAccountLinked,
    AccountGone,
    /// The word that names a unit's representative is older than what is known since.
    Outdated,
    /// The child's guardian isn't signed in any more, or was stopped.
    GuardianGone,
    Moved,
    Storage(StorageError),
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// The session that a finished journey gives to its own browser. Derived, so that a repeated submit, whose first
/// answer the browser has dropped, gets the same one again.
pub(super) fn session(
    app: &App,
    visit: &Visit,
    journey: &JourneyId,
    account: &AccountId,
    methods: Vec<Method>,
) -> NewSession {
    let secret = app.keys.hash("journey session", &format!("{journey}\n{}", visit.browser));
    let id = SessionId(journey.0.clone());
    NewSession::with_secret(account, &methods, visit.place(), visit.now, id, Secret::new(secret))
}

/// Finishes; `None` if the journey has to go back to a step, or was finished by another request.
pub(super) async fn finish(
    cx: &Cx<'_>,
    answers: &Answers,
    effects: Vec<Effect>,
) -> Result<Option<Finished>, StepError> {
    if current(answers, cx.today).is_some() {
        return Ok(None);
    }
    let Some(plan) = Plan::new(cx, answers).await? else { return Ok(None) };
    let session = plan.session.as_ref().map(|new| (new.cookie(), new.session.account.clone()));
    let writes = Writes::new(cx, effects);
    let done = cx.app.db.write(move |tx| Box::pin(async move { plan.write(tx, &writes).await })).await;
    cx.app.outbox.notify_one();
    if answers.is_units() {
        // A former representative may still be in this node's caches.
        cx.app.caches.catch_up().await?;
    }
    match done {
        Ok(()) => Ok(Some(Finished { session, to: format!("/journey/{}/done", cx.id) })),
        Err(Obstacle::Moved) => Ok(None),
        Err(Obstacle::Storage(error)) => Err(error.into()),
        Err(obstacle) => {
            go_back(cx, answers, &obstacle).await?;
            Ok(None)
        }
    }
}

/// Takes back the answer that somebody else was faster with; its step tells so.
async fn go_back(cx: &Cx<'_>, answers: &Answers, obstacle: &Obstacle) -> Result<(), StepError> {
    let mut answers = answers.clone();
    match obstacle {
        Obstacle::Taken(Taken::UserName) => answers.user_name = None,
        Obstacle::Taken(Taken::Phone) => {
            answers.phone = None;
            answers.phone_proof = None;
        }
        Obstacle::Taken(Taken::Document) => {
            if let Some(identity) = answers.proven_identity(cx.today) {
                let mut conn = cx.app.db.read().await?;
                let owner = accounts::find_by_document(&mut conn, &cx.app.keys, &identity.document).await?;
                answers.existing = owner.map(|account| Existing { document: identity.document, account: account.id });
            }
        }
        Obstacle::Taken(Taken::CreditCode) => {
            if let Some(unit) = answers.proven_unit(cx.today) {
                answers.unit.existing = unit::existing::look_up(cx.app, unit).await?;
            }
        }
        // The sign-in step finds the link and tells whose it is.
        Obstacle::LegacyAccountLinked => answers.upstream = None,
        Obstacle::AccountGone => {
            answers.control = None;
            answers.control_review = None;
            answers.unit.control = None;
            answers.child = answers.child.map(|child| Box::new(ChildAnswers { control: None, ..*child }));
            // A representative whose account was stopped meanwhile has to prove themselves again.
            if representative::account(cx.app, &answers).await?.is_none() {
                answers.unit.representative = None;
            }
        }
        // The registry is asked again, or the reviewers.
        Obstacle::Outdated => {
            answers.unit =
                Box::new(UnitAnswers { check: None, existing: None, control: None, review: None, ..*answers.unit });
            answers.control_review = None;
        }
        // The first step asks for the guardian again.
        Obstacle::GuardianGone | Obstacle::Moved | Obstacle::Storage(_) => {}
    }
    save(cx, answers, vec![Effect::Audit("journey.conflict", json!({}))]).await?;
    Ok(())
}
