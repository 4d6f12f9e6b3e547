//! Confirming an e-mail address. The link only shows a page: a mail scanner that follows it confirms nothing.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use crate::app::App;
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::email_link;

#[derive(Template)]
#[template(path = "email_confirm.html")]
struct ConfirmPage {
    page: Page,
    token: String,
    done: bool,
}

/// `GET /email/confirm?token=…`
pub(super) async fn show(visit: Visit, Queried(query): Queried) -> Reply {
    let page = ConfirmPage { page: visit.page("email-title"), token: query.text("token").to_owned(), done: false };
    Reply::page(Rendered::new(200, &page))
}

/// `POST /email/confirm`
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    if !email_link::confirm(&app, params.text("token")).await? {
        return Err(Mishap::Expired);
    }
    let page = ConfirmPage { page: visit.page("email-title"), token: String::new(), done: true };
    Ok(Reply::page(Rendered::new(200, &page)))
}
