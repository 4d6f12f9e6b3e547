//! The portal's front page, its style sheet and its scripts.

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
const FORM_POST: &str = include_str!("../../templates/assets/form_post.js");
const PASSKEY: &str = include_str!("../../templates/assets/passkey.js");
const CHECK_SESSION: &str = include_str!("../../templates/assets/check_session.js");

/// `GET /assets/{name}`
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Mishap> {
    let (media, text) = match name.as_str() {
        "site.css" => ("text/css; charset=utf-8", STYLE),
        "form_post.js" => ("text/javascript; charset=utf-8", FORM_POST),
        "check_session.js" => ("text/javascript; charset=utf-8", CHECK_SESSION),
        "passkey.js" => ("text/javascript; charset=utf-8", PASSKEY),
        _ => return Err(Mishap::NotFound),
    };
    Ok(([(CONTENT_TYPE, media), (CACHE_CONTROL, "public, max-age=3600")], text).into_response())
}
