//! The captcha's picture, at its size and twice it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::mishap::Mishap;
use super::posted::Queried;
use crate::app::App;
use crate::captcha::ticket;

/// `GET /captcha?t=…&size=2`
pub(super) async fn picture(State(app): State<Arc<App>>, Queried(query): Queried) -> Result<Response, Mishap> {
    let scale = if query.text("size") == "2" { 2 } else { 1 };
    let png = ticket::picture(&app, query.text("t"), scale).ok_or(Mishap::NotFound)?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}
