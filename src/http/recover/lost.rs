//! 手机丢失或恢复账号: what is lost is asked for, then the journey begins whose end a reviewer decides.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::app::App;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::journeys::{Answers, engine};
use crate::pages::{Page, Rendered, Visit};

#[derive(Template)]
#[template(path = "recover/lost.html")]
struct LostPage {
    page: Page,
}

/// `GET /recover/phone`
pub(in crate::http) async fn show(visit: Visit) -> Reply {
    Reply::page(Rendered::new(200, &LostPage { page: visit.page("lost-title") }))
}

/// `POST /recover/phone`
pub(in crate::http) async fn begin(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let answers = Answers::of_lost(params.text("factors") == "yes");
    let id = engine::begin(&app, &visit, answers, None).await?;
    Ok(Reply::to(format!("/journey/{id}")))
}
