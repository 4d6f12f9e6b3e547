//! The mobile phone and the captcha that comes before each SMS.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::{Nav, nav};
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::contact::Phone;
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, Effect, StepError, Taken, Writes};
use crate::journeys::step::{Phase, Step};
use crate::notify::codes::{Binding, Sent, wait};
use crate::notify::texts::Purpose;
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;
use crate::storage::{StorageError, journeys};

#[derive(Template)]
#[template(path = "journey/phone.html")]
struct PhonePage {
    page: Page,
    nav: Nav,
    form: Form,
    captcha: View,
}

/// Enter the phone.
#[derive(Debug)]
pub(crate) struct EnterPhone;

/// What a code of this journey is bound to.
pub(super) fn binding(cx: &Cx<'_>, phone: &Phone) -> Binding {
    Binding { purpose: Purpose::Migration, transaction: cx.id.0.clone(), phone: phone.clone() }
}

impl EnterPhone {
    fn page(&self, cx: &Cx<'_>, form: Form, kind: Kind, status: u16) -> Result<Rendered, StepError> {
        let captcha = ticket::issue(cx.app, kind, &cx.visit.browser, cx.visit.locale.is_english())?;
        let page = cx.page("phone-title");
        Ok(Rendered::new(status, &PhonePage { page, nav: nav(cx, self), form, captcha }))
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        let kind = match params.text("captcha_kind") {
            "question" => Kind::Question,
            _ => Kind::Picture,
        };
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, form, kind, 200)?));
        }
        let phone = match Phone::parse(params.text("phone")) {
            Ok(phone) => phone,
            Err(fault) => {
                form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-")));
                return Ok(Taken::Show(self.page(cx, form, kind, 422)?));
            }
        };
        // The page was only looked at again: this phone is proven.
        if cx.answers.proven_phone().is_some_and(|proof| proof.phone == phone) {
            return Ok(Taken::Moved);
        }
        // A second click: the code is already on its way to this phone.
        let waiting = wait(&mut cx.app.db.read().await?, &cx.app.keys, &binding(cx, &phone), cx.visit.now).await?;
        if cx.answers.phone.as_ref() == Some(&phone) && !waiting.is_zero() {
            return Ok(Taken::Moved);
        }
        let typed = params.text("captcha");
        if !ticket::answer(cx.app, params.text("captcha_ticket"), &cx.visit.browser, typed).await? {
            form.fault("captcha", if typed.is_empty() { "captcha-empty" } else { "captcha-wrong" });
            return Ok(Taken::Show(self.page(cx, form, kind, 422)?));
        }
        // Another phone starts the proof again; the old proof stays with the old phone.
        let answers = Answers { phone: Some(phone.clone()), ..cx.answers.clone() };
        match send(cx, answers, &phone).await? {
            Sent::Sent | Sent::TooSoon => Ok(Taken::Moved),
            Sent::Wait => {
                form.fault("phone", "code-wait");
                Ok(Taken::Show(self.page(cx, form, kind, 429)?))
            }
            Sent::Limited => {
                form.fault("phone", "code-limited");
                Ok(Taken::Show(self.page(cx, form, kind, 429)?))
            }
        }
    }
}

/// Saves the phone and sends its code, in one transaction: a double click sends one.
pub(super) async fn send(cx: &Cx<'_>, answers: Answers, phone: &Phone) -> Result<Sent, StorageError> {
    let effect = Effect::Audit("journey.code_sent", json!({ "phone": phone.masked() }));
    let (writes, binding, asker) = (Writes::new(cx, vec![effect]), binding(cx, phone), cx.visit.asker.clone());
    let sent = cx
        .app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let sent = writes.send_code(tx, &binding, &asker).await?;
                if matches!(sent, Sent::Limited | Sent::Wait) {
                    return Ok::<_, StorageError>(sent);
                }
                let at = (&writes.id, writes.version);
                if journeys::save(tx, &writes.keys, at, &answers, writes.now).await? {
                    writes.apply(tx).await?;
                }
                Ok(sent)
            })
        })
        .await?;
    cx.app.outbox.notify_one();
    Ok(sent)
}

impl Step for EnterPhone {
    fn name(&self) -> &'static str {
        "phone"
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
        answers.phone.is_some()
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            // The old row's phone is a convenience; only the code proves it.
            let phone = match (&cx.answers.phone, cx.answers.proof()) {
                (Some(phone), _) => phone.as_str(),
                (None, Some(proof)) => proof.profile().phone.as_str(),
                (None, None) => "",
            };
            self.page(cx, Form::with([("phone", phone)]), Kind::Picture, 200)
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.enter(cx, form))
    }
}
