//! 个人用户 or 法人用户.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::{Nav, nav};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::ids::SystemId;
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
    individual: bool,
    legal_person: bool,
}

/// Choose the kind of account.
#[derive(Debug)]
pub(crate) struct Kind;

impl Kind {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let holds = |kind| admits(cx, kind);
        let template = KindPage {
            page: cx.page("kind-title"),
            nav: nav(cx, self),
            form,
            individual: holds(AccountKind::Individual),
            legal_person: holds(AccountKind::LegalPerson),
        };
        Rendered::new(status, &template)
    }
}

/// Whether the chosen system has accounts of this kind; a representative on a detour is a person.
fn admits(cx: &Cx<'_>, kind: AccountKind) -> bool {
    let person = cx.parent.is_none() || kind == AccountKind::Individual;
    person && holds(cx.app, cx.answers.system.as_ref(), kind)
}

/// Whether a system has accounts of this kind.
pub(in crate::journeys) fn holds(app: &App, system: Option<&SystemId>, kind: AccountKind) -> bool {
    system.and_then(|id| app.systems.get(id)).is_some_and(|system| system.holds(kind))
}

/// The only kind that a system has accounts of, if it has one kind alone: then nothing is asked.
pub(in crate::journeys) fn only(app: &App, system: &SystemId) -> Option<AccountKind> {
    let held = [AccountKind::Individual, AccountKind::LegalPerson].map(|kind| holds(app, Some(system), kind));
    match held {
        [true, false] => Some(AccountKind::Individual),
        [false, true] => Some(AccountKind::LegalPerson),
        _ => None,
    }
}

/// The answers with this kind: nothing of the other kind's is kept.
fn of_kind(answers: &Answers, kind: AccountKind) -> Answers {
    match answers.kind {
        Some(old) if old != kind => Answers { system: answers.system.clone(), kind: Some(kind), ..Answers::default() },
        _ => Answers { kind: Some(kind), ..answers.clone() },
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
        answers.kind.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let kind = cx.answers.kind.map_or("", AccountKind::as_str);
        let rendered = self.page(cx, Form::with([("kind", kind)]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async move {
            Ok(match AccountKind::parse(form.text("kind")) {
                Some(kind) if admits(cx, kind) => {
                    let other = cx.answers.kind.is_some_and(|old| old != kind);
                    let effects = if other { cx.answers.withdrawals() } else { Vec::new() };
                    Taken::Next(Box::new(of_kind(cx.answers, kind)), effects)
                }
                _ => {
                    let mut again = Form::typed(form);
                    again.fault("kind", "kind-empty");
                    Taken::Show(self.page(cx, again, 422))
                }
            })
        })
    }
}
