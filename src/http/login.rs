//! The login page: 个人登录 / 法人登录, and the way to the wizard. Whoever it is may sign in on either tab; the units' tab
//! asks next whom to act for.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::accounts::{self, Aside};
use super::cookies::{Cookie, holding};
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use super::{actor, closing, second_factor};
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::session::{Method, Session};
use crate::ids::InteractionId;
use crate::pages::door::{self, Tried};
use crate::pages::{Applicant, Form, Page, Rendered, Visit, login as login_path};
use crate::protocol::params::Params;
use crate::provider::authorize::Addressed;
use crate::sign_in::second_factor::Goal;
use crate::sign_in::second_factor::passkey::{self, Ceremony};
use crate::sign_in::session::{self, NewSession};
use crate::sign_in::{Held, KnownBrowser, held, needs_captcha};
use crate::storage::interactions;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    page: Page,
    form: Form,
    interaction: String,
    client: Option<Applicant>,
    legal_person: bool,
    /// What the field of the name is called.
    label: &'static str,
    captcha: Option<View>,
    passkey: Option<Ceremony>,
    /// Federated systems: id and name.
    others: Vec<(String, String)>,
    /// Whoever is signed in stays so: another account is added.
    keep: bool,
    /// Accounts of this browser that can be chosen without signing in.
    aside: Vec<Aside>,
}

/// Who waits behind a login, and what it hints at.
pub(super) struct Waiting {
    /// Whose it is.
    pub(super) asker: Option<Arc<Client>>,
    /// Where the client's answer goes: a sign-in may end there at once.
    pub(super) origin: Option<String>,
    hint: Option<String>,
    legal_person: bool,
    keep: bool,
}

pub(super) async fn waiting(app: &App, visit: &Visit, id: &str) -> Result<Waiting, Mishap> {
    let nobody = Waiting { asker: None, origin: None, hint: None, legal_person: false, keep: false };
    if id.is_empty() {
        return Ok(nobody);
    }
    let id = InteractionId::from(id);
    let found = interactions::find(&mut app.db.read().await?, &id, &visit.browser, visit.now).await?;
    let request = found.ok_or(Mishap::Expired)?.request;
    let client = app.client(request.client_id.as_str()).await?.ok_or(Mishap::Client)?;
    Ok(Waiting {
        origin: Addressed::of(app, &request).await?.ok().map(|addressed| addressed.redirect_uri.origin()),
        legal_person: client.kind_of(request.account_kind) == Some(AccountKind::LegalPerson),
        hint: request.login_hint,
        keep: false,
        asker: Some(client),
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
    let waiting = Waiting { legal_person, keep: query.get("keep").is_some(), ..waiting };
    login_page(&app, &visit, interaction, waiting, form, captcha, 200).await
}

async fn login_page(
    app: &App,
    visit: &Visit,
    interaction: &str,
    waiting: Waiting,
    form: Form,
    captcha: Option<View>,
    status: u16,
) -> Result<Reply, Mishap> {
    let keep = waiting.keep && !visit.is_in_hall();
    // Over there nobody knows that somebody stays signed in here.
    let others: Vec<_> = app.systems.iter().filter(|system| system.signs_in && !keep).collect();
    let english = visit.locale.is_english();
    let origins: Vec<_> =
        waiting.origin.iter().map(String::as_str).chain(others.iter().filter_map(|s| s.leads_to())).collect();
    let client = waiting.asker.as_ref().map(|client| Applicant::of(client, visit.locale));
    let picture = client.as_ref().and_then(Applicant::pictured_at);
    let passkey = passkey::discover(app, &visit.browser)?;
    let retry_after = form.retry_after();
    let page = LoginPage {
        page: visit.page("login-title"),
        form,
        interaction: interaction.to_owned(),
        client,
        legal_person: waiting.legal_person,
        label: if waiting.legal_person { "login-identifier-legal" } else { "login-identifier" },
        captcha,
        passkey,
        others: others.iter().map(|system| (system.id.0.clone(), system.name(english).to_owned())).collect(),
        keep,
        aside: if visit.signed_in.is_none() { accounts::aside(app, visit).await? } else { Vec::new() },
    };
    Ok(Reply::page(
        Rendered::new(status, &page).leading_to(origins.join(" ")).picturing(picture).retrying(retry_after).scripted(),
    ))
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

/// The accounts that this browser is known to; in a hall it is known to nobody.
pub(super) fn known(app: &App, visit: &Visit, headers: &HeaderMap) -> KnownBrowser {
    let cookie = Cookie::Known.read(&app.config, headers).filter(|_| !visit.is_in_hall());
    KnownBrowser::open(app, cookie.as_deref())
}

/// The door of names and passwords, on a browser that may be known.
pub(super) async fn tried(app: &App, visit: &Visit, headers: &HeaderMap, params: &Params) -> Result<Tried, Mishap> {
    // A hall's browser is nobody's own.
    let known = known(app, visit, headers);
    Ok(door::tried(app, visit, &known, params).await?)
}

/// `POST /login`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    match tried(&app, &visit, &headers, &params).await? {
        Tried::SignedIn(account) => {
            let legal = params.text("tab") == "legal";
            let signed_in =
                SignedIn { account: &account, methods: &[Method::Password], known: None, legal, keep: keeps(&params) };
            finish(&app, &visit, params.get("interaction"), signed_in).await
        }
        // A unit has no phone that a code could go to: whoever acts for it proves themselves.
        Tried::SecondStep(account) if account.kind() == AccountKind::LegalPerson => {
            actor::instead_of_code(&app, &visit, &params, &account).await
        }
        Tried::SecondStep(account) => {
            second_factor::begin(&app, &visit, &params, &account, (Goal::SignIn, &[Method::Password])).await
        }
        Tried::Again(form, status, captcha) => {
            again(&app, &visit, params.text("interaction"), form, status, captcha).await
        }
    }
}

/// `POST /login/passkey`: a passkey, and nothing else.
pub(super) async fn by_passkey(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let answer = (params.text("ticket"), params.text("answer"));
    let Some(account) = passkey::sign_in(&app, &visit.browser, answer).await? else {
        let visit = Visit { path: login_path(params.get("interaction")), ..visit };
        let mut form = Form::typed(&params);
        form.fault("passkey", "passkey-refused");
        let captcha = needs_captcha(&app, None, &visit.asker).await?.then_some(Kind::Picture);
        return again(&app, &visit, params.text("interaction"), form, 422, captcha).await;
    };
    let legal = params.text("tab") == "legal";
    let signed_in =
        SignedIn { account: &account, methods: &[Method::Passkey], known: None, legal, keep: keeps(&params) };
    finish(&app, &visit, params.get("interaction"), signed_in).await
}

async fn again(
    app: &App,
    visit: &Visit,
    interaction: &str,
    form: Form,
    status: u16,
    captcha: Option<Kind>,
) -> Result<Reply, Mishap> {
    let legal_person = form.chosen("tab", "legal");
    let keep = form.chosen("keep", "yes");
    let waiting = Waiting { legal_person, keep, ..waiting(app, visit, interaction).await? };
    let english = visit.locale.is_english();
    let captcha = captcha.map(|kind| ticket::issue(app, kind, &visit.browser, english)).transpose()?;
    login_page(app, visit, interaction, waiting, form, captcha, status).await
}

/// Who has signed in, and how.
pub(super) struct SignedIn<'a> {
    pub(super) account: &'a Account,
    pub(super) methods: &'a [Method],
    /// The cookie of a browser that is known to the account from now on.
    pub(super) known: Option<String>,
    /// On the units' tab: then it is asked next whom to act for.
    pub(super) legal: bool,
    /// Whoever was signed in here before stays so (several accounts in one browser).
    pub(super) keep: bool,
}

/// Whether a form says that whoever is signed in stays so.
pub(super) fn keeps(params: &Params) -> bool {
    params.text("keep") == "yes"
}

/// Begins the session, or goes on with the account's own; others in this browser end, unless they are to be kept.
pub(super) async fn finish(
    app: &App,
    visit: &Visit,
    interaction: Option<&str>,
    signed_in: SignedIn<'_>,
) -> Result<Reply, Mishap> {
    if signed_in.account.is_closing() {
        return closing::offer(app, visit, interaction, &signed_in).await;
    }
    let SignedIn { account, methods, known, legal, keep } = signed_in;
    if let Some(stopped) = actor::stopped(app, visit, account).await? {
        return Ok(stopped);
    }
    let to = match (account.kind(), interaction) {
        (AccountKind::LegalPerson, Some(id)) => format!("/login/actor?interaction={id}"),
        (AccountKind::LegalPerson, None) => "/login/actor".to_owned(),
        (AccountKind::Individual, Some(id)) if legal => format!("/interaction/{id}/account"),
        (AccountKind::Individual, Some(id)) => format!("/interaction/{id}"),
        (AccountKind::Individual, None) if legal => "/account/units".to_owned(),
        (AccountKind::Individual, None) => "/account".to_owned(),
    };
    let keep = keep && !visit.is_in_hall();
    let mine = |(session, of): (Session, Arc<Account>)| (of.id == account.id).then_some(session);
    let here = match visit.signed_in.clone().and_then(mine) {
        None if keep => held::aside(app, &visit.held).await?.into_iter().find_map(mine),
        here => here,
    };
    let new = session::begin(app, &account.id, (methods, visit.place()), here.as_ref()).await?;
    begun(app, visit, (&new, keep), known, Reply::to(to)).await
}

/// A session has begun: the cookies go out with the reply; what else the browser held ends, or is put aside.
pub(super) async fn begun(
    app: &App,
    visit: &Visit,
    (new, keep): (&NewSession, bool),
    known: Option<String>,
    reply: Reply,
) -> Result<Reply, Mishap> {
    let held = take_over(app, visit, &new.cookie(), keep).await?;
    let reply = reply.cookies(holding(app, &held, &visit.held));
    let age = Some(crate::sign_in::KNOWN_BROWSER_LIFETIME);
    Ok(known.iter().fold(reply, |reply, known| reply.cookie(Cookie::Known.set(&app.config, known, age))))
}

/// What the browser holds from now on. A renewed session takes its own place, and those put aside stay there.
pub(super) async fn take_over(app: &App, visit: &Visit, cookie: &str, keep: bool) -> Result<Held, Mishap> {
    let held = &visit.held;
    let renewed = held.replacing(cookie);
    if renewed.current_id() == held.current_id() {
        return Ok(renewed);
    }
    if keep {
        let (beside, gone) = held.beside(cookie);
        held::end_all(app, &gone, "signed in again").await?;
        return Ok(beside);
    }
    if let Some((old, _)) = &visit.signed_in {
        session::supersede(app, old).await?;
    }
    held::end_all(app, &renewed.aside, "signed in again").await?;
    Ok(Held { aside: Vec::new(), ..renewed })
}
