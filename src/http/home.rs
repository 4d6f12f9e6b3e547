//! The portal's front page and its style sheet.

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::mishap::Mishap;
use super::reply::Reply;
use crate::pages::{Page, Rendered, Visit};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
}

/// `GET /`
pub(super) async fn home(visit: Visit) -> Reply {
    Reply::page(Rendered::new(200, &Home { page: visit.page("home-title") }))
}

const STYLE: &str = include_str!("../../templates/assets/site.css");

/// `GET /assets/{name}`
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Mishap> {
    match name.as_str() {
        "site.css" => {
            let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
            Ok((headers, STYLE).into_response())
        }
        _ => Err(Mishap::NotFound),
    }
}
