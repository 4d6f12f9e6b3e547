//! The password: the old one, where it may be kept, or a new one.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::{Nav, nav};
use crate::domain::contact::Phone;
use crate::domain::user_name::UserName;
use crate::journeys::answers::{Answers, Password};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::{Form, Page, Rendered, new_password};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/password.html")]
struct PasswordPage {
    page: Page,
    nav: Nav,
    form: Form,
    /// Whether the old password may be kept.
    old: bool,
}

/// Keep the old password or choose a new one.
#[derive(Debug)]
pub(crate) struct ChoosePassword;

impl ChoosePassword {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let page = cx.page(if cx.answers.is_childs() { "password-child-title" } else { "password-title" });
        let retry_after = form.retry_after();
        Rendered::new(status, &PasswordPage { page, nav: nav(cx, self), form, old: may_keep(cx.answers) })
            .retrying(retry_after)
    }

    async fn choose(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        if params.text("choice") == "old" && may_keep(cx.answers) {
            // Whoever typed a new one must not find out at the next sign-in that it wasn't taken.
            if !params.text("new_password").is_empty() {
                form.fault("choice", "password-choice-unclear");
                return Ok(Taken::Show(self.page(cx, form, 422)));
            }
            let password = Some(Password::CarriedOver);
            return Ok(Taken::next(Answers { password, ..cx.answers.clone() }));
        }
        match new_password(cx.app, params, &own(cx.answers, cx.today), &mut form).await {
            Ok(hash) => {
                let password = Some(Password::New { hash });
                Ok(Taken::next(Answers { password, ..cx.answers.clone() }))
            }
            Err(status) => Ok(Taken::Show(self.page(cx, form, status))),
        }
    }
}

/// Not where it becomes that of an account which exists: a former representative may know it.
fn may_keep(answers: &Answers) -> bool {
    let new = !answers.is_childs() && answers.unit.existing.is_none();
    new && answers.proof().is_some_and(|proof| proof.password_hash().is_some())
}

/// The person's own data, which a password must not hold.
fn own(answers: &Answers, today: Date) -> Vec<String> {
    let mut own = Vec::new();
    own.extend(answers.user_name.as_ref().map(|n| UserName::as_str(n).to_owned()));
    own.extend(answers.phone.as_ref().map(|p| Phone::as_str(p).to_owned()));
    own.extend(answers.proof().map(|p| p.account().to_owned()));
    if let Some(identity) = answers.proven_identity(today) {
        own.push(identity.document.number().to_owned());
        own.push(identity.name.as_str().to_owned());
    }
    if let Some(unit) = answers.proven_unit(today) {
        own.push(unit.credit_code.to_string());
        own.push(unit.name.as_str().to_owned());
    }
    own
}

impl Step for ChoosePassword {
    fn name(&self) -> &'static str {
        "password"
    }

    fn phase(&self) -> Phase {
        Phase::Account
    }

    fn when(&self) -> &'static str {
        super::NEW_ACCOUNT
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_none() || answers.names_representative(today)
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        match &answers.password {
            Some(Password::CarriedOver) => may_keep(answers),
            Some(Password::New { .. }) => true,
            None => false,
        }
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let choice = if may_keep(cx.answers) { "old" } else { "new" };
        let rendered = self.page(cx, Form::with([("choice", choice)]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.choose(cx, form))
    }
}
