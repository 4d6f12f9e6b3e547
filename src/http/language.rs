//! The way to the other language: a link, so that it works everywhere.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;

use super::cookies::Cookie;
use super::posted::Queried;
use super::reply::Reply;
use crate::app::App;
use crate::pages::Locale;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// `GET /language?to=en&back=/path`
pub(super) async fn switch(State(app): State<Arc<App>>, Queried(query): Queried) -> Reply {
    let locale = Locale::from_tag(query.text("to")).unwrap_or_default();
    let back = Some(query.text("back")).filter(|b| is_local(b)).unwrap_or("/");
    Reply::to(back).cookie(Cookie::Language.set(&app.config, locale.tag(), Some(YEAR)))
}

/// A path on this site, and nothing that a browser could read as another one.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r', '\t']) && path.is_ascii()
}
