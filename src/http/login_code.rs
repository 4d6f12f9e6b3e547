//! The second step of a sign-in: a code to the account's phone.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::actor;
use super::cookies::Cookie;
use super::login::{SignedIn, finish, waiting};
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::notify::codes::{Sent, Verified};
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::params::Params;
use crate::sign_in::{KnownBrowser, Pending, send, verify};

/// What goes on through the step: where it leads afterwards. None of it proves anything.
const CARRIED: [&str; 3] = ["interaction", "tab", "unit"];

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodePage {
    page: Page,
    form: Form,
    ticket: String,
    phone: String,
    carried: Vec<(&'static str, String)>,
}

/// Sends the code and shows the page.
pub(super) async fn begin(app: &App, visit: &Visit, params: &Params, account: &Account) -> Result<Reply, Mishap> {
    let mut form = Form::default();
    match send(app, account, &visit.browser, &visit.asker).await? {
        Sent::Sent | Sent::TooSoon => {}
        Sent::Wait => form.fault("code", "code-wait"),
        Sent::Limited => form.fault("code", "code-limited"),
    }
    let ticket = Pending::begin(app, account, &visit.browser)?;
    page(app, visit, params, account, (ticket, form), 200).await
}

async fn page(
    app: &App,
    visit: &Visit,
    params: &Params,
    account: &Account,
    (ticket, form): (String, Form),
    status: u16,
) -> Result<Reply, Mishap> {
    let origin = waiting(app, visit, params.text("interaction")).await?.origin;
    let page = CodePage {
        page: visit.page("login-code-title"),
        form,
        ticket,
        phone: account.phone().map(|p| p.last_two().to_owned()).unwrap_or_default(),
        carried: CARRIED.into_iter().filter_map(|name| Some((name, params.get(name)?.to_owned()))).collect(),
    };
    Ok(Reply::page(Rendered::new(status, &page).leading_to(origin.unwrap_or_default())))
}

/// `POST /login/code`
pub(super) async fn code(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
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
        return page(&app, &visit, &params, &account, (ticket.to_owned(), form), 200).await;
    }
    let typed = crate::domain::typed::compact(params.text("code"));
    match verify(&app, &account, (&visit.browser, &visit.asker), &typed).await? {
        Verified::Right => {
            let known = KnownBrowser::open(&app, Cookie::Known.read(&app.config, &headers).as_deref());
            let known = Some(known.with(&app, &account.id, visit.now)?);
            let methods = [Method::Password, Method::OneTimeCode, Method::Sms];
            if params.text("tab") == "actor" {
                return actor::proven(&app, &visit, &params, &account, (&methods, known)).await;
            }
            let legal = params.text("tab") == "legal";
            let signed_in = SignedIn { account: &account, methods: &methods, known, legal };
            return finish(&app, &visit, params.get("interaction"), signed_in).await;
        }
        Verified::Wrong => form.fault("code", "code-wrong"),
        Verified::Spent => form.fault("code", "code-spent"),
        Verified::Limited => form.fault("code", "code-limited"),
    }
    page(&app, &visit, &params, &account, (ticket.to_owned(), form), 422).await
}
