//! The child has an account already, told only after a reviewer has seen that this is its guardian: 确认绑定 by the
//! guardian on record. Anybody else goes to two reviewers, and the guardian on record can object.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use crate::domain::account::Account;
use crate::journeys::answers::{About, Answers, ChildAnswers, ChildControl, Review};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::existing::owner;
use crate::journeys::steps::{Nav, nav, stop};
use crate::journeys::writes::Effect;
use crate::pages::{Page, Rendered};
use crate::protocol::params::Params;
use crate::storage::{StorageError, guardianships};

#[derive(Template)]
#[template(path = "journey/existing_child.html")]
struct ExistingChildPage {
    page: Page,
    nav: Nav,
    masked: String,
    /// Whether the person is the child's guardian on record: one button.
    on_record: bool,
    /// A registration has nothing to bind.
    registration: bool,
}

/// Confirm that the old account is the child's, and bind it to the child's account.
#[derive(Debug)]
pub(crate) struct ExistingChildAccount;

impl ExistingChildAccount {
    async fn confirm(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let (Some(account), Some(child)) = (owner(cx).await?, &cx.answers.child) else { return Ok(Taken::Moved) };
        if cx.answers.is_registration() {
            return Ok(Taken::Moved);
        }
        match params.text("action") {
            "review" => {
                let review = Review::wanted(About::Control(account.id.clone()), cx.answers);
                let audit = Effect::Audit("journey.review_wanted", json!({ "about": "control" }));
                Ok(Taken::Next(Box::new(cx.answers.clone().with_review(review)), vec![audit]))
            }
            "bind" if on_record(cx, &account).await? => {
                let control = ChildControl::new(cx.answers, cx.today);
                let child = Some(Box::new(ChildAnswers { control, ..(**child).clone() }));
                let audit = Effect::Audit("journey.child_control", json!({ "account": account.id }));
                Ok(Taken::Next(Box::new(Answers { child, ..cx.answers.clone() }), vec![audit]))
            }
            _ => Ok(Taken::Moved),
        }
    }
}

async fn on_record(cx: &Cx<'_>, account: &Account) -> Result<bool, StorageError> {
    let Some(guardian) = cx.answers.guardian() else { return Ok(false) };
    let found = guardianships::find(&mut cx.app.db.read().await?, &account.id, guardian.account()).await?;
    Ok(found.is_some())
}

impl Step for ExistingChildAccount {
    fn name(&self) -> &'static str {
        "existing-child"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the document already belongs to an account"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_some()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        // A registration has nothing to bind: it ends here.
        !answers.is_registration()
            && (answers.child_control(today).is_some()
                || answers.approved_control(today).is_some()
                || answers.open_review(today).is_some_and(|review| matches!(review.about(), About::Control(_))))
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            let Some(account) = owner(cx).await? else {
                return Ok(stop(cx, self, "existing-gone", 200, &[("to-children", "/account/children".to_owned())]));
            };
            let template = ExistingChildPage {
                page: cx.page("existing-child-title"),
                nav: nav(cx, self),
                masked: account.user_name.masked(),
                on_record: on_record(cx, &account).await?,
                registration: cx.answers.is_registration(),
            };
            Ok(Rendered::new(200, &template))
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.confirm(cx, form))
    }
}
