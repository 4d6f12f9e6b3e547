//! The SMS code. Trying it and keeping the proof are one transaction.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::phone::{binding, send};
use super::{Nav, nav, step_path};
use crate::domain::contact::Phone;
use crate::domain::typed::compact;
use crate::journeys::answers::{Answers, PhoneProof};
use crate::journeys::engine::{Cx, Effect, StepError, Taken, Writes};
use crate::journeys::step::{Phase, Step};
use crate::notify::codes::{Sent, Verified, verify};
use crate::pages::{Form, Page, Rendered};
use crate::protocol::params::Params;
use crate::storage::accounts::{ACCOUNTS_PER_PHONE, phone_uses};
use crate::storage::{StorageError, journeys};

#[derive(Template)]
#[template(path = "journey/phone_code.html")]
struct CodePage {
    page: Page,
    nav: Nav,
    form: Form,
    phone: String,
    change: String,
}

/// Enter the code.
#[derive(Debug)]
pub(crate) struct EnterCode;

/// What became of a typed code.
enum Outcome {
    Proven,
    InUse,
    Not(Verified),
}

impl EnterCode {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Rendered {
        let template = CodePage {
            page: cx.page("phone-code-title"),
            nav: nav(cx, self),
            form,
            phone: cx.answers.phone.as_ref().map(Phone::masked).unwrap_or_default(),
            change: step_path(cx, "phone"),
        };
        Rendered::new(status, &template)
    }

    async fn enter(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let Some(phone) = cx.answers.phone.clone() else { return Ok(Taken::Moved) };
        let mut form = Form::default();
        if params.get("resend").is_some() {
            match send(cx, cx.answers.clone(), &phone).await? {
                Sent::Sent => return Ok(Taken::Moved),
                Sent::TooSoon | Sent::Wait => form.fault("code", "code-too-soon"),
                Sent::Limited => form.fault("code", "code-limited"),
            }
            return Ok(Taken::Show(self.page(cx, form, 429)));
        }
        // The same code again: the phone is proven already.
        if cx.answers.proven_phone().is_some() {
            return Ok(Taken::Moved);
        }
        let typed = compact(params.text("code"));
        if typed.is_empty() {
            form.fault("code", "code-empty");
            return Ok(Taken::Show(self.page(cx, form, 422)));
        }
        match self.verify(cx, &phone, &typed).await? {
            Outcome::Proven => return Ok(Taken::Moved),
            Outcome::InUse => form.fault("code", "phone-in-use"),
            Outcome::Not(Verified::Spent) => form.fault("code", "code-spent"),
            Outcome::Not(Verified::Limited) => form.fault("code", "code-limited"),
            Outcome::Not(_) => form.fault("code", "code-wrong"),
        }
        Ok(Taken::Show(self.page(cx, form, 422)))
    }

    async fn verify(&self, cx: &Cx<'_>, phone: &Phone, typed: &str) -> Result<Outcome, StorageError> {
        let proof = PhoneProof { phone: phone.clone(), at: cx.visit.now };
        let answers = Answers { phone_proof: Some(proof), ..cx.answers.clone() };
        let effect = Effect::Audit("journey.phone_proven", json!({ "phone": phone.masked() }));
        let (writes, binding) = (Writes::new(cx, vec![effect]), binding(cx, phone));
        let (phone, typed) = (phone.clone(), typed.to_owned());
        cx.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let verified = verify(tx, &writes.keys, &binding, &typed, writes.now).await?;
                    if verified != Verified::Right {
                        return Ok::<_, StorageError>(Outcome::Not(verified));
                    }
                    // Told only to somebody who holds the phone.
                    if phone_uses(tx, &writes.keys, &phone).await? >= ACCOUNTS_PER_PHONE {
                        return Ok(Outcome::InUse);
                    }
                    if journeys::save(tx, &writes.keys, (&writes.id, writes.version), &answers, writes.now).await? {
                        writes.apply(tx).await?;
                    }
                    Ok(Outcome::Proven)
                })
            })
            .await
    }
}

impl Step for EnterCode {
    fn name(&self) -> &'static str {
        "phone-code"
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
        answers.proven_phone().is_some()
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
