//! The document already belongs to a verified account, told only after a match and masked: 确认绑定, with proof of
//! control now. Knowing a name and a number is no proof.

use std::sync::Arc;

use askama::Template;
use futures_util::future::BoxFuture;
use serde_json::json;
use time::Date;

use super::{Nav, login_path, nav};
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::account::{Account, PasswordOrigin};
use crate::domain::document::Document;
use crate::domain::typed::compact;
use crate::journeys::answers::{About, Answers, Control, Existing, Review};
use crate::journeys::engine::{Cx, StepError, Taken};
use crate::journeys::step::{Phase, Step};
use crate::journeys::writes::Effect;
use crate::notify::codes::{self, Binding, Recipient, Sent, Verified};
use crate::notify::texts::Purpose;
use crate::pages::door::is_own_password;
use crate::pages::{Form, Page, Rendered, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::storage::{StorageError, accounts};

#[derive(Template)]
#[template(path = "journey/existing.html")]
struct ExistingPage {
    page: Page,
    nav: Nav,
    form: Form,
    masked: String,
    phone: Option<String>,
    code_sent: bool,
    /// The account is being closed: that has to be taken back first.
    closing: bool,
    captcha: View,
    login: String,
}

/// Looks up whose a proven document is.
pub(in crate::journeys) async fn look_up(app: &App, document: &Document) -> Result<Option<Existing>, StorageError> {
    let owner = accounts::find_by_document(&mut app.db.read().await?, &app.keys, document).await?;
    Ok(owner.map(|account| Existing { document: document.clone(), account: account.id }))
}

/// Confirm that the account is one's own, and bind the legacy account to it.
#[derive(Debug)]
pub(crate) struct ExistingAccount;

impl ExistingAccount {
    async fn page(&self, cx: &Cx<'_>, account: &Account, mut form: Form, status: u16) -> Result<Rendered, StepError> {
        let code_sent = match binding(cx, account) {
            Some(binding) => code_waits(cx.app, &binding, cx).await?,
            None => false,
        };
        // One of two is proven: say which is missing, where it is to be entered.
        if let Some(control) = cx.answers.control(cx.today).filter(|_| !form.is_faulty()) {
            let missing = match (control.has_password(), code_sent) {
                (true, true) => "code",
                (true, false) => "captcha",
                (false, _) => "password",
            };
            form.fault(missing, "existing-more");
        }
        let template = ExistingPage {
            page: cx.page("existing-title"),
            nav: nav(cx, self),
            captcha: captcha(cx.app, cx.visit, &form)?,
            form,
            masked: account.user_name.masked(),
            phone: account.phone().map(|p| p.last_two().to_owned()),
            code_sent,
            closing: account.is_closing(),
            login: login_path(cx),
        };
        Ok(Rendered::new(status, &template))
    }

    async fn prove(&self, cx: &Cx<'_>, params: &Params) -> Result<Taken, StepError> {
        let Some(account) = owner(cx).await? else { return Ok(Taken::Moved) };
        let mut form = Form::typed(params);
        if params.get("captcha_kind").is_some() {
            return Ok(Taken::Show(self.page(cx, &account, form, 200).await?));
        }
        // A registration has nothing to bind: its way on is the account's own sign-in.
        if cx.answers.is_registration() {
            return Ok(Taken::Moved);
        }
        if params.text("action") == "review" {
            let review = Review::wanted(About::Control(account.id.clone()), cx.answers);
            let audit = Effect::Audit("journey.review_wanted", json!({ "about": "control" }));
            return Ok(Taken::Next(Box::new(cx.answers.clone().with_review(review)), vec![audit]));
        }
        let proven = match params.text("action") {
            "send" => self.send(cx, &account, params, &mut form).await?,
            "code" => self.code(cx, &account, params, &mut form).await?,
            _ => is_own_password(cx.app, cx.visit, &account, params, &mut form).await?.then_some(Proven::Password),
        };
        let Some(proven) = proven else {
            let status = if form.is_faulty() { 422 } else { 200 };
            return Ok(Taken::Show(self.page(cx, &account, form, status).await?));
        };
        let control = cx.answers.control.clone().filter(|c| c.is_for(cx.answers, cx.today));
        let Some(control) = control.or_else(|| Control::begin(cx.answers, cx.today)) else {
            return Ok(Taken::Moved);
        };
        let control = judge(cx, &account, control, proven);
        let audit = Effect::Audit("journey.control", json!({ "by": proven.as_str(), "enough": control.is_enough() }));
        Ok(Taken::Next(Box::new(Answers { control: Some(control), ..cx.answers.clone() }), vec![audit]))
    }

    async fn send(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        params: &Params,
        form: &mut Form,
    ) -> Result<Option<Proven>, StepError> {
        if !passes_captcha(cx.app, cx.visit, params, form).await? {
            return Ok(None);
        }
        let sent = match binding(cx, account) {
            Some(binding) => cx.app.send_code(binding, cx.visit.asker.clone()).await?,
            None => Sent::Limited,
        };
        match sent {
            Sent::Sent => {}
            Sent::TooSoon => form.fault("code", "code-too-soon"),
            Sent::Wait => form.fault("captcha", "code-wait"),
            Sent::Limited => form.fault("captcha", "code-limited"),
        }
        Ok(None)
    }

    async fn code(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        params: &Params,
        form: &mut Form,
    ) -> Result<Option<Proven>, StepError> {
        let Some(binding) = binding(cx, account) else { return Ok(None) };
        let (keys, typed, now) = (Arc::clone(&cx.app.keys), compact(params.text("code")), cx.visit.now);
        let asker = cx.visit.asker.clone();
        let verified = cx
            .app
            .db
            .write(move |tx| Box::pin(async move { codes::verify(tx, &keys, (&binding, &asker), &typed, now).await }))
            .await?;
        match verified {
            Verified::Right => return Ok(Some(Proven::Code)),
            Verified::Wrong => form.fault("code", "code-wrong"),
            Verified::Spent => form.fault("code", "code-spent"),
            Verified::Limited => form.fault("code", "code-limited"),
        }
        Ok(None)
    }
}

/// Somebody who registers afresh has an account already: told masked, and only after a match.
fn registered(cx: &Cx<'_>, step: &dyn Step, account: &Account) -> Rendered {
    let page = cx.page("existing-title");
    let template = super::Stop {
        text: page.tv("existing-registered-text", account.user_name.masked()),
        ways: vec![(page.t("to-login"), login_path(cx)), (page.t("migrate-entry"), "/migrate".to_owned())],
        retry: None,
        nav: nav(cx, step),
        page,
    };
    Rendered::new(200, &template)
}

/// What was just proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proven {
    Password,
    Code,
}

impl Proven {
    fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
        }
    }
}

/// A chosen password is enough; a carried-over one may be the stolen one, and a phone may have a new owner: each of
/// these needs the other. So does either where the owner has set up a second factor: a journey is no way around it.
fn judge(cx: &Cx<'_>, account: &Account, control: Control, proven: Proven) -> Control {
    let chosen = account.password.as_ref().is_some_and(|p| p.origin == PasswordOrigin::Chosen);
    let fresh = account.phone_counts(cx.visit.now);
    let alone = !account.second_factors.any();
    match proven {
        Proven::Password => control.with_password(chosen && alone),
        Proven::Code => control.with_code(fresh && alone),
    }
}

/// Whose the proven document or credit code is already; a disabled or closed account can't be bound to.
pub(super) async fn owner(cx: &Cx<'_>) -> Result<Option<Arc<Account>>, StorageError> {
    match cx.answers.existing_account(cx.today) {
        Some(id) => cx.app.caches.account(id).await,
        None => Ok(None),
    }
}

/// What a code is bound to: this journey, this legacy account, the phone on file.
fn binding(cx: &Cx<'_>, account: &Account) -> Option<Binding> {
    let proof = cx.answers.proof()?;
    let system = cx.app.systems.get(proof.system())?;
    Some(Binding {
        purpose: Purpose::Bind(system.name(false).to_owned()),
        transaction: format!("{}:{}:{}", cx.id, proof.system(), proof.subject()),
        to: Recipient::Phone(account.phone().cloned()?),
    })
}

async fn code_waits(app: &App, binding: &Binding, cx: &Cx<'_>) -> Result<bool, StorageError> {
    let key = codes::last(&mut app.db.read().await?, &app.keys, binding).await?;
    Ok(key.is_some_and(|at| cx.visit.now.since(at) < crate::storage::codes::LIFETIME))
}

impl Step for ExistingAccount {
    fn name(&self) -> &'static str {
        "existing-account"
    }

    fn phase(&self) -> Phase {
        Phase::Identity
    }

    fn when(&self) -> &'static str {
        "the document already belongs to an account"
    }

    fn applies(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today).is_some()
    }

    fn is_satisfied(&self, answers: &Answers, today: Date) -> bool {
        // A registration has nothing to bind: it ends here.
        !answers.is_registration()
            && (answers.control(today).is_some_and(Control::is_enough)
                || answers.approved_control(today).is_some()
                || answers.open_review(today).is_some_and(|review| matches!(review.about(), About::Control(_))))
    }

    fn show<'a>(&'a self, cx: &'a Cx<'a>) -> BoxFuture<'a, Result<Rendered, StepError>> {
        Box::pin(async move {
            let Some(account) = owner(cx).await? else {
                return Ok(super::stop(cx, self, "existing-gone", 200, &[("to-home", "/".to_owned())]));
            };
            if cx.answers.is_registration() {
                return Ok(registered(cx, self, &account));
            }
            self.page(cx, &account, Form::default(), 200).await
        })
    }

    fn take<'a>(&'a self, cx: &'a Cx<'a>, form: &'a Params) -> BoxFuture<'a, Result<Taken, StepError>> {
        Box::pin(self.prove(cx, form))
    }
}
