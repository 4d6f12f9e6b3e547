//! The wait for a reviewer, and what came of it.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::{Nav, Refresh, nav, step_path};
use crate::journeys::answers::{About, Answers, Review, Stage};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::pages::{Page, Rendered, beijing};
use crate::protocol::params::Params;
use crate::review::{Standing, standing};

/// How often the waiting page is loaded again, in seconds.
const REFRESH: u32 = 60;

#[derive(Template)]
#[template(path = "journey/review.html")]
struct ReviewPage {
    page: Page,
    nav: Nav,
    text: String,
    number: String,
    contact: String,
    reason: String,
    correct: Option<String>,
    state: &'static str,
    refresh: Refresh,
}

/// Wait for the reviewers.
#[derive(Debug)]
pub(crate) struct AwaitReview;

impl AwaitReview {
    async fn page(&self, cx: &Cx<'_>) -> Result<Rendered, StepError> {
        let review = cx.answers.unseen_review(cx.today);
        let (state, detail, reason) = match review.map(|review| &review.stage) {
            Some(Stage::Approved { .. }) => ("review-approved", String::new(), String::new()),
            Some(Stage::Rejected { reason }) => ("review-rejected", String::new(), reason.clone()),
            Some(Stage::Submitted { review }) => {
                match standing(&mut cx.app.db.read().await?, &cx.app.keys, review, cx.visit.now).await? {
                    Some(Standing::ApprovedFrom(from)) => ("review-objection", beijing(from), String::new()),
                    _ => ("review-waiting", String::new(), String::new()),
                }
            }
            _ => ("review-waiting", String::new(), String::new()),
        };
        let page = cx.page(&format!("{state}-title"));
        let waits = matches!(state, "review-waiting" | "review-objection");
        let refresh = Refresh::of(cx, waits.then_some(REFRESH));
        let correct = match review.map(Review::about) {
            Some(About::Identity(_) | About::Child { .. } | About::Lost(_)) => Some("identity"),
            Some(About::Unit { .. }) => Some("unit"),
            Some(About::Control(_)) | None => None,
        };
        let template = ReviewPage {
            text: page.tv(&format!("{state}-text"), detail),
            number: cx.case.map(ToString::to_string).unwrap_or_default(),
            contact: cx.answers.contact().map(|contact| contact.masked()).unwrap_or_default(),
            correct: correct.map(|step| step_path(cx, step)),
            nav: nav(cx, self),
            reason,
            state,
            page,
            refresh,
        };
        Ok(Rendered::new(200, &template).refreshing(refresh.seconds()))
    }

    fn act(&self, cx: &Cx<'_>, params: &Params) -> Taken {
        let Some(review) = cx.answers.unseen_review(cx.today).cloned() else { return Taken::Moved };
        let answers = cx.answers.clone();
        match (params.text("action"), review.stage.clone()) {
            ("continue", Stage::Approved { proof, .. }) => {
                Taken::next(answers.with_review(review.at(Stage::Approved { proof, seen: true })))
            }
            ("again", Stage::Rejected { .. }) => Taken::next(answers.with_review(review.at(Stage::Wanted))),
            ("withdraw", stage) => {
                let answers = answers.without_review(review.about());
                let mut effects = Vec::new();
                if let Stage::Submitted { review } = stage {
                    effects.push(Effect::Audit("journey.review_withdrawn", json!({ "review": review })));
                    effects.push(Effect::Withdraw(review));
                }
                Taken::Next(Box::new(answers), effects)
            }
            _ => Taken::Moved,
        }
    }
}

impl Step for AwaitReview {
    fn name(&self) -> &'static str {
        "review"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "a review is asked for"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.unseen_review(today).is_some()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        answers.unseen_review(today).is_none_or(Review::is_collecting)
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(self.page(cx))
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        let taken = self.act(cx, form);
        Box::pin(async move { Ok(taken) })
    }
}
