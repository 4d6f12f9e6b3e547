//! The protocol endpoints without pages: discovery, JWKS, token, introspection, revocation, userinfo, health.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::mishap::Mishap;
use super::posted::Form;
use crate::app::App;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::provider::token::{self, TokenError};
use crate::provider::userinfo::{self as endpoint, UserInfo};
use crate::provider::{introspection, revocation};

const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=300");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JWT: HeaderValue = HeaderValue::from_static("application/jwt");

/// A document that everybody may read and keep for a while.
pub(super) async fn document(text: Bytes) -> Response {
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, PUBLIC)], text).into_response()
}

/// `GET /jwks`: the keys that are published at this moment.
pub(super) async fn jwks(State(app): State<Arc<App>>) -> Response {
    document(app.signing.jwks().to_string().into()).await
}

/// `POST /token`
pub(super) async fn token(State(app): State<Arc<App>>, headers: HeaderMap, form: Result<Form, Mishap>) -> Response {
    let Ok(Form(params)) = form else { return malformed() };
    let authorization = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    match token::token(&app, authorization, &params).await {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => failed(error),
    }
}

/// `POST /introspect`
pub(super) async fn introspect(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    form: Result<Form, Mishap>,
) -> Response {
    let Ok(Form(params)) = form else { return malformed() };
    let authorization = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    match introspection::introspect(&app, authorization, &params).await {
        Ok(told) => Json(told).into_response(),
        Err(error) => failed(error),
    }
}

/// `POST /revoke`
pub(super) async fn revoke(State(app): State<Arc<App>>, headers: HeaderMap, form: Result<Form, Mishap>) -> Response {
    let Ok(Form(params)) = form else { return malformed() };
    let authorization = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    match revocation::revoke(&app, authorization, &params).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => failed(error),
    }
}

fn malformed() -> Response {
    let description = "the body must be a form of bounded size in which no parameter appears twice";
    refuse(&OAuthError::new(ErrorCode::InvalidRequest, description), None)
}

/// An error of an endpoint at which clients authenticate.
fn failed(error: TokenError) -> Response {
    answered(error, |_| "Basic realm=\"guiyi\"".to_owned())
}

/// An error of an endpoint that is opened by a bearer token (RFC 6750, section 3).
pub(super) fn refused(error: TokenError) -> Response {
    answered(error, |error| format!("Bearer realm=\"guiyi\", error=\"{}\"", error.code.as_str()))
}

fn answered(error: TokenError, challenge: impl Fn(&OAuthError) -> String) -> Response {
    match error {
        TokenError::Protocol(error) => refuse(&error, Some(&challenge(&error))),
        error => {
            tracing::error!(%error, "a protocol endpoint failed");
            refuse(&OAuthError::new(ErrorCode::ServerError, "try again later"), None)
        }
    }
}

/// `GET /userinfo`, with the token in the header (RFC 6750, section 2.1).
pub(super) async fn userinfo(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    told(&app, bearer_token(&headers)).await
}

/// `POST /userinfo`, with the token in the header or in the form (RFC 6750, section 2.2), never in both, and never in the
/// query.
pub(super) async fn userinfo_post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    form: Result<Form, Mishap>,
) -> Response {
    let params = match form {
        Ok(Form(params)) => params,
        Err(Mishap::MediaType) => Params::default(),
        Err(_) => return malformed(),
    };
    match (bearer_token(&headers), params.get("access_token")) {
        (Some(_), Some(_)) => {
            refuse(&OAuthError::new(ErrorCode::InvalidRequest, "the token must be sent in one way only"), None)
        }
        (token, posted) => told(&app, token.or(posted)).await,
    }
}

async fn told(app: &App, token: Option<&str>) -> Response {
    let Some(token) = token else {
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer realm=\"guiyi\"")]).into_response();
    };
    match endpoint::userinfo(app, token).await {
        Ok(UserInfo::Plain(claims)) => Json(claims).into_response(),
        Ok(UserInfo::Signed(token)) => ([(CONTENT_TYPE, JWT)], token).into_response(),
        Err(error) => refused(error),
    }
}

/// The token of the `Authorization` header (RFC 6750, section 2.1).
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// `GET /health`: 200 while the database answers.
pub(super) async fn health(State(app): State<Arc<App>>) -> Response {
    match app.db.read().await {
        Ok(_) => Json(json!({ "status": "ok" })).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "no database" }))).into_response(),
    }
}

fn refuse(error: &OAuthError, challenge: Option<&str>) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "error": error.code.as_str(), "error_description": error.description }));
    let mut response = (status, body).into_response();
    if let Some(challenge) = challenge.filter(|_| matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
        && let Ok(value) = HeaderValue::from_str(challenge)
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
