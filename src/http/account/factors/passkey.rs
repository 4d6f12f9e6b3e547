//! Setting up a passkey.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{add, added, label};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::authenticator::AuthenticatorKind;
use crate::http::account::confirm::proven;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::sign_in::second_factor::passkey::{self, Ceremony};

const BACK: &str = "/account/factors/passkey";

#[derive(Template)]
#[template(path = "account/passkey.html")]
struct PasskeyPage {
    page: Page,
    form: Form,
    ceremony: Ceremony,
}

async fn page(app: &App, visit: &Visit, account: &Account, form: Form, status: u16) -> Result<Reply, Mishap> {
    let ceremony = passkey::set_up(app, account, &visit.browser).await?.ok_or(Mishap::NotFound)?;
    let template = PasskeyPage { page: visit.page("passkey-title"), form, ceremony };
    Ok(Reply::page(Rendered::new(status, &template).scripted()))
}

/// `GET /account/factors/passkey`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    match proven(&visit, BACK) {
        Ok((_, account)) => page(&app, &visit, account, Form::default(), 200).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/factors/passkey`: what the browser has made.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let name = label(&visit, params.text("label"), AuthenticatorKind::Passkey);
    let answer = (params.text("ticket"), params.text("answer"), name.as_str());
    let made = passkey::made(&app, account, &visit.browser, answer).await?;
    let stored = match made {
        Some((shown, key, index)) => add(&app, &visit, account, (shown, key, Some(index), None)).await?,
        None => None,
    };
    match stored {
        Some(codes) => Ok(added(&visit, codes)),
        None => {
            let mut form = Form::typed(&params);
            form.fault("passkey", "passkey-not-made");
            page(&app, &visit, account, form, 422).await
        }
    }
}
