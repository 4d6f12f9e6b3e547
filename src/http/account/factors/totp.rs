//! Setting up an authenticator app: its secret as a picture and in letters, and a first code that proves it was taken over.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::{add, added, label};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::account::Account;
use crate::domain::authenticator::{Authenticator, AuthenticatorKind};
use crate::domain::typed::compact;
use crate::http::account::confirm::proven;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::{AccountId, AuthenticatorId};
use crate::pages::{Form, Page, QrCode, Rendered, Visit};
use crate::sign_in::second_factor::totp;

const BACK: &str = "/account/factors/totp";
const LIFETIME: Duration = Duration::from_secs(30 * 60);
const CONTEXT: &str = "authenticator app";

#[derive(Template)]
#[template(path = "account/totp.html")]
struct TotpPage {
    page: Page,
    form: Form,
    ticket: String,
    /// In groups of four.
    secret: String,
    picture: Option<QrCode>,
}

/// An app that is being set up: travels sealed, so that nothing is kept of what isn't finished.
#[derive(Serialize, Deserialize)]
struct SetUp {
    account: AccountId,
    browser: String,
    secret: String,
    expires_at: Timestamp,
}

fn page(app: &App, visit: &Visit, account: &Account, setup: &SetUp, form: Form, status: u16) -> Result<Reply, Mishap> {
    let address = totp::address(&setup.secret, &app.config.site.sms_signature, account);
    let groups: Vec<String> =
        setup.secret.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into_owned()).collect();
    let template = TotpPage {
        page: visit.page("totp-title"),
        form,
        ticket: app.keys.seal_json(Purpose::Ticket, CONTEXT, setup)?,
        secret: groups.join(" "),
        picture: address.as_deref().and_then(QrCode::of),
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

/// `GET /account/factors/totp`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let setup = SetUp {
        account: account.id.clone(),
        browser: visit.browser.clone(),
        secret: totp::secret(&app),
        expires_at: visit.now.plus(LIFETIME),
    };
    page(&app, &visit, account, &setup, Form::default(), 200)
}

/// `POST /account/factors/totp`: the first code.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let setup: SetUp =
        app.keys.open_json(Purpose::Ticket, CONTEXT, params.text("ticket")).map_err(|_| Mishap::Expired)?;
    let mine = setup.account == account.id && crate::secret::same(setup.browser.as_bytes(), visit.browser.as_bytes());
    if !mine || setup.expires_at <= visit.now {
        return Err(Mishap::Expired);
    }
    let mut form = Form::typed(&params);
    let Some(step) = totp::step(&setup.secret, &compact(params.text("code")), visit.now) else {
        form.fault("code", "totp-code-wrong");
        return page(&app, &visit, account, &setup, form, 422);
    };
    let shown = Authenticator {
        id: AuthenticatorId::mint(visit.now, &app.random),
        kind: AuthenticatorKind::Totp,
        label: label(&visit, params.text("label"), AuthenticatorKind::Totp),
        added_at: visit.now,
        used_at: None,
    };
    // One app is one row: a second click adds nothing.
    let index = app.keys.index("authenticator app", &setup.secret);
    match add(&app, &visit, account, (shown, setup.secret.clone(), Some(index), Some(step))).await? {
        Some(codes) => Ok(added(&visit, codes)),
        None => Ok(Reply::to(super::BACK)),
    }
}
