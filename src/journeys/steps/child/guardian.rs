//! The guardian has to be signed in here: on the device where the journey began, and on any other where it goes on.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::{Nav, nav};
use crate::pages::{Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/guardian.html")]
struct GuardianPage {
    page: Page,
    nav: Nav,
    /// Whether somebody else is signed in.
    other: bool,
    sign_in: String,
}

/// The guardian who has begun it is signed in.
#[derive(Debug)]
pub(crate) struct GuardianHere;

impl Step for GuardianHere {
    fn name(&self) -> &'static str {
        "guardian"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the guardian isn't signed in here"
    }

    fn applies(&self, answers: &Answers, _: Date) -> bool {
        answers.guardian().is_none()
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.guardian().is_some()
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let template = GuardianPage {
            page: cx.page("guardian-title"),
            nav: nav(cx, self),
            other: cx.visit.signed_in.is_some(),
            sign_in: format!("/account/children/sign-in?journey={}", cx.id),
        };
        Box::pin(async move { Ok(Rendered::new(200, &template)) })
    }

    fn take<'a>(&'a self, _: &'a Cx<'a>, _: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async { Ok(Taken::Moved) })
    }
}
