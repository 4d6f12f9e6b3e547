//! The representative is elsewhere: asked by SMS, answers on an own device with an own account. The message has a number
//! and no link; what is confirmed is this unit, and no other.

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use crate::captcha::ticket::View;
use crate::crypto::Purpose;
use crate::domain::contact::Phone;
use crate::ids::InvitationId;
use crate::journeys::answers::{Answers, Invitation, UnitAnswers};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::representative::Question;
use crate::journeys::step::{Phase, Step};
use crate::journeys::steps::{Nav, Refresh, nav};
use crate::journeys::writes::Effect;
use crate::notify::codes::Recipient;
use crate::notify::texts;
use crate::pages::{Form, Page, Rendered, beijing, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::storage::accounts::phone_index;
use crate::storage::limits::{self, Limit};
use crate::storage::representative_invitations::{self as invitations, LIFETIME};

/// How often the waiting page is loaded again, in seconds.
const REFRESH: u32 = 30;
const DAY: u64 = 24 * 60 * 60;
/// Questions of one legacy account, to one phone, from one address.
const PER_ACCOUNT: Limit = Limit::new(5, DAY);
const PER_PHONE: Limit = Limit::new(3, DAY);
const PER_ADDRESS: Limit = Limit::new(20, DAY);

#[derive(Template)]
#[template(path = "journey/confirmation.html")]
struct ConfirmationPage {
    page: Page,
    nav: Nav,
    form: Form,
    captcha: Option<View>,
    waiting: Option<Waiting>,
    declined: bool,
    refresh: Refresh,
}

struct Waiting {
    number: String,
    phone: String,
    until: String,
}

/// Wait for the representative's word.
#[derive(Debug)]
pub(crate) struct AwaitConfirmation;

impl AwaitConfirmation {
    fn page(&self, cx: &Cx<'_>, form: Form, status: u16) -> Result<Rendered, StepError> {
        let open = cx.answers.unit.invitation.as_ref();
        let declined = open.is_some_and(|i| i.declined);
        let waiting = open.filter(|i| !i.declined && cx.visit.now < i.until).map(|i| Waiting {
            number: cx.case.map(ToString::to_string).unwrap_or_default(),
            phone: i.phone.clone(),
            until: beijing(i.until),
        });
        let refresh = Refresh::of(cx, waiting.as_ref().map(|_| REFRESH));
        let template = ConfirmationPage {
            page: cx.page(if waiting.is_some() { "confirmation-waiting-title" } else { "confirmation-title" }),
            nav: nav(cx, self),
            captcha: if waiting.is_none() { Some(captcha(cx.app, cx.visit, &form)?) } else { None },
            form,
            waiting,
            declined,
            refresh,
        };
        Ok(Rendered::new(status, &template).refreshing(refresh.seconds()))
    }

    async fn act(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let unit = &cx.answers.unit;
        match params.text("action") {
            "here" => {
                let unit = UnitAnswers { invited: false, invitation: None, ..(**unit).clone() };
                Ok(Taken::Next(
                    Box::new(Answers { unit: Box::new(unit), ..cx.answers.clone() }),
                    vec![Effect::Uninvite],
                ))
            }
            "again" => {
                let unit = UnitAnswers { invitation: None, ..(**unit).clone() };
                Ok(Taken::Next(
                    Box::new(Answers { unit: Box::new(unit), ..cx.answers.clone() }),
                    vec![Effect::Uninvite],
                ))
            }
            // Asked already: a second click.
            _ if unit.invitation.as_ref().is_some_and(|i| !i.declined && cx.visit.now < i.until) => Ok(Taken::Moved),
            _ => self.ask(cx, params).await,
        }
    }

    async fn ask(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, form, 200)?));
        }
        let phone = Phone::parse(params.text("phone"));
        let phone =
            phone.map_err(|fault| form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-")))).ok();
        if form.is_faulty() || !passes_captcha(cx.app, cx.visit, params, &mut form).await? {
            return Ok(Taken::Show(self.page(cx, form, 422)?));
        }
        let (Some(phone), Some(proof), Some(unit)) = (phone, cx.answers.proof(), &cx.answers.unit.entered) else {
            return Ok(Taken::Moved);
        };
        let index = phone_index(&cx.app.keys, &phone);
        let budgets = [
            (format!("invite row {} {}", proof.system(), proof.subject()), PER_ACCOUNT),
            (format!("invite phone {index}"), PER_PHONE),
            (format!("invite address {}", cx.visit.asker.address), cx.visit.asker.share(PER_ADDRESS)),
        ];
        if !within(cx, budgets).await? {
            form.fault("phone", "confirmation-limited");
            return Ok(Taken::Show(self.page(cx, form, 429)?));
        }
        let (id, case) = (InvitationId::mint(cx.visit.now, &cx.app.random), cx.case_number());
        let question =
            Question { unit: unit.clone(), system: proof.system().clone(), account: proof.account().to_owned() };
        let until = cx.visit.now.plus(LIFETIME);
        let row = invitations::Invitation {
            content: cx.app.keys.seal_json(Purpose::Journey, id.as_str(), &question)?,
            id: id.clone(),
            journey: cx.id.clone(),
            case: case.clone(),
            phone_index: index,
            expires_at: until,
            answered: None,
        };
        let text = texts::represent(&cx.app.config.site.sms_signature, unit.name.as_str(), &case);
        let to = Recipient::Phone(phone);
        let asked = Invitation { id, unit: unit.clone(), phone: to.masked(), until, declined: false };
        let unit = UnitAnswers { invitation: Some(asked), ..(*cx.answers.unit).clone() };
        let effects = vec![
            Effect::Audit("journey.representative_asked", json!({ "phone": to.masked(), "case": case })),
            Effect::Case(case),
            Effect::Uninvite,
            Effect::Invite(Box::new(row)),
            Effect::Tell(to.message(texts::CASE_SUBJECT, text)),
        ];
        Ok(Taken::Next(Box::new(Answers { unit: Box::new(unit), ..cx.answers.clone() }), effects))
    }
}

async fn within(cx: &Cx<'_>, budgets: [(String, Limit); 3]) -> Result<bool, crate::storage::StorageError> {
    let now = cx.visit.now;
    cx.app
        .db
        .write(move |tx| {
            Box::pin(async move {
                for (subject, limit) in &budgets {
                    if !limits::hit(tx, subject, *limit, now).await? {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        })
        .await
}

impl Step for AwaitConfirmation {
    fn name(&self) -> &'static str {
        "confirmation"
    }

    fn phase(&self) -> Phase {
        Phase::Unit
    }

    fn when(&self) -> &'static str {
        "the representative is elsewhere"
    }

    fn applies(&self, answers: &Answers, _: Date) -> bool {
        answers.unit.invited
    }

    fn is_satisfied(&self, answers: &Answers, _: Date) -> bool {
        answers.representative().is_some()
    }

    fn is_revisited(&self) -> bool {
        false
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        let rendered = self.page(cx, Form::default(), 200);
        Box::pin(async move { rendered })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.act(cx, form))
    }
}
