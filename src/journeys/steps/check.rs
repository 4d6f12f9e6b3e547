//! The automatic check against the authoritative source, and what follows when it isn't passed.
//!
//! To the outside a mismatch, an unknown number, a dead person's, a duplicate one and a match that contradicts the old
//! row all look the same: the page must not become an oracle for other people's data.

use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::existing::look_up;
use super::{step_path, stop, stop_with_retry};
use crate::domain::person::PersonName;
use crate::ids::VerificationId;
use crate::journeys::answers::{Answers, Check, Failure, Identity};
use crate::journeys::engine::{Cx, Effect, StepError, Taken, save};
use crate::journeys::step::{Phase, Step};
use crate::pages::Rendered;
use crate::protocol::params::Params;
use crate::storage::StorageError;
use crate::storage::limits::{self, Limit};

const PER_LEGACY_ACCOUNT: Limit = Limit::new(6, 24 * 60 * 60);
const PER_DOCUMENT: Limit = Limit::new(6, 24 * 60 * 60);
const PER_ADDRESS: Limit = Limit::new(30, 24 * 60 * 60);

/// Wait for the check.
#[derive(Debug)]
pub(crate) struct AwaitCheck;

/// Asks the source about the entered identity and saves what it came to.
pub(super) async fn run(cx: &Cx<'_>) -> Result<(), StepError> {
    let Some(identity) = cx.answers.identity.clone() else { return Ok(()) };
    let request = VerificationId::mint(cx.visit.now, &cx.app.random);
    let (check, outcome) = if count(cx, &identity).await? {
        ask(cx, &identity, &request).await
    } else {
        (Check::Limited { identity: identity.clone() }, "limited")
    };
    let existing = match &check {
        Check::Passed { .. } => look_up(cx, &identity.document).await?,
        _ => None,
    };
    let audit = Effect::Audit(
        "journey.check",
        json!({ "request": request, "outcome": outcome, "source": cx.app.source.id(), "existing": existing.is_some() }),
    );
    let answers = Answers { check: Some(check), existing, ..cx.answers.clone() };
    save(cx, answers, vec![audit]).await?;
    Ok(())
}

async fn ask(cx: &Cx<'_>, identity: &Identity, request: &VerificationId) -> (Check, &'static str) {
    let (name, document) = (&identity.name, &identity.document);
    match cx.app.source.check(request.as_str(), name, document).await {
        Ok(Ok(_)) if contradicts(cx.answers, identity, cx.today) => {
            (Check::Failed { identity: identity.clone(), why: Failure::Contradiction }, "contradiction")
        }
        Ok(Ok(proof)) => (Check::Passed { proof }, "match"),
        Ok(Err(result)) => {
            (Check::Failed { identity: identity.clone(), why: Failure::Source(result) }, result.as_str())
        }
        Err(error) => {
            tracing::warn!(source = cx.app.source.id(), request = %request, %error, "the source gave no answer");
            (Check::Unavailable { identity: identity.clone() }, "unavailable")
        }
    }
}

/// Whether the old row names somebody else. What it doesn't say, or says in no readable form, contradicts nothing.
fn contradicts(answers: &Answers, identity: &Identity, today: Date) -> bool {
    let old_name = answers.proof().and_then(|proof| PersonName::parse(&proof.profile().name).ok());
    let other_name = old_name.is_some_and(|name| name.fold() != identity.name.fold());
    let other_document = answers
        .old_document(today)
        .is_some_and(|old| old.kind() == identity.document.kind() && old.number() != identity.document.number());
    other_name || other_document
}

async fn count(cx: &Cx<'_>, identity: &Identity) -> Result<bool, StorageError> {
    let Some(proof) = cx.answers.proof() else { return Ok(false) };
    let document = cx.app.keys.index("document", identity.document.number());
    let address = Limit { max: PER_ADDRESS.max * cx.visit.asker.factor, ..PER_ADDRESS };
    let subjects = [
        (format!("check legacy {} {}", proof.system(), proof.subject()), PER_LEGACY_ACCOUNT),
        (format!("check document {document}"), PER_DOCUMENT),
        (format!("check address {}", cx.visit.asker.address), address),
    ];
    let now = cx.visit.now;
    cx.app
        .db
        .write(move |tx| {
            Box::pin(async move {
                for (subject, limit) in &subjects {
                    if !limits::hit(tx, subject, *limit, now).await? {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        })
        .await
}

impl Step for AwaitCheck {
    fn name(&self) -> &'static str {
        "check"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the old system does not vouch"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.vouched_identity(today).is_none()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        answers.proven_identity(today).is_some()
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let correct = [("correct", step_path(cx, "identity"))];
        let identity = cx.answers.identity.as_ref();
        let check = cx.answers.check.as_ref().filter(|c| identity.is_some_and(|i| c.is_for(i)));
        let rendered = match check {
            Some(Check::Failed { .. }) => stop(cx, self, "mismatch", 200, &correct),
            Some(Check::Limited { .. }) => stop(cx, self, "check-limited", 200, &correct),
            Some(Check::Unavailable { .. }) => stop_with_retry(cx, self, "source-down", 200, &correct),
            // Interrupted between entering and asking: asking again is one button.
            Some(Check::Passed { .. }) | None => stop_with_retry(cx, self, "check-again", 200, &correct),
        };
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, _: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async move {
            // A failed check isn't repeated with the same data: that leads back to the form.
            let failed = matches!(&cx.answers.check, Some(Check::Failed { .. } | Check::Passed { .. }));
            if !failed {
                run(cx).await?;
            }
            Ok(Taken::Moved)
        })
    }
}
