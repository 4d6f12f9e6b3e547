//! The new password, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{login, start_path};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Form, Page, Rendered, Visit, beijing, new_password, own_data};
use crate::protocol::params::Params;
use crate::sign_in::recovery::{Reset, has_to_wait, reset};
use crate::sign_in::second_factor::{Goal, Opened, Pending};

#[derive(Template)]
#[template(path = "recover/password.html")]
struct PasswordPage {
    page: Page,
    form: Form,
    ticket: String,
    interaction: String,
    /// For password managers.
    user_name: String,
    /// It will not take effect at once.
    waits: bool,
}

#[derive(Template)]
#[template(path = "recover/done.html")]
struct DonePage {
    page: Page,
    /// When it takes effect; none: now.
    from: Option<String>,
    /// Another one waits already.
    waiting: bool,
    login: String,
}

async fn opened(app: &App, visit: &Visit, ticket: &str) -> Result<Option<Opened>, Mishap> {
    let opened = Pending::open(app, ticket, &visit.browser).await?;
    Ok(opened.filter(|opened| opened.goal == Goal::Recover && opened.account.is_active()))
}

/// Asks for the new password, after what the ticket says has been proven.
pub(in crate::http) async fn ask(app: &App, visit: &Visit, params: &Params, ticket: &str) -> Result<Reply, Mishap> {
    match opened(app, visit, ticket).await? {
        Some(opened) => page(app, visit, params, &opened, (ticket, Form::default()), 200).await,
        None => Ok(Reply::to(start_path(params))),
    }
}

/// A second factor was proven beside: what comes is the owner's doing.
pub(in crate::http) async fn strengthened(
    app: &App,
    visit: &Visit,
    params: &Params,
    (account, proven): (&Account, &[Method]),
) -> Result<Reply, Mishap> {
    let ticket = Pending::begin(app, account, &visit.browser, Goal::Recover, proven)?;
    ask(app, visit, params, &ticket).await
}

async fn page(
    app: &App,
    visit: &Visit,
    params: &Params,
    opened: &Opened,
    (ticket, form): (&str, Form),
    status: u16,
) -> Result<Reply, Mishap> {
    let template = PasswordPage {
        page: Page { login: login(params), ..visit.page("recover-password-title") },
        form,
        ticket: ticket.to_owned(),
        interaction: params.text("interaction").to_owned(),
        user_name: opened.account.user_name.as_str().to_owned(),
        waits: has_to_wait(app, &opened.account, &opened.proven, visit.now).await?,
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

/// `POST /recover/password`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket");
    let Some(opened) = opened(&app, &visit, ticket).await? else { return Err(Mishap::Expired) };
    let mut form = Form::default();
    let hash = match new_password(&app, &params, &own_data(&opened.account), &mut form).await {
        Ok(hash) => hash,
        Err(status) => return page(&app, &visit, &params, &opened, (ticket, form), status).await,
    };
    let (title, from, waiting) = match reset(&app, &opened, (ticket, hash)).await? {
        Reset::Now => ("recover-done-title", None, false),
        Reset::From(at) => ("recover-waits-title", Some(beijing(at)), false),
        Reset::Waiting => ("recover-waiting-title", None, true),
        Reset::Spent => return Err(Mishap::Expired),
    };
    let login = login(&params);
    let page = Page { login: login.clone(), ..visit.page(title) };
    Ok(Reply::page(Rendered::new(200, &DonePage { page, from, waiting, login })))
}
