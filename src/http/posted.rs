//! Reading requests: query and form parameters once, with clear refusals, and the form token of every page.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use super::BODY_LIMIT;
use super::mishap::Mishap;
use crate::app::App;
use crate::pages::Visit;
use crate::protocol::params::Params;

/// How long a form may take to arrive: who is signed in was looked at before, and other nodes hear of what it changes by
/// the time of its beginning.
const PATIENCE: Duration = Duration::from_secs(5);

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Queried(pub(super) Params);

impl FromRequestParts<Arc<App>> for Queried {
    type Rejection = Mishap;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Mishap> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())?))
    }
}

/// The visitor of a page.
impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The parameters of any form: for protocol endpoints.
#[derive(Debug)]
pub(super) struct Form(pub(super) Params);

impl FromRequest<Arc<App>> for Form {
    type Rejection = Mishap;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Mishap> {
        let media = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Mishap::MediaType);
        }
        let body = tokio::time::timeout(PATIENCE, axum::body::to_bytes(request.into_body(), BODY_LIMIT)).await;
        let body = body.map_err(|_| Mishap::Slow)?.map_err(|_| Mishap::TooLarge)?;
        Ok(Self(Params::parse(&body)?))
    }
}

/// Whether the browser says that a form was sent from another site.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The parameters of a form that this browser was given: its token is right.
#[derive(Debug)]
pub(super) struct Posted(pub(super) Params);

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Mishap;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Mishap> {
        let visit = request.extensions().get::<Visit>().cloned().ok_or(Mishap::Internal)?;
        // Every current browser says where a form was sent from; where it does, it must be from here.
        if is_foreign(request.headers()) {
            return Err(Mishap::Foreign);
        }
        let Form(params) = Form::from_request(request, app).await?;
        if !crate::secret::same(params.text("csrf").as_bytes(), visit.csrf.as_bytes()) {
            return Err(Mishap::Foreign);
        }
        Ok(Self(params))
    }
}
