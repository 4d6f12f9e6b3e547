//! The one-time code, sent to the phone, or by e-mail to somebody without one.

use askama::Template;
use futures_util::future::BoxFuture;
use time::Date;

use super::contact::{Place, Tried, send, verify};
use super::{Nav, nav, step_path};
use crate::domain::typed::compact;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::notify::codes::{Recipient, Sent, Verified};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;

#[derive(Template)]
#[template(path = "journey/code.html")]
struct CodePage {
    page: Page,
    nav: Nav,
    form: Form,
    to: String,
    change: String,
    by_mail: bool,
    label: &'static str,
}

/// Enter the code.
#[derive(Debug)]
pub(crate) enum EnterCode {
    /// The one that went to the phone.
    Phone(Place),
    /// The one that went by e-mail.
    Email(Place),
}

impl EnterCode {
    fn place(&self) -> Place {
        match self {
            Self::Phone(place) | Self::Email(place) => *place,
        }
    }

    fn recipient(&self, answers: &Answers) -> Option<Recipient> {
        match self {
            Self::Phone(_) => answers.phone.clone().map(Recipient::Phone),
            Self::Email(_) => answers.email.as_ref()?.address().cloned().map(Recipient::Email),
        }
    }

    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let by_mail = matches!(self, Self::Email(_));
        let before = match self {
            Self::Phone(place) => place.pick("contact-phone", "phone"),
            Self::Email(place) => place.pick("contact-email", "email"),
        };
        let template = CodePage {
            page: cx.page(if by_mail { "email-code-title" } else { "phone-code-title" }),
            nav: nav(cx, self),
            form,
            to: self.recipient(cx.answers).map(|to| to.masked()).unwrap_or_default(),
            change: step_path(cx, before),
            by_mail,
            label: if by_mail { "email-code-label" } else { "code-label" },
        };
        Rendered::new(status, &template)
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let Some(to) = self.recipient(cx.answers) else { return Ok(Taken::Moved) };
        let mut form = Form::default();
        if params.get("resend").is_some() {
            match send(cx, cx.answers.clone(), &to).await? {
                Sent::Sent => return Ok(Taken::Moved),
                Sent::TooSoon | Sent::Wait => form.fault("code", "code-too-soon"),
                Sent::Limited => form.fault("code", "code-limited"),
            }
            return Ok(Taken::Show(self.page(cx, form, 429)));
        }
        // The same code again: it is proven already.
        if self.is_satisfied(cx.answers, cx.today) {
            return Ok(Taken::Moved);
        }
        let typed = compact(params.text("code"));
        if typed.is_empty() {
            form.fault("code", "code-empty");
            return Ok(Taken::Show(self.page(cx, form, 422)));
        }
        match verify(cx, &to, &typed).await? {
            Tried::Proven => return Ok(Taken::Moved),
            Tried::InUse => form.fault("code", "phone-in-use"),
            Tried::Not(Verified::Spent) => form.fault("code", "code-spent"),
            Tried::Not(Verified::Limited) => form.fault("code", "code-limited"),
            Tried::Not(_) => form.fault("code", "code-wrong"),
        }
        Ok(Taken::Show(self.page(cx, form, 422)))
    }
}

impl Step for EnterCode {
    fn name(&self) -> &'static str {
        match self {
            Self::Phone(place) => place.pick("contact-code", "phone-code"),
            Self::Email(place) => place.pick("contact-email-code", "email-code"),
        }
    }

    fn phase(&self) -> Phase {
        self.place().phase()
    }

    fn when(&self) -> &'static str {
        match self {
            Self::Phone(place) => place.when(),
            Self::Email(_) => "the person has no phone",
        }
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        self.place().applies(answers, today) && answers.no_phone == matches!(self, Self::Email(_))
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        match self {
            Self::Phone(_) => answers.proven_phone().is_some(),
            Self::Email(_) => answers.proven_email().is_some(),
        }
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let rendered = self.page(cx, Form::default(), 200);
        Box::pin(async move { Ok(rendered) })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.enter(cx, form))
    }
}
