//! `/clients`: dynamic client registration and its management (RFC 7591, RFC 7592).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::BODY_LIMIT;
use super::oidc::{bearer_token, refused};
use super::visitor::asked_from;
use crate::app::App;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::provider::registration;

/// `POST /clients`
pub(super) async fn register(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = match posted(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let from = asked_from(&app.config, &parts);
    match registration::register(&app, bearer_token(&parts.headers), &from, &body).await {
        Ok(client) => (StatusCode::CREATED, Json(client)).into_response(),
        Err(error) => refused(error),
    }
}

/// `GET /clients/{id}`
pub(super) async fn read(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match registration::read(&app, bearer_token(&headers), &id).await {
        Ok(client) => Json(client).into_response(),
        Err(error) => refused(error),
    }
}

/// `PUT /clients/{id}`
pub(super) async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, body) = match posted(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    match registration::update(&app, bearer_token(&parts.headers), &id, &body).await {
        Ok(client) => Json(client).into_response(),
        Err(error) => refused(error),
    }
}

/// `DELETE /clients/{id}`
pub(super) async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match registration::remove(&app, bearer_token(&headers), &id).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(error),
    }
}

/// A JSON body of bounded size.
async fn posted(request: Request) -> Result<(Parts, Value), Response> {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.ok();
    let body = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let malformed = || {
        let error = OAuthError::new(ErrorCode::InvalidClientMetadata, "the body must be a JSON object of bounded size");
        refused(error.into())
    };
    body.map(|body| (parts, body)).ok_or_else(malformed)
}
