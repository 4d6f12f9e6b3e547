//! Looks up what reviewers have decided meanwhile: the review's row is the truth, the journey follows it when the person
//! comes back. The same with what a unit's representative has answered.

use std::time::Duration;

use serde_json::json;

use super::answers::{About, Answers, Stage, UnitAnswers};
use super::engine::{Cx, StepError};
use super::representative;
use super::steps::existing::look_up;
use super::steps::unit;
use super::writes::{Effect, save};
use crate::review::{Standing, standing};

/// The registry's word on a unit is asked for again after so long: representatives change while a journey rests.
const REGISTRY_COUNTS_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Saves what is new. `true`: the journey has moved, by this request or by another that was faster, and what this one has
/// read is old.
pub(super) async fn settle(cx: &Cx<'_>) -> Result<bool, StepError> {
    if let Some(answers) = representative::settled(cx.app, cx.answers).await? {
        let confirmed = answers.representative().is_some();
        let audit = Effect::Audit("journey.representative_answered", json!({ "confirmed": confirmed }));
        save(cx, answers, vec![audit]).await?;
        return Ok(true);
    }
    if cx.answers.registry_proof().is_some_and(|proof| cx.visit.now.since(proof.at()) > REGISTRY_COUNTS_FOR) {
        let unit = UnitAnswers { check: None, existing: None, control: None, ..(*cx.answers.unit).clone() };
        let answers = Answers { unit: Box::new(unit), ..cx.answers.clone() };
        let audit = Effect::Audit("journey.unit_check_outdated", json!({}));
        save(cx, answers, vec![audit]).await?;
        return Ok(true);
    }
    let Some(review) = cx.answers.open_review(cx.today) else { return Ok(false) };
    let Stage::Submitted { review: id } = &review.stage else { return Ok(false) };
    let found = standing(&mut cx.app.db.read().await?, &cx.app.keys, id, cx.visit.now).await?;
    let stage = match found {
        Some(Standing::Waiting | Standing::ApprovedFrom(_)) => return Ok(false),
        Some(Standing::Approved(proof)) => Stage::Approved { proof, seen: false },
        Some(Standing::Returned(reason)) => Stage::Returned { reason },
        Some(Standing::Rejected(reason)) => Stage::Rejected { reason },
        Some(Standing::Withdrawn) | None => Stage::Wanted,
    };
    let mut answers = cx.answers.clone().with_review(review.clone().at(stage));
    // Approved stands in for a match: now it may be asked whose document this is already.
    if let (About::Identity(identity) | About::Child { identity, .. }, Some(_)) =
        (review.about(), answers.proven_identity(cx.today))
    {
        answers.existing = look_up(cx.app, &identity.document).await?;
    }
    if let (About::Unit { unit, .. }, Some(_)) = (review.about(), answers.approved_unit(cx.today)) {
        answers.unit.existing = unit::existing::look_up(cx.app, unit).await?;
    }
    let audit = Effect::Audit("journey.review_settled", json!({ "review": id }));
    save(cx, answers, vec![audit]).await?;
    Ok(true)
}
