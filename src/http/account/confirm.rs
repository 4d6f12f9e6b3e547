//! Before something that can't be taken back lightly: the person proves once more who they are, with a second factor where the
//! account has one (NIST SP 800-63B-4, section 2.2.3; ASVS 5.0, 7.5.1). Whoever did so minutes ago isn't asked again.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::person;
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::session::{FRESH, Method, Session};
use crate::http::login::begun;
use crate::http::mishap::Mishap;
use crate::http::posted::{Posted, Queried};
use crate::http::reply::Reply;
use crate::http::second_factor;
use crate::pages::door::is_own_password;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::acr::SignInLevel;
use crate::protocol::params::Params;
use crate::sign_in::second_factor::{Goal, Way};
use crate::sign_in::{needs_captcha, session};

#[derive(Template)]
#[template(path = "account/confirm.html")]
struct ConfirmPage {
    page: Page,
    form: Form,
    user: String,
    /// Where it leads: a page of the account's.
    to: String,
    /// The account has a password.
    password: bool,
    captcha: Option<View>,
}

/// The person who is signed in and has proven it lately, as strongly as the account can; else where they do so first, and come
/// back to `back` from.
pub(in crate::http) fn proven<'a>(visit: &'a Visit, back: &str) -> Result<(&'a Session, &'a Arc<Account>), Reply> {
    let (session, account) = person(visit)?;
    let recent = visit.now.since(session.authenticated_at) < FRESH;
    if recent && session.level >= account.reachable().min(SignInLevel::TwoFactors) && is_own(session, account) {
        return Ok((session, account));
    }
    Err(confirmation(back))
}

/// The way to the proof, and back to `back`.
pub(in crate::http) fn confirmation(back: &str) -> Reply {
    let to: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    Reply::to(format!("/account/confirm?to={to}"))
}

/// Whether it was signed in by something of the account's own, where it has anything: an old system's word is none.
fn is_own(session: &Session, account: &Account) -> bool {
    let methods = Method::split(&session.methods);
    let has = |method| methods.contains(&method);
    match (account.password.is_some(), account.phone().is_some() || account.second_factors.any()) {
        (true, _) => has(Method::Password) || has(Method::Passkey),
        (false, true) => has(Method::OneTimeCode) || has(Method::Passkey),
        (false, false) => true,
    }
}

/// A page of the account's and nothing else: what came from outside leads nowhere else.
fn destination(typed: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_?=&".contains(&b);
    match typed.starts_with("/account/") && !typed.contains("//") && typed.bytes().all(plain) {
        true => typed,
        false => "/account",
    }
}

/// `GET /account/confirm`
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Queried(query): Queried,
) -> Result<Reply, Mishap> {
    page(&app, &visit, destination(query.text("to")), Form::default(), None, 200).await
}

async fn page(
    app: &App,
    visit: &Visit,
    to: &str,
    form: Form,
    captcha: Option<Kind>,
    status: u16,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let identifier = SignInIdentifier::UserName(account.user_name.clone());
    let kind = captcha.unwrap_or(Kind::Picture);
    let captcha = match needs_captcha(app, Some(&identifier), &visit.asker).await? {
        true => Some(ticket::issue(app, kind, &visit.browser, visit.locale.is_english())?),
        false => None,
    };
    let retry_after = form.retry_after();
    let template = ConfirmPage {
        page: visit.page("confirm-title"),
        form,
        user: account.user_name.masked(),
        to: to.to_owned(),
        password: account.password.is_some(),
        captcha,
    };
    Ok(Reply::page(Rendered::new(status, &template).retrying(retry_after)))
}

/// `POST /account/confirm`: the password; then the second factor, if there is one.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let to = destination(params.text("to"));
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return page(&app, &visit, to, form, Some(Kind::named(params.text("captcha_kind"))), 200).await;
    }
    if account.password.is_some() && !is_own_password(&app, &visit, account, &params, &mut form).await? {
        return page(&app, &visit, to, form, None, 422).await;
    }
    let proven: &[Method] = if account.password.is_some() { &[Method::Password] } else { &[] };
    if !Way::of(&app, account).is_empty() {
        return second_factor::begin(&app, &visit, &params, account, (Goal::Confirm, proven)).await;
    }
    confirmed(&app, &visit, account, (proven, None), &params).await
}

/// Everything is proven: the session is as strong and as fresh as that, under another cookie.
pub(in crate::http) async fn confirmed(
    app: &App,
    visit: &Visit,
    account: &Account,
    (methods, known): (&[Method], Option<String>),
    params: &Params,
) -> Result<Reply, Mishap> {
    let here = visit.signed_in.as_ref().map(|(session, _)| session).filter(|here| here.account == account.id);
    let here = here.ok_or(Mishap::Expired)?;
    let new = session::begin(app, &account.id, (methods, visit.place()), Some(here)).await?;
    begun(app, visit, (&new, false), known, Reply::to(destination(params.text("to")).to_owned())).await
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn a_confirmation_leads_to_the_account_s_own_pages_alone() {
        for good in ["/account/password", "/account/factors/totp", "/account/recovery?case=AB12"] {
            assert_eq!(destination(good), good);
        }
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/account//evil.example",
            "/account/../logout",
            "/logout",
            "/account/\r\nx",
        ] {
            assert_eq!(destination(bad), "/account", "{bad}");
        }
    }
}
