//! The automatic check against the authoritative source, and what follows when it isn't passed.
//!
//! To the outside a mismatch, an unknown number, a dead person's, a duplicate one and a match that contradicts the old
//! row all look the same: the page must not become an oracle for other people's data.

use std::time::Duration;

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::budget::{self, Budget, Counted, DAY};
use super::existing::look_up;
use super::{Nav, Refresh, nav, step_path};
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::person::PersonName;
use crate::ids::VerificationId;
use crate::journeys::answers::{About, Answers, Check, Failure, Identity, Review};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::{Effect, save};
use crate::pages::{Form, Page, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::storage::accounts::document_index;
use crate::storage::limits::Limit;

/// Tries of one legacy account or contact, free and in all.
const PER_PERSON: [Limit; 2] = [Limit::new(3, DAY), Limit::new(8, DAY)];
/// Tries of one guardian, for all of their children.
const PER_GUARDIAN: [Limit; 2] = [Limit::new(6, DAY), Limit::new(20, DAY)];
const PER_DOCUMENT: [Limit; 2] = [Limit::new(4, DAY), Limit::new(12, DAY)];
/// When the source is asked again in the background.
const RETRY: Duration = Duration::from_secs(30);
/// How often the page that waits for the source is loaded again, in seconds.
const REFRESH: u32 = 20;

#[derive(Template)]
#[template(path = "journey/check.html")]
pub(super) struct CheckPage {
    pub(super) page: Page,
    pub(super) nav: Nav,
    pub(super) form: Form,
    pub(super) text: String,
    pub(super) correct: String,
    pub(super) captcha: Option<View>,
    pub(super) retry: bool,
    pub(super) tell: bool,
    /// Whether a reviewer can be asked.
    pub(super) review: bool,
    pub(super) refresh: Refresh,
}

/// Wait for the check.
#[derive(Debug)]
pub(crate) struct AwaitCheck;

/// Asks the source about the entered identity and saves what it came to.
async fn run(cx: &Cx<'_>, after_captcha: bool) -> Result<(), StepError> {
    let Some(identity) = cx.answers.identity.clone() else { return Ok(()) };
    let request = VerificationId::mint(cx.visit.now, &cx.app.random);
    let (check, outcome) = match budget::count(cx, budgets(cx, &identity), after_captcha).await? {
        Budget::Captcha => (Check::Captcha { identity: identity.clone() }, "captcha"),
        Budget::Spent => (Check::Limited { identity: identity.clone() }, "limited"),
        Budget::Free => ask(cx.app, cx.answers, &identity, &request).await,
    };
    let existing = match &check {
        Check::Passed { .. } => look_up(cx.app, &identity.document).await?,
        _ => None,
    };
    let audit = Effect::Audit(
        "journey.check",
        json!({ "request": request, "outcome": outcome, "source": cx.app.source.id(), "existing": existing.is_some() }),
    );
    let unavailable = matches!(check, Check::Unavailable { .. });
    let schedule = Effect::Schedule(unavailable.then(|| cx.visit.now.plus(RETRY)));
    let answers = Answers { check: Some(check), existing, ..cx.answers.clone() }.asking_for_review(cx.today);
    save(cx, answers, vec![audit, schedule]).await?;
    if unavailable {
        budget::refund(cx, budgets(cx, &identity)).await?;
    }
    Ok(())
}

/// What the source says, with the word for the audit log.
pub(in crate::journeys) async fn ask(
    app: &App,
    answers: &Answers,
    identity: &Identity,
    request: &VerificationId,
) -> (Check, &'static str) {
    let failed = |why: Failure| (Check::Failed { identity: identity.clone(), why }, why.as_str());
    if identity.name.needs_reviewer() {
        return failed(Failure::Unusual);
    }
    match app.source.check(request.as_str(), &identity.name, &identity.document).await {
        Ok(Ok(_)) if contradicts(answers, identity, app.today()) => failed(Failure::Contradiction),
        Ok(Ok(proof)) => (Check::Passed { proof }, "match"),
        Ok(Err(result)) => failed(Failure::Source(result)),
        Err(error) => {
            tracing::warn!(source = app.source.id(), request = %request, %error, "the source gave no answer");
            (Check::Unavailable { identity: identity.clone() }, "unavailable")
        }
    }
}

/// Whether the old row names somebody else. What it doesn't say, or says in no readable form, contradicts nothing.
fn contradicts(answers: &Answers, identity: &Identity, today: Date) -> bool {
    let old_name = answers.proof().and_then(|proof| PersonName::parse(&proof.profile().name).ok());
    let other_name = old_name.is_some_and(|name| name.fold() != identity.name.fold());
    let other_document = answers
        .old_number(today)
        .is_some_and(|(kind, number)| kind == identity.document.kind() && number != identity.document.number());
    other_name || other_document
}

fn budgets(cx: &Cx<'_>, identity: &Identity) -> Vec<Counted> {
    let keys = &cx.app.keys;
    let document = document_index(keys, &identity.document);
    let (person, own_row) = match cx.answers.proof() {
        Some(proof) => {
            let old = cx.answers.old_document(cx.today);
            let own = old.is_some_and(|old| old.number() == identity.document.number());
            (format!("{} {}", proof.system(), proof.subject()), own)
        }
        None => (cx.answers.contact().map(|contact| contact.index(keys)).unwrap_or_default(), false),
    };
    // Whose old row names this very document asks about nobody else: a stranger's tries don't use up theirs.
    let document = if own_row { format!("{document} row {person}") } else { document };
    let mut counted = vec![
        (format!("check person {person}"), PER_PERSON),
        (format!("check document {document}"), PER_DOCUMENT),
        budget::of_address(cx),
    ];
    if let Some(guardian) = cx.answers.guardian() {
        counted.push((format!("check guardian {}", guardian.account()), PER_GUARDIAN));
    }
    counted
}

impl AwaitCheck {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let waits = cx.answers.tell_me && cx.answers.contact().is_some();
        let key = match cx.answers.present_check() {
            Some(Check::Failed { why: Failure::Unusual, .. }) => "check-unusual",
            Some(Check::Failed { .. }) => "mismatch",
            Some(Check::Captcha { .. }) => "check-captcha",
            Some(Check::Limited { .. }) => "check-limited",
            Some(Check::Unavailable { .. }) if waits => "source-waiting",
            Some(Check::Unavailable { .. }) => "source-down",
            Some(Check::Passed { .. }) if cx.answers.is_childs() => "child-review",
            // Interrupted between entering and asking: asking again is one button.
            Some(Check::Passed { .. }) | None => "check-again",
        };
        let unavailable = matches!(cx.answers.present_check(), Some(Check::Unavailable { .. }));
        let page = cx.page(&format!("{key}-title"));
        let refresh = Refresh::of(cx, unavailable.then_some(REFRESH));
        let number = cx.case.map(ToString::to_string).unwrap_or_default();
        let asks = matches!(cx.answers.present_check(), Some(Check::Captcha { .. }));
        let template = CheckPage {
            text: page.tv(&format!("{key}-text"), number),
            page,
            nav: nav(cx, self),
            correct: step_path(cx, "identity"),
            captcha: if asks { Some(captcha(cx.app, cx.visit, &form)?) } else { None },
            retry: unavailable || key == "check-again",
            tell: unavailable && !waits,
            review: key != "check-again",
            form,
            refresh,
        };
        Ok(Rendered::new(status, &template).refreshing(refresh.seconds()))
    }

    async fn act(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let Some(about) = cx.answers.about() else { return Ok(Taken::Moved) };
        match (params.text("action"), cx.answers.present_check()) {
            ("review", _) => {
                let review = Review::wanted(about, cx.answers);
                let audit = Effect::Audit("journey.review_wanted", json!({ "about": "identity" }));
                let schedule = Effect::Schedule(None);
                let answers = cx.answers.clone().with_review(review);
                Ok(Taken::Next(Box::new(answers), vec![audit, schedule]))
            }
            ("tell", Some(Check::Unavailable { .. })) => {
                let answers = Answers { tell_me: true, ..cx.answers.clone() };
                Ok(Taken::Next(Box::new(answers), vec![Effect::Case(cx.case_number())]))
            }
            (_, Some(Check::Captcha { .. })) => {
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
            (_, Some(Check::Failed { .. } | Check::Passed { .. } | Check::Limited { .. })) => Ok(Taken::Moved),
            (_, Some(Check::Unavailable { .. }) | None) => {
                run(cx, false).await?;
                Ok(Taken::Moved)
            }
        }
    }
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

    /// Passed; or handed to a reviewer. A child's case is handed to one in any case.
    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        if answers.is_childs() {
            return answers.child_review(today).is_some();
        }
        let review = answers.open_review(today);
        answers.proven_identity(today).is_some() || review.is_some_and(|r| matches!(r.about(), About::Identity(_)))
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn arrive<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<bool, StepError>> {
        Box::pin(async move {
            let asks = cx.answers.present_check().is_none();
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
