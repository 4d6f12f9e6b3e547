//! The e-mail address: optional, confirmed later by a link.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::{Nav, nav};
use crate::domain::contact::EmailAddress;
use crate::journeys::answers::{Answers, Email};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/email.html")]
struct EmailPage {
    page: Page,
    nav: Nav,
    form: Form,
}

/// Enter an e-mail address, or none.
#[derive(Debug)]
pub(crate) struct EnterEmail;

impl EnterEmail {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        Rendered::new(status, &EmailPage { page: cx.page("email-step-title"), nav: nav(cx, self), form })
    }
}

impl Step for EnterEmail {
    fn name(&self) -> &'static str {
        "email"
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
        answers.email.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let address = match (&cx.answers.email, cx.answers.proof()) {
            (Some(email), _) => email.address().map_or("", EmailAddress::as_str),
            (None, Some(proof)) => proof.profile().email.as_str(),
            (None, None) => "",
        };
        let rendered = self.page(cx, Form::with([("email", address)]), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, params: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(async move {
            let typed = params.text("email").trim();
            let email = match EmailAddress::parse(typed) {
                _ if typed.is_empty() || params.get("skip").is_some() => Email::Declined,
                Ok(address) => Email::Given(address),
                Err(fault) => {
                    let mut form = Form::typed(params);
                    form.fault("email", format!("email-{fault}"));
                    return Ok(Taken::Show(self.page(cx, form, 422)));
                }
            };
            Ok(Taken::next(Answers { email: Some(email), ..cx.answers.clone() }))
        })
    }
}
