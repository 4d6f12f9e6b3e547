//! Another phone, for whoever can sign in: a code to the new one, and one to the old one, or 72 hours in which that can stop it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::confirm::proven;
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::account::Account;
use crate::domain::contact::Phone;
use crate::domain::recovery::Change;
use crate::domain::session::Session;
use crate::domain::typed::compact;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::notify::codes::{Binding, Sent, Verified};
use crate::notify::texts::Purpose;
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::protocol::params::Params;
use crate::sign_in::recovery::held::{Held, verify};
use crate::sign_in::recovery::phone::{NewPhone, change_now};
use crate::sign_in::recovery::{Pen, WAIT, begin, reachable};
use crate::storage::Stored;
use crate::storage::accounts::{ACCOUNTS_PER_PHONE, phone_uses};

const BACK: &str = "/account/phone/change";

#[derive(Template)]
#[template(path = "account/change_phone.html")]
struct ChangePage {
    page: Page,
    form: Form,
    /// `phone`, `code` or `old`: what is asked for now.
    stage: &'static str,
    ticket: String,
    /// The new phone, masked.
    new: String,
    /// Where the other code goes, masked; none: there is no such place.
    old: Option<String>,
    captcha: Option<View>,
}

fn start(app: &App, visit: &Visit, form: Form, status: u16) -> Result<Reply, Mishap> {
    let captcha = Some(captcha(app, visit, &form)?);
    let (page, ticket) = (visit.page("change-phone-title"), String::new());
    let template = ChangePage { page, form, stage: "phone", ticket, new: String::new(), old: None, captcha };
    Ok(Reply::page(Rendered::new(status, &template)))
}

fn page(
    app: &App,
    visit: &Visit,
    (held, account): (&Held, &Account),
    form: Form,
    status: u16,
) -> Result<Reply, Mishap> {
    let template = ChangePage {
        page: visit.page("change-phone-title"),
        form,
        stage: if held.proven_at.is_some() { "old" } else { "code" },
        ticket: held.seal(app)?,
        new: held.phone.masked(),
        old: reachable(account).map(|to| to.masked()),
        captcha: None,
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

/// `GET /account/phone/change`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    match proven(&visit, BACK) {
        Ok(_) => start(&app, &visit, Form::default(), 200),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/phone/change`: the new number and a captcha.
pub(in crate::http) async fn send(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return start(&app, &visit, form, 200);
    }
    let phone = match Phone::parse(params.text("phone")) {
        Ok(phone) if account.phone() == Some(&phone) => {
            form.fault("phone", "change-phone-same");
            return start(&app, &visit, form, 422);
        }
        Ok(phone) => phone,
        Err(fault) => {
            form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-")));
            return start(&app, &visit, form, 422);
        }
    };
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return start(&app, &visit, form, 422);
    }
    let held = Held::of(phone, &Purpose::NewPhone, (Some(&account.id), &visit.browser), visit.now);
    match held.send(&app, &Purpose::NewPhone, &visit.asker).await? {
        Sent::Sent | Sent::TooSoon => return page(&app, &visit, (&held, account), Form::default(), 200),
        Sent::Wait => form.fault("phone", "code-wait"),
        Sent::Limited => form.fault("phone", "code-limited"),
    }
    start(&app, &visit, form, 429)
}

/// `POST /account/phone/change/code`: the new phone's code; then the old one's, or the word to wait.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (here, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let whose = (Some(&account.id), visit.browser.as_str());
    let Some(held) = Held::open(&app, params.text("ticket"), &Purpose::NewPhone, whose) else {
        return Ok(Reply::to(BACK));
    };
    match held.proven_at {
        None => new_code(&app, &visit, account, held, &params).await,
        Some(proven_at) => {
            let new = NewPhone { phone: held.phone.clone(), proven_at, factors_lost: false };
            old_code(&app, &visit, (here, account), (held, new), &params).await
        }
    }
}

fn fault(form: &mut Form, verified: Verified) {
    form.fault(
        "code",
        match verified {
            Verified::Limited => "code-limited",
            Verified::Spent => "code-spent",
            Verified::Wrong | Verified::Right => "code-wrong",
        },
    );
}

async fn new_code(app: &App, visit: &Visit, account: &Account, held: Held, params: &Params) -> Result<Reply, Mishap> {
    let mut form = Form::default();
    let typed = compact(params.text("code"));
    let verified = held.verify(app, (&Purpose::NewPhone, &visit.asker), &typed).await?;
    if verified != Verified::Right {
        fault(&mut form, verified);
        return page(app, visit, (&held, account), form, 422);
    }
    // Told only to somebody who holds the phone.
    if phone_uses(&mut app.db.read().await?, &app.keys, &held.phone).await? >= ACCOUNTS_PER_PHONE {
        form.fault("phone", "phone-in-use");
        return start(app, visit, form, 422);
    }
    page(app, visit, (&held.proven(visit.now), account), form, 200)
}

async fn old_code(
    app: &App,
    visit: &Visit,
    (here, account): (&Session, &Account),
    (held, new): (Held, NewPhone),
    params: &Params,
) -> Result<Reply, Mishap> {
    let mut form = Form::default();
    if params.text("action") == "wait" {
        wait(app, account, new).await?;
        return Ok(Reply::to("/account"));
    }
    let Some(to) = reachable(account) else { return page(app, visit, (&held, account), form, 200) };
    let binding =
        Binding { purpose: Purpose::OldPhone, transaction: app.keys.index("held phone", &held.transaction()), to };
    if params.text("action") == "send" {
        match app.send_code(binding, visit.asker.clone()).await? {
            Sent::Sent => {}
            Sent::TooSoon => form.fault("code", "code-too-soon"),
            Sent::Wait => form.fault("code", "code-wait"),
            Sent::Limited => form.fault("code", "code-limited"),
        }
        return page(app, visit, (&held, account), form, 200);
    }
    let verified = verify(app, binding, &visit.asker, &compact(params.text("code"))).await?;
    if verified != Verified::Right {
        fault(&mut form, verified);
        return page(app, visit, (&held, account), form, 422);
    }
    if !change_now(app, here, new).await? {
        form.fault("phone", "phone-in-use");
        return start(app, visit, form, 422);
    }
    Ok(Reply::to("/account"))
}

/// The old phone isn't at hand: whoever has it, and every other channel, can stop it.
async fn wait(app: &App, account: &Account, new: NewPhone) -> Stored<()> {
    let (pen, id) = (Pen::of(app), account.id.clone());
    let NewPhone { phone, proven_at, factors_lost } = new;
    let change = Change::Phone { phone, proven_at, factors_lost };
    app.db
        .write(move |tx| {
            Box::pin(async move { begin(tx, &pen, (&id, change), (None, pen.now.plus(WAIT))).await.map(drop) })
        })
        .await?;
    app.outbox.notify_one();
    Ok(())
}
