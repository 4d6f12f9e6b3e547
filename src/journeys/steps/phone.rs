//! The mobile phone and the captcha that comes before each SMS; or the word that there is none.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::contact::{Place, is_on_its_way, send};
use super::{Nav, nav};
use crate::captcha::ticket::View;
use crate::domain::contact::Phone;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::notify::codes::{Recipient, Sent};
use crate::pages::{Form, Page, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/phone.html")]
struct PhonePage {
    page: Page,
    nav: Nav,
    form: Form,
    captcha: View,
    early: bool,
    /// Whoever has lost the old one needs a new one.
    needed: bool,
}

/// Enter the phone.
#[derive(Debug)]
pub(crate) struct EnterPhone(pub(crate) Place);

impl EnterPhone {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let (page, captcha) = (cx.page("phone-title"), captcha(cx.app, cx.visit, &form)?);
        let early = self.0 == Place::Early && !cx.answers.is_registration();
        let needed = cx.answers.is_recovery();
        Ok(Rendered::new(status, &PhonePage { page, nav: nav(cx, self), form, captcha, early, needed }))
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, form, 200)?));
        }
        if params.get("no_phone").is_some() && !cx.answers.is_recovery() {
            return Ok(Taken::next(Answers { no_phone: true, ..cx.answers.clone() }));
        }
        let phone = match Phone::parse(params.text("phone")) {
            Ok(phone) => phone,
            Err(fault) => {
                form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-")));
                return Ok(Taken::Show(self.page(cx, form, 422)?));
            }
        };
        let answers = Answers { phone: Some(phone.clone()), no_phone: false, ..cx.answers.clone() };
        // The page was only looked at again: this phone is proven.
        if answers.proven_phone().is_some() {
            return Ok(Taken::next(answers));
        }
        let to = Recipient::Phone(phone);
        if cx.answers.phone == answers.phone && !cx.answers.no_phone && is_on_its_way(cx, &to).await? {
            return Ok(Taken::Moved);
        }
        if !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
            return Ok(Taken::Show(self.page(cx, form, 422)?));
        }
        // Another phone starts the proof again; the old proof stays with the old phone.
        match send(cx, answers, &to).await? {
            Sent::Sent | Sent::TooSoon => return Ok(Taken::Moved),
            Sent::Wait => form.fault("phone", "code-wait"),
            Sent::Limited => form.fault("phone", "code-limited"),
        }
        Ok(Taken::Show(self.page(cx, form, 429)?))
    }
}

impl Step for EnterPhone {
    fn name(&self) -> &'static str {
        self.0.pick("contact-phone", "phone")
    }

    fn phase(&self) -> Phase {
        self.0.phase()
    }

    fn when(&self) -> &'static str {
        self.0.when()
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        self.0.applies(answers, today)
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.phone.is_some() || answers.no_phone
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            // The old row's phone is a convenience; only the code proves it.
            let phone = match (&cx.answers.phone, cx.answers.proof()) {
                (Some(phone), _) => phone.as_str(),
                (None, Some(proof)) => proof.profile().phone.as_str(),
                (None, None) => "",
            };
            self.page(cx, Form::with([("phone", phone)]), 200)
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.enter(cx, form))
    }
}
