//! The automatic check against the registry of organisations: name, code, and that this person represents the unit.
//!
//! That a unit is revoked, dissolved or moved is public and is told; which of name, code and representative differs isn't.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::existing::look_up;
use crate::app::App;
use crate::domain::unit::{CreditCode, UnitName};
use crate::ids::VerificationId;
use crate::journeys::answers::{About, Answers, Claim, Review, UnitAnswers, UnitCheck, UnitFailure};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::budget::{self, Budget, Counted, DAY};
use crate::journeys::steps::check::CheckPage;
use crate::journeys::steps::{Refresh, nav, step_path};
use crate::journeys::writes::{Effect, save};
use crate::pages::{Form, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::storage::limits::Limit;
use crate::verify::UnitCheckResult;

/// Tries of one legacy account, free and in all.
const PER_ROW: [Limit; 2] = [Limit::new(3, DAY), Limit::new(8, DAY)];
/// Tries for one code.
const PER_CODE: [Limit; 2] = [Limit::new(4, DAY), Limit::new(12, DAY)];
/// Tries of one person to be somebody's representative.
const PER_PERSON: [Limit; 2] = [Limit::new(6, DAY), Limit::new(20, DAY)];
/// When the registry is asked again in the background.
const RETRY: Duration = Duration::from_secs(30);
/// How often the page that waits for the registry is loaded again, in seconds.
const REFRESH: u32 = 20;

/// Wait for the registry.
#[derive(Debug)]
pub(crate) struct AwaitUnitCheck;

/// Asks the registry about the present claim and saves what it came to.
async fn run(cx: &Cx<'_>, after_captcha: bool) -> Result<(), StepError> {
    let Some(claim) = cx.answers.claim() else { return Ok(()) };
    let request = VerificationId::mint(cx.visit.now, &cx.app.random);
    let (check, outcome) = match budget::count(cx, budgets(cx, &claim), after_captcha).await? {
        Budget::Captcha => (UnitCheck::Captcha { claim: claim.clone() }, "captcha"),
        Budget::Spent => (UnitCheck::Limited { claim: claim.clone() }, "limited"),
        Budget::Free => ask(cx.app, cx.answers, &claim, &request).await,
    };
    let existing = match &check {
        UnitCheck::Passed { .. } => look_up(cx.app, &claim.unit).await?,
        _ => None,
    };
    let detail = json!({ "request": request, "outcome": outcome, "source": cx.app.registry.id(), "credit_code": claim.unit.credit_code,
                         "existing": existing.is_some() });
    let unavailable = matches!(check, UnitCheck::Unavailable { .. });
    let effects = vec![
        Effect::Audit("journey.unit_check", detail),
        Effect::Schedule(unavailable.then(|| cx.visit.now.plus(RETRY))),
    ];
    let unit = UnitAnswers { check: Some(check), existing, ..(*cx.answers.unit).clone() };
    save(cx, Answers { unit: Box::new(unit), ..cx.answers.clone() }, effects).await?;
    if unavailable {
        budget::refund(cx, budgets(cx, &claim)).await?;
    }
    Ok(())
}

/// What the registry says, with the word for the audit log.
pub(in crate::journeys) async fn ask(
    app: &App,
    answers: &Answers,
    claim: &Claim,
    request: &VerificationId,
) -> (UnitCheck, &'static str) {
    let failed = |why: UnitFailure| (UnitCheck::Failed { claim: claim.clone(), why }, why.as_str());
    let (unit, person) = (&claim.unit, &claim.representative);
    if !unit.credit_code.has_right_check() {
        return failed(UnitFailure::CheckCharacter);
    }
    let asked = ((&unit.name, &unit.credit_code), (&person.name, &person.document));
    match app.registry.check(request.as_str(), asked.0, asked.1).await {
        Ok(Ok(_)) if contradicts(answers, claim) => failed(UnitFailure::Contradiction),
        Ok(Ok(proof)) => (UnitCheck::Passed { proof }, "match"),
        Ok(Err(result)) => failed(UnitFailure::Registry(result)),
        Err(error) => {
            tracing::warn!(source = app.registry.id(), request = %request, %error, "the registry gave no answer");
            (UnitCheck::Unavailable { claim: claim.clone() }, "unavailable")
        }
    }
}

/// Whether the old row is another unit's: another code, or, where it has no readable one, another name. A new
/// representative is ordinary and no contradiction; so is a new name under the same code.
fn contradicts(answers: &Answers, claim: &Claim) -> bool {
    let Some(old) = answers.proof().and_then(|proof| proof.profile().unit.as_ref()) else { return false };
    match CreditCode::parse(&old.credit_code) {
        Ok(code) => code != claim.unit.credit_code,
        Err(_) => UnitName::parse(&old.name).is_ok_and(|name| name.fold() != claim.unit.name.fold()),
    }
}

fn budgets(cx: &Cx<'_>, claim: &Claim) -> Vec<Counted> {
    let row = cx.answers.proof().map(|proof| format!("{} {}", proof.system(), proof.subject())).unwrap_or_default();
    let old = cx.answers.proof().and_then(|proof| proof.profile().unit.as_ref());
    let own = old.and_then(|old| CreditCode::parse(&old.credit_code).ok()).as_ref() == Some(&claim.unit.credit_code);
    // Whose old row names this very code asks about no other unit: a stranger's tries don't use up theirs.
    let code = if own { format!("{} row {row}", claim.unit.credit_code) } else { claim.unit.credit_code.to_string() };
    let person = cx.answers.representative().map(|proof| proof.account().0.clone()).unwrap_or_default();
    vec![
        (format!("check unit row {row}"), PER_ROW),
        (format!("check unit code {code}"), PER_CODE),
        (format!("check unit person {person}"), PER_PERSON),
        budget::of_address(cx),
    ]
}

impl AwaitUnitCheck {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let check = cx.answers.present_unit_check();
        let key = match check {
            Some(UnitCheck::Failed { why, .. }) => match why {
                UnitFailure::Registry(UnitCheckResult::Revoked) => "registry-revoked",
                UnitFailure::Registry(UnitCheckResult::Dissolved) => "registry-dissolved",
                UnitFailure::Registry(UnitCheckResult::Moved) => "registry-moved",
                UnitFailure::CheckCharacter => "unit-check-character",
                UnitFailure::Registry(_) | UnitFailure::Contradiction => "unit-mismatch",
            },
            Some(UnitCheck::Captcha { .. }) => "check-captcha",
            Some(UnitCheck::Limited { .. }) => "check-limited",
            Some(UnitCheck::Unavailable { .. }) if cx.case.is_some() && cx.answers.tell_me => "source-waiting",
            Some(UnitCheck::Unavailable { .. }) => "unit-source-down",
            // Interrupted between entering and asking: asking again is one button.
            Some(UnitCheck::Passed { .. }) | None => "check-again",
        };
        let unavailable = matches!(check, Some(UnitCheck::Unavailable { .. }));
        let page = cx.page(&format!("{key}-title"));
        let refresh = Refresh::of(cx, unavailable.then_some(REFRESH));
        let number = cx.case.map(ToString::to_string).unwrap_or_default();
        let asks = matches!(check, Some(UnitCheck::Captcha { .. }));
        let template = CheckPage {
            text: page.tv(&format!("{key}-text"), number),
            page,
            nav: nav(cx, self),
            correct: step_path(cx, "unit"),
            captcha: if asks { Some(captcha(cx.app, cx.visit, &form)?) } else { None },
            retry: unavailable || key == "check-again",
            tell: unavailable && !cx.answers.tell_me && cx.answers.contact().is_some(),
            review: key != "check-again",
            form,
            refresh,
        };
        Ok(Rendered::new(status, &template).refreshing(refresh.seconds()))
    }

    async fn act(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let (Some(unit), Some(representative)) = (&cx.answers.unit.entered, cx.answers.representative()) else {
            return Ok(Taken::Moved);
        };
        match (params.text("action"), cx.answers.present_unit_check()) {
            ("review", _) => {
                let about = About::Unit { unit: unit.clone(), representative: representative.account().clone() };
                let audit = Effect::Audit("journey.review_wanted", json!({ "about": "unit" }));
                let answers = cx.answers.clone().with_review(Review::wanted(about, cx.answers));
                Ok(Taken::Next(Box::new(answers), vec![audit, Effect::Schedule(None)]))
            }
            ("tell", Some(UnitCheck::Unavailable { .. })) => {
                let answers = Answers { tell_me: true, ..cx.answers.clone() };
                Ok(Taken::Next(Box::new(answers), vec![Effect::Case(cx.case_number())]))
            }
            (_, Some(UnitCheck::Captcha { .. })) => {
                let mut form = Form::typed(params);
                if params.get("captcha_kind").is_some() {
                    return Ok(Taken::Show(self.page(cx, form, 200)?));
                }
                if !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
                    return Ok(Taken::Show(self.page(cx, form, 422)?));
                }
                run(cx, true).await?;
                Ok(Taken::Moved)
            }
            // A failed check isn't repeated with the same data: that leads back to the form.
            (_, Some(UnitCheck::Failed { .. } | UnitCheck::Passed { .. } | UnitCheck::Limited { .. })) => {
                Ok(Taken::Moved)
            }
            (_, Some(UnitCheck::Unavailable { .. }) | None) => {
                run(cx, false).await?;
                Ok(Taken::Moved)
            }
        }
    }
}

impl Step for AwaitUnitCheck {
    fn name(&self) -> &'static str {
        "unit-check"
    }

    fn phase(&self) -> Phase {
        Phase::Unit
    }

    /// Passed; or handed to a reviewer.
    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        let review = answers.open_review(today);
        answers.proven_unit(today).is_some() || review.is_some_and(|r| matches!(r.about(), About::Unit { .. }))
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn arrive<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<bool, StepError>> {
        Box::pin(async move {
            let asks = cx.answers.present_unit_check().is_none();
            if asks {
                run(cx, false).await?;
            }
            Ok(asks)
        })
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let rendered = self.page(cx, Form::default(), 200);
        Box::pin(async move { rendered })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.act(cx, form))
    }
}
