//! The user name: proposed from the old one; a taken one must be changed.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::{Nav, nav};
use crate::captcha::ticket::View;
use crate::domain::user_name::{UserName, propose, suggest};
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::{Form, Page, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::storage::{StorageError, accounts};

/// How many suggestions are offered.
const SUGGESTIONS: usize = 3;

#[derive(Template)]
#[template(path = "journey/user_name.html")]
struct UserNamePage {
    page: Page,
    nav: Nav,
    form: Form,
    suggestions: Vec<String>,
    /// A unit and a child prove no phone here, so a captcha stands before the question whether a name is free.
    captcha: Option<View>,
}

/// Choose a user name.
#[derive(Debug)]
pub(crate) struct ChooseUserName;

impl ChooseUserName {
    async fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let taken = form.error("user_name") == "user-name-taken";
        let suggestions = if taken { suggestions(cx, form.value("user_name")).await? } else { Vec::new() };
        let page = cx.page(if cx.answers.is_childs() { "user-name-child-title" } else { "user-name-title" });
        let captcha = if asks_captcha(cx.answers) { Some(captcha(cx.app, cx.visit, &form)?) } else { None };
        Ok(Rendered::new(status, &UserNamePage { page, nav: nav(cx, self), form, suggestions, captcha }))
    }

    async fn choose(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, form, 200).await?));
        }
        if asks_captcha(cx.answers) && !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
            return Ok(Taken::Show(self.page(cx, form, 422).await?));
        }
        let typed = params.get("suggestion").unwrap_or(params.text("user_name"));
        match UserName::parse(typed) {
            Err(fault) => form.fault("user_name", format!("user-name-{}", fault.to_string().replace('_', "-"))),
            Ok(name) if is_taken(cx, &name).await? => form.fault("user_name", "user-name-taken"),
            Ok(name) => return Ok(Taken::next(Answers { user_name: Some(name), ..cx.answers.clone() })),
        }
        Ok(Taken::Show(self.page(cx, form, 422).await?))
    }
}

fn asks_captcha(answers: &Answers) -> bool {
    answers.is_units() || answers.is_childs()
}

async fn is_taken(cx: &Cx<'_>, name: &UserName) -> Result<bool, StorageError> {
    accounts::user_name_taken(&mut cx.app.db.read().await?, &cx.app.keys, name).await
}

async fn suggestions(cx: &Cx<'_>, base: &str) -> Result<Vec<String>, StorageError> {
    let mut free = Vec::new();
    for name in suggest(base).take(12) {
        if free.len() == SUGGESTIONS {
            break;
        }
        if !is_taken(cx, &name).await? {
            free.push(name.as_str().to_owned());
        }
    }
    Ok(free)
}

impl Step for ChooseUserName {
    fn name(&self) -> &'static str {
        "user-name"
    }

    fn phase(&self) -> Phase {
        Phase::Account
    }

    fn when(&self) -> &'static str {
        super::NEW_ACCOUNT
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_none()
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.user_name.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            let proposed = match (&cx.answers.user_name, cx.answers.proof()) {
                (Some(name), _) => Some(name.clone()),
                (None, Some(proof)) => propose(proof.account()),
                (None, None) => None,
            };
            let mut form = Form::with([("user_name", proposed.as_ref().map_or("", UserName::as_str))]);
            if let Some(name) = proposed
                && is_taken(cx, &name).await?
            {
                form.fault("user_name", "user-name-taken");
            }
            self.page(cx, form, 200).await
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.choose(cx, form))
    }
}
