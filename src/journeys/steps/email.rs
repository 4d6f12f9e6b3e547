//! The e-mail address: optional, and confirmed later by a link; for people without a phone it stands in for it, and its
//! code is asked for at once.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::contact::{Place, is_on_its_way, send};
use super::{Nav, nav, step_path};
use crate::captcha::ticket::View;
use crate::domain::contact::EmailAddress;
use crate::journeys::answers::{Answers, Email};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::notify::codes::{Recipient, Sent};
use crate::pages::{Form, Page, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/email.html")]
struct EmailPage {
    page: Page,
    nav: Nav,
    form: Form,
    /// There, if the address stands in for a phone.
    captcha: Option<View>,
    phone: String,
}

/// Enter an e-mail address, or none.
#[derive(Debug)]
pub(crate) struct EnterEmail(pub(crate) Place);

impl EnterEmail {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let captcha = if cx.answers.no_phone { Some(captcha(cx.app, cx.visit, &form)?) } else { None };
        let page = cx.page(if cx.answers.no_phone { "email-instead-title" } else { "email-step-title" });
        let phone = step_path(cx, self.0.pick("contact-phone", "phone"));
        Ok(Rendered::new(status, &EmailPage { page, nav: nav(cx, self), form, captcha, phone }))
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, form, 200)?));
        }
        let (typed, needed) = (params.text("email").trim(), cx.answers.no_phone);
        let email = match EmailAddress::parse(typed) {
            _ if !needed && (typed.is_empty() || params.get("skip").is_some()) => Email::Declined,
            Ok(address) => Email::Given(address),
            Err(fault) => {
                form.fault("email", format!("email-{fault}"));
                return Ok(Taken::Show(self.page(cx, form, 422)?));
            }
        };
        let answers = Answers { email: Some(email.clone()), ..cx.answers.clone() };
        match email {
            Email::Given(address) if needed && answers.proven_email().is_none() => {
                self.send(cx, params, form, answers, Recipient::Email(address)).await
            }
            _ => Ok(Taken::next(answers)),
        }
    }

    async fn send(
        &self,
        cx: &Cx<'_>,
        params: &Params,
        mut form: Form,
        answers: Answers,
        to: Recipient,
    ) -> Result<Taken, StepError> {
        if cx.answers.email == answers.email && is_on_its_way(cx, &to).await? {
            return Ok(Taken::Moved);
        }
        if !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
            return Ok(Taken::Show(self.page(cx, form, 422)?));
        }
        match send(cx, answers, &to).await? {
            Sent::Sent | Sent::TooSoon => return Ok(Taken::Moved),
            Sent::Wait => form.fault("email", "code-wait"),
            Sent::Limited => form.fault("email", "code-limited"),
        }
        Ok(Taken::Show(self.page(cx, form, 429)?))
    }
}

impl Step for EnterEmail {
    fn name(&self) -> &'static str {
        self.0.pick("contact-email", "email")
    }

    fn phase(&self) -> Phase {
        self.0.phase()
    }

    fn when(&self) -> &'static str {
        match self.0 {
            Place::Early => "the person has no phone",
            Place::Late => super::NEW_ACCOUNT,
        }
    }

    /// Early it stands in for a phone; late it is asked of everybody who wasn't asked before.
    fn applies(&self, answers: &Answers, today: Date) -> bool {
        let early = answers.no_phone && answers.wants_contact(today);
        match self.0 {
            Place::Early => early,
            Place::Late => !early && answers.existing_account(today).is_none(),
        }
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        match &answers.email {
            Some(Email::Given(_)) => true,
            Some(Email::Declined) => !answers.no_phone,
            None => false,
        }
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            let address = match (&cx.answers.email, cx.answers.proof()) {
                (Some(email), _) => email.address().map_or("", EmailAddress::as_str),
                (None, Some(proof)) => proof.profile().email.as_str(),
                (None, None) => "",
            };
            self.page(cx, Form::with([("email", address)]), 200)
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, params: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.enter(cx, params))
    }
}
