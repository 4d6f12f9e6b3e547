//! 个人用户 or 法人用户.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::{Nav, nav, step_path, stop};
use crate::domain::account::AccountKind;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/kind.html")]
struct KindPage {
    page: Page,
    nav: Nav,
    form: Form,
}

/// Choose the kind of account.
#[derive(Debug)]
pub(crate) struct Kind;

impl Kind {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        Rendered::new(status, &KindPage { page: cx.page("kind-title"), nav: nav(cx, self), form })
    }
}

impl Step for Kind {
    fn name(&self) -> &'static str {
        "account-kind"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn applies(&self, answers: &Answers, _: Date) -> bool {
        !answers.is_registration()
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        // Units come later; until then nothing is kept that would lead a unit into a person's wizard.
        answers.kind == Some(AccountKind::Individual)
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let kind = cx.answers.kind.map_or("", AccountKind::as_str);
        let rendered = self.page(cx, Form::with([("kind", kind)]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async move {
            Ok(match AccountKind::parse(form.text("kind")) {
                Some(AccountKind::Individual) => {
                    Taken::next(Answers { kind: Some(AccountKind::Individual), ..cx.answers.clone() })
                }
                Some(AccountKind::LegalPerson) => {
                    let ways = [("back-to-kind", step_path(cx, self.name()))];
                    Taken::Show(stop(cx, self, "legal-person-later", 200, &ways))
                }
                None => {
                    let mut again = Form::typed(form);
                    again.fault("kind", "kind-empty");
                    Taken::Show(self.page(cx, again, 422))
                }
            })
        })
    }
}
