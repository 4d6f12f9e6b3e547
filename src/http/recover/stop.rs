//! 停止申请: whoever was told of something that they haven't asked for stops it, with the number in the message or by being signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::case_number::CaseNumber;
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::sign_in::recovery::{stop_by_number, stop_of};
use crate::storage::limits::{self, Limit};

/// Numbers that one address may try.
const PER_ADDRESS: Limit = Limit::new(30, 60 * 60);

#[derive(Template)]
#[template(path = "recover/stop.html")]
struct StopPage {
    page: Page,
    form: Form,
    captcha: View,
}

#[derive(Template)]
#[template(path = "recover/stopped.html")]
struct StoppedPage {
    page: Page,
}

fn page(app: &App, visit: &Visit, form: Form, status: u16) -> Result<Reply, Mishap> {
    let captcha = captcha(app, visit, &form)?;
    Ok(Reply::page(Rendered::new(status, &StopPage { page: visit.page("recover-stop-title"), form, captcha })))
}

/// `GET /recover/stop`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    page(&app, &visit, Form::default(), 200)
}

/// `POST /recover/stop`: one answer, whether the number was anything's or not.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return page(&app, &visit, form, 200);
    }
    let Ok(number) = CaseNumber::parse(params.text("number")) else {
        form.fault("number", "recover-stop-form");
        return page(&app, &visit, form, 422);
    };
    if !passes_captcha(&app, &visit, &params, &mut form).await? {
        return page(&app, &visit, form, 422);
    }
    let (subject, limit, now) =
        (format!("recover stop {}", visit.asker.address), visit.asker.share(PER_ADDRESS), visit.now);
    let free = app.db.write(move |tx| Box::pin(async move { limits::hit(tx, &subject, limit, now).await })).await?;
    if !free {
        form.fault("number", "recover-stop-limited");
        return page(&app, &visit, form, 429);
    }
    stop_by_number(&app, &number).await?;
    Ok(Reply::page(Rendered::new(200, &StoppedPage { page: visit.page("recover-stopped-title") })))
}

/// `POST /account/recovery/stop`: what the signed-in account waits for.
pub(in crate::http) async fn mine(State(app): State<Arc<App>>, visit: Visit, _: Posted) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    stop_of(&app, &account.id).await?;
    Ok(Reply::page(Rendered::new(200, &StoppedPage { page: visit.page("recover-stopped-title") })))
}
