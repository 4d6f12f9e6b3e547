//! The end of a recovery: the reviewers' word is in effect. Nobody is signed in by it.

use futures_util::future::BoxFuture;
use time::Date;

use super::stop;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::Rendered;
use crate::protocol::params::Params;

/// Say that the new phone is on file.
#[derive(Debug)]
pub(crate) struct Regained;

impl Step for Regained {
    fn name(&self) -> &'static str {
        "regained"
    }

    fn phase(&self) -> Phase {
        Phase::Done
    }

    fn when(&self) -> &'static str {
        "the reviewers have approved, and nobody has objected"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.is_recovery()
            && answers.open_review(today).is_none()
            && answers.unseen_review(today).is_none()
            && answers.approved_recovery(today).is_some()
    }

    fn is_satisfied(&self, _: &Answers, _: Date) -> bool {
        false
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let ways = [("to-login", "/login".to_owned()), ("recover-link", "/recover".to_owned())];
        let rendered = stop(cx, self, "regained", 200, &ways);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, _: &'a Cx<'a>, _: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async { Ok(Taken::Moved) })
    }
}
