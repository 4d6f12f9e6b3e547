//! The login page: 个人登录 / 法人登录, the way to the wizard, and the second step.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::cookies::Cookie;
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::session::Method;
use crate::ids::InteractionId;
use crate::notify::codes::{Sent, Verified};
use crate::pages::{Form, Page, Rendered, Visit, login as login_path};
use crate::protocol::params::Params;
use crate::provider::authorize::Addressed;
use crate::secret::Secret;
use crate::sign_in::session::NewSession;
use crate::sign_in::{Attempt, KnownBrowser, Outcome, Pending, needs_captcha, send, sign_in, verify};
use crate::storage::interactions;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    page: Page,
    form: Form,
    interaction: String,
    client: Option<String>,
    legal_person: bool,
    captcha: Option<View>,
    /// Federated systems: id and name.
    others: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodePage {
    page: Page,
    form: Form,
    interaction: String,
    ticket: String,
    phone: String,
}

/// Who waits behind a login, and what it hints at.
struct Waiting {
    client: Option<String>,
    /// Where the client's answer goes: a sign-in may end there at once.
    origin: Option<String>,
    hint: Option<String>,
    legal_person: bool,
}

async fn waiting(app: &App, visit: &Visit, id: &str) -> Result<Waiting, Mishap> {
    let nobody = Waiting { client: None, origin: None, hint: None, legal_person: false };
    if id.is_empty() {
        return Ok(nobody);
    }
    let id = InteractionId::from(id);
    let found = interactions::find(&mut app.db.read().await?, &id, &visit.browser, visit.now).await?;
    let request = found.ok_or(Mishap::Expired)?.request;
    let client = app.clients.get(request.client_id.as_str()).ok_or(Mishap::Client)?;
    Ok(Waiting {
        client: Some(client.name(visit.locale.is_english()).to_owned()),
        origin: Addressed::of(app, &request).ok().map(|addressed| addressed.redirect_uri.origin()),
        legal_person: request.account_kind.is_some_and(|k| k == crate::domain::account::AccountKind::LegalPerson),
        hint: request.login_hint,
    })
}

/// `GET /login`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Queried(query): Queried) -> Result<Reply, Mishap> {
    let interaction = query.text("interaction");
    let waiting = waiting(&app, &visit, interaction).await?;
    let form = Form::with([("identifier", waiting.hint.as_deref().unwrap_or_default())]);
    let legal_person = match query.text("tab") {
        "legal" => true,
        "individual" => false,
        _ => waiting.legal_person,
    };
    let captcha = match needs_captcha(&app, None, &visit.asker).await? {
        true => Some(ticket::issue(&app, Kind::Picture, &visit.browser, visit.locale.is_english())?),
        false => None,
    };
    let waiting = Waiting { legal_person, ..waiting };
    Ok(login_page(&app, &visit, interaction, waiting, form, captcha, 200))
}

fn login_page(
    app: &App,
    visit: &Visit,
    interaction: &str,
    waiting: Waiting,
    form: Form,
    captcha: Option<View>,
    status: u16,
) -> Reply {
    let others: Vec<_> = app.systems.iter().filter(|system| system.signs_in).collect();
    let english = visit.locale.is_english();
    let origins: Vec<_> =
        waiting.origin.iter().map(String::as_str).chain(others.iter().filter_map(|s| s.leads_to())).collect();
    let page = LoginPage {
        page: visit.page("login-title"),
        form,
        interaction: interaction.to_owned(),
        client: waiting.client,
        legal_person: waiting.legal_person,
        captcha,
        others: others.iter().map(|system| (system.id.0.clone(), system.name(english).to_owned())).collect(),
    };
    Reply::page(Rendered::new(status, &page).leading_to(origins.join(" ")))
}

/// The login page after a sign-in at a federated system that came to nothing; `key` says why.
pub(super) async fn refused(
    app: &App,
    visit: &Visit,
    interaction: Option<&str>,
    key: &'static str,
) -> Result<Reply, Mishap> {
    // Its own path stands for that of the answer, which is good for nothing any more.
    let visit = Visit { path: login_path(interaction), ..visit.clone() };
    let mut form = Form::default();
    form.fault("federated", key);
    let captcha = needs_captcha(app, None, &visit.asker).await?.then_some(Kind::Picture);
    again(app, &visit, interaction.unwrap_or_default(), form, 422, captcha).await
}

/// `POST /login`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: axum::http::HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    let identifier = SignInIdentifier::parse(params.text("identifier"), app.today());
    // A password is never trimmed or folded.
    let password = Secret::new(params.text("password"));
    if params.text("identifier").is_empty() {
        form.fault("identifier", "login-identifier-empty");
    }
    if password.expose().is_empty() {
        form.fault("password", "login-password-empty");
    }
    let (interaction, kind) = (params.text("interaction"), Kind::named(params.text("captcha_kind")));
    let captcha = needs_captcha(&app, identifier.as_ref().ok(), &visit.asker).await?.then_some(kind);
    if params.get("captcha_kind").is_some() {
        return again(&app, &visit, interaction, Form::typed(&params), 200, Some(kind)).await;
    }
    if !form.is_faulty() && captcha.is_some() {
        let answer = params.text("captcha");
        if !ticket::answer(&app, params.text("captcha_ticket"), &visit.browser, answer).await? {
            form.fault("captcha", "captcha-wrong");
        }
    }
    if form.is_faulty() {
        return again(&app, &visit, interaction, form, 422, captcha).await;
    }
    let known = KnownBrowser::open(&app, Cookie::Known.read(&app.config, &headers).as_deref());
    let outcome = match &identifier {
        Ok(identifier) => {
            let attempt = Attempt { identifier, password: &password, asker: &visit.asker, known: &known };
            sign_in(&app, &attempt).await?
        }
        // What has no form of an identifier is nobody's; it takes as long to say so.
        Err(_) => {
            let _ = app.passwords.verify(&password, None).await;
            Outcome::Rejected
        }
    };
    let (status, fault) = match outcome {
        Outcome::SignedIn(account) => {
            return finish(&app, &visit, params.get("interaction"), &account, &[Method::Password], None).await;
        }
        Outcome::SecondStep(account) => return second_step(&app, &visit, &params, &account).await,
        Outcome::Rejected => (422, "login-rejected"),
        Outcome::Limited => (429, "login-limited"),
        Outcome::Busy => (503, "login-busy"),
    };
    form.fault("identifier", fault);
    let captcha = needs_captcha(&app, identifier.as_ref().ok(), &visit.asker).await?.then_some(kind);
    again(&app, &visit, interaction, form, status, captcha).await
}

async fn again(
    app: &App,
    visit: &Visit,
    interaction: &str,
    form: Form,
    status: u16,
    captcha: Option<Kind>,
) -> Result<Reply, Mishap> {
    let waiting = Waiting { legal_person: false, ..waiting(app, visit, interaction).await? };
    let english = visit.locale.is_english();
    let captcha = captcha.map(|kind| ticket::issue(app, kind, &visit.browser, english)).transpose()?;
    Ok(login_page(app, visit, interaction, waiting, form, captcha, status))
}

async fn second_step(app: &App, visit: &Visit, params: &Params, account: &Account) -> Result<Reply, Mishap> {
    let mut form = Form::default();
    match send(app, account, &visit.browser, &visit.asker).await? {
        Sent::Sent | Sent::TooSoon => {}
        Sent::Wait => form.fault("code", "code-wait"),
        Sent::Limited => form.fault("code", "code-limited"),
    }
    let ticket = Pending::begin(app, account, &visit.browser)?;
    code_page(app, visit, params, account, ticket, form, 200).await
}

async fn code_page(
    app: &App,
    visit: &Visit,
    params: &Params,
    account: &Account,
    ticket: String,
    form: Form,
    status: u16,
) -> Result<Reply, Mishap> {
    let origin = waiting(app, visit, params.text("interaction")).await?.origin;
    let page = CodePage {
        page: visit.page("login-code-title"),
        form,
        interaction: params.text("interaction").to_owned(),
        ticket,
        phone: account.phone().map(|p| p.last_two().to_owned()).unwrap_or_default(),
    };
    Ok(Reply::page(Rendered::new(status, &page).leading_to(origin.unwrap_or_default())))
}

/// `POST /login/code`
pub(super) async fn code(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: axum::http::HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket");
    let account = Pending::open(&app, ticket, &visit.browser).await?.ok_or(Mishap::Expired)?;
    let mut form = Form::default();
    if params.get("resend").is_some() {
        match send(&app, &account, &visit.browser, &visit.asker).await? {
            Sent::Sent => {}
            Sent::TooSoon => form.fault("code", "code-too-soon"),
            Sent::Wait => form.fault("code", "code-wait"),
            Sent::Limited => form.fault("code", "code-limited"),
        }
        return code_page(&app, &visit, &params, &account, ticket.to_owned(), form, 200).await;
    }
    let typed = crate::domain::typed::compact(params.text("code"));
    match verify(&app, &account, (&visit.browser, &visit.asker), &typed).await? {
        Verified::Right => {
            let known = KnownBrowser::open(&app, Cookie::Known.read(&app.config, &headers).as_deref());
            let cookie = known.with(&app, &account.id, visit.now)?;
            let methods = [Method::Password, Method::OneTimeCode, Method::Sms];
            return finish(&app, &visit, params.get("interaction"), &account, &methods, Some(cookie)).await;
        }
        Verified::Wrong => form.fault("code", "code-wrong"),
        Verified::Spent => form.fault("code", "code-spent"),
        Verified::Limited => form.fault("code", "code-limited"),
    }
    code_page(&app, &visit, &params, &account, ticket.to_owned(), form, 422).await
}

/// Begins the session; an earlier one in this browser ends.
pub(super) async fn finish(
    app: &App,
    visit: &Visit,
    interaction: Option<&str>,
    account: &Account,
    methods: &[Method],
    known: Option<String>,
) -> Result<Reply, Mishap> {
    let new = NewSession::new(&account.id, methods, visit.device(), visit.now, &app.random);
    let (stored, keys, random) = (new.clone(), Arc::clone(&app.keys), app.random.clone());
    app.db.write(move |tx| Box::pin(async move { stored.store(tx, &keys, &random).await })).await?;
    if let Some((old, _)) = &visit.signed_in {
        crate::sign_in::session::end(app, old, "signed in again").await?;
    }
    let to = match interaction {
        Some(id) => format!("/interaction/{id}"),
        None => "/account".to_owned(),
    };
    let mut reply = Reply::to(to).cookie(Cookie::Session.set(&app.config, &new.cookie(), None));
    if let Some(known) = known {
        let age = Some(crate::sign_in::KNOWN_BROWSER_LIFETIME);
        reply = reply.cookie(Cookie::Known.set(&app.config, &known, age));
    }
    Ok(reply)
}
