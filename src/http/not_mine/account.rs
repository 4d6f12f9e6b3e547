//! 'This wasn't me': the account is frozen by whoever is signed in to it, or reads one of its channels; and by nobody else.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::done;
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::account::AccountKind;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::typed::compact;
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::notify::texts::Purpose;
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::sign_in::recovery::freeze::freeze;
use crate::sign_in::recovery::{Claim, Proof};

#[derive(Template)]
#[template(path = "not_mine/account.html")]
struct AccountPage {
    page: Page,
    form: Form,
    captcha: View,
    /// Who is signed in, masked.
    user: Option<String>,
}

#[derive(Template)]
#[template(path = "not_mine/account_code.html")]
struct CodePage {
    page: Page,
    form: Form,
    ticket: String,
}

fn account_page(app: &App, visit: &Visit, form: Form, status: u16) -> Result<Reply, Mishap> {
    let captcha = captcha(app, visit, &form)?;
    let signed_in = visit.signed_in.as_ref().filter(|(_, account)| account.kind() == AccountKind::Individual);
    let user = signed_in.map(|(_, account)| account.user_name.masked());
    Ok(Reply::page(Rendered::new(status, &AccountPage { page: visit.page("freeze-title"), form, captcha, user })))
}

fn code_page(visit: &Visit, ticket: String, form: Form, status: u16) -> Reply {
    Reply::page(Rendered::new(status, &CodePage { page: visit.page("freeze-code-title"), form, ticket }))
}

fn frozen(visit: &Visit) -> Reply {
    let signed_out = Visit { signed_in: None, ..visit.clone() };
    done(&signed_out, ("freeze-done-title", "freeze-done-text"), true)
}

/// `GET /not-mine/account`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    account_page(&app, &visit, Form::default(), 200)
}

/// `POST /account/freeze`: the account that is signed in.
pub(in crate::http) async fn mine(State(app): State<Arc<App>>, visit: Visit, _: Posted) -> Result<Reply, Mishap> {
    let signed_in = visit.signed_in.as_ref().filter(|(_, account)| account.kind() == AccountKind::Individual);
    let Some((_, account)) = signed_in else { return Ok(to_login()) };
    freeze(&app, &account.id, "session").await?;
    Ok(frozen(&visit))
}

/// `POST /not-mine/account`: the identifier and a captcha; a code goes out, if there is such an account.
pub(in crate::http) async fn send(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return account_page(&app, &visit, form, 200);
    }
    let typed = params.text("identifier");
    if typed.is_empty() {
        form.fault("identifier", "login-identifier-empty");
        return account_page(&app, &visit, form, 422);
    }
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return account_page(&app, &visit, form, 422);
    }
    let identifier = SignInIdentifier::parse(typed, app.today()).ok();
    let how = (visit.browser.as_str(), params.text("channel") == "mail");
    let (claim, account) = Claim::of(&app, (identifier.as_ref(), typed), &Purpose::Freeze, how).await?;
    claim.send(&app, Purpose::Freeze, account.as_ref(), &visit.asker).await?;
    Ok(code_page(&visit, claim.seal(&app)?, Form::default(), 200))
}

/// `POST /not-mine/account/code`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let ticket = params.text("ticket");
    let claim = Claim::open(&app, ticket, &Purpose::Freeze, &visit.browser);
    let Some(claim) = claim else { return Ok(Reply::to("/not-mine/account")) };
    let mut form = Form::default();
    let typed = compact(params.text("code"));
    let (key, status) = match claim.prove(&app, (&Purpose::Freeze, &visit.asker), (&typed, None)).await? {
        Proof::Right(account) => {
            freeze(&app, &account.id, "code").await?;
            return Ok(frozen(&visit));
        }
        Proof::Wrong => ("resume-refused-code", 422),
        Proof::Limited => ("recover-limited", 429),
    };
    form.fault("code", key);
    Ok(code_page(&visit, ticket.to_owned(), form, status))
}
