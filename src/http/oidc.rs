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
use crate::provider::token::{self, TokenError};
use crate::provider::userinfo as endpoint;
use crate::provider::{introspection, revocation};

const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=300");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A document that was made at the start and doesn't change while the process runs.
pub(super) async fn document(text: Bytes) -> Response {
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, PUBLIC)], text).into_response()
}

/// `GET /jwks`: the keys that are published at this moment.
pub(super) async fn jwks(State(app): State<Arc<App>>) -> Response {
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, PUBLIC)], app.signing.jwks().to_string()).into_response()
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

fn failed(error: TokenError) -> Response {
    failed_with(error, "Basic realm=\"guiyi\"")
}

/// An error of a protocol endpoint; a 401 comes with this challenge.
pub(super) fn failed_with(error: TokenError, challenge: &str) -> Response {
    match error {
        TokenError::Protocol(error) => refuse(&error, Some(challenge)),
        error => {
            tracing::error!(%error, "a protocol endpoint failed");
            refuse(&OAuthError::new(ErrorCode::ServerError, "try again later"), None)
        }
    }
}

/// `GET` or `POST /userinfo`, with the token in the header (RFC 6750, section 2.1).
pub(super) async fn userinfo(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(token) = bearer_token(&headers) else {
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer realm=\"guiyi\"")]).into_response();
    };
    match endpoint::userinfo(&app, token).await {
        Ok(Ok(claims)) => Json(claims).into_response(),
        Ok(Err(error)) => {
            let challenge = format!("Bearer realm=\"guiyi\", error=\"{}\"", error.code.as_str());
            refuse(&error, Some(&challenge))
        }
        Err(error) => {
            tracing::error!(%error, "userinfo failed");
            refuse(&OAuthError::new(ErrorCode::ServerError, "try again later"), None)
        }
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
    if let Some(challenge) = challenge.filter(|_| status == StatusCode::UNAUTHORIZED)
        && let Ok(value) = HeaderValue::from_str(challenge)
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
