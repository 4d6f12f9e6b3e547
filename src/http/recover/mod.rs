//! 忘记密码: a new password for whoever has the account's phone and knows the number of its document. Nothing says whether there is
//! such an account, and nobody is signed in by it.

pub(super) mod lost;
pub(super) mod password;
pub(super) mod stop;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::login;
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use super::second_factor;
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::document::DocumentFault;
use crate::domain::identifier::{IdentifierFault, SignInIdentifier};
use crate::domain::session::Method;
use crate::domain::typed::compact;
use crate::notify::codes::Recipient;
use crate::notify::texts::Purpose;
use crate::pages::{Form, Page, Rendered, Visit, captcha, login as login_path, passes_captcha};
use crate::protocol::params::Params;
use crate::sign_in::recovery::{Claim, Proof, reachable};
use crate::sign_in::second_factor::{Goal, Pending};

/// What a proof is about; whether the browser is known makes no other proof of it.
const PURPOSE: Purpose = Purpose::Recover { known: false };

#[derive(Template)]
#[template(path = "recover/start.html")]
struct StartPage {
    page: Page,
    form: Form,
    captcha: View,
    interaction: String,
    /// Asked from the units' tab, or with a unit's code: how a unit gets another password is told.
    unit: bool,
}

#[derive(Template)]
#[template(path = "recover/code.html")]
struct CodePage {
    page: Page,
    form: Form,
    ticket: String,
    interaction: String,
    again: String,
}

/// This page's address, for the request that waits behind it.
fn start_path(params: &Params) -> String {
    match params.get("interaction").filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric())) {
        Some(id) => format!("/recover?interaction={id}"),
        None => "/recover".to_owned(),
    }
}

/// The login page, for the same.
fn login(params: &Params) -> String {
    login_path(params.get("interaction").filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric())))
}

fn start_page(
    app: &App,
    visit: &Visit,
    params: &Params,
    form: Form,
    (unit, status): (bool, u16),
) -> Result<Reply, Mishap> {
    let page = Page { login: login(params), ..visit.page("recover-title") };
    let interaction = params.text("interaction").to_owned();
    let captcha = captcha(app, visit, &form)?;
    Ok(Reply::page(Rendered::new(status, &StartPage { page, form, captcha, interaction, unit })))
}

/// `GET /recover`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Queried(query): Queried) -> Result<Reply, Mishap> {
    start_page(&app, &visit, &query, Form::default(), (query.text("tab") == "legal", 200))
}

/// `GET` of a page that only a form leads to: the beginning.
pub(super) async fn again(Queried(query): Queried) -> Reply {
    Reply::to(start_path(&query))
}

/// `POST /recover`: the identifier and a captcha; a code goes out, if there is such an account.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return start_page(&app, &visit, &params, form, (false, 200));
    }
    let typed = params.text("identifier");
    if typed.is_empty() {
        form.fault("identifier", "login-identifier-empty");
        return start_page(&app, &visit, &params, form, (false, 422));
    }
    let identifier = SignInIdentifier::parse(typed, app.today()).ok();
    // Told by its form alone: nothing is looked up.
    if matches!(identifier, Some(SignInIdentifier::CreditCode(_))) {
        return start_page(&app, &visit, &params, form, (true, 200));
    }
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return start_page(&app, &visit, &params, form, (false, 422));
    }
    let known = login::known(&app, &visit, &headers);
    let (claim, account) = Claim::of(&app, (identifier.as_ref(), typed), &PURPOSE, (&visit.browser, false)).await?;
    let known = account.as_ref().is_some_and(|account| known.knows(account, visit.now));
    claim.send(&app, Purpose::Recover { known }, account.as_ref(), &visit.asker).await?;
    Ok(code_page(&visit, &params, claim.seal(&app)?, Form::default(), 200))
}

fn code_page(visit: &Visit, params: &Params, ticket: String, form: Form, status: u16) -> Reply {
    let page = Page { login: login(params), ..visit.page("recover-code-title") };
    let (interaction, again) = (params.text("interaction").to_owned(), start_path(params));
    Reply::page(Rendered::new(status, &CodePage { page, form, ticket, interaction, again }))
}

/// `POST /recover/code`: the code, and the document's number. One answer to whatever is wrong.
pub(super) async fn prove(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket");
    let Some(claim) = Claim::open(&app, ticket, &PURPOSE, &visit.browser) else {
        return Ok(Reply::to(start_path(&params)));
    };
    let mut form = Form::typed(&params);
    let (code, number) = (compact(params.text("code")), params.text("document_number"));
    if code.is_empty() {
        form.fault("code", "code-empty");
    }
    // A slip of the finger is told by the number alone, before it counts.
    if let Err(IdentifierFault::Document(fault @ (DocumentFault::Checksum | DocumentFault::BirthDate))) =
        SignInIdentifier::parse(number, app.today())
    {
        form.fault("document_number", format!("document-number-{}", fault.to_string().replace('_', "-")));
    }
    if form.is_faulty() {
        return Ok(code_page(&visit, &params, ticket.to_owned(), form, 422));
    }
    let (key, status) = match claim.prove(&app, (&PURPOSE, &visit.asker), (&code, Some(number))).await? {
        Proof::Wrong => ("recover-wrong", 422),
        Proof::Limited => ("recover-limited", 429),
        Proof::Right(account) => {
            let by_mail = matches!(reachable(&account), Some(Recipient::Email(_)));
            let proven: &[Method] = if by_mail { &[Method::OneTimeCode] } else { &[Method::OneTimeCode, Method::Sms] };
            if account.second_factors.any() {
                return second_factor::begin(&app, &visit, &params, &account, (Goal::Recover, proven)).await;
            }
            let ticket = Pending::begin(&app, &account, &visit.browser, Goal::Recover, proven)?;
            return password::ask(&app, &visit, &params, &ticket).await;
        }
    };
    form.fault("code", key);
    Ok(code_page(&visit, &params, ticket.to_owned(), form, status))
}
