//! The receiving side of signed calls ([`crate::crypto::signed_http`]), shared by the source and the inbox.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock;
use crate::clock::{Clock, Timestamp};
use crate::crypto::signed_http::{self, Signed};
use crate::secret::Secret;

/// Who may call, and which nonces were used.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: String,
    secret: Secret,
    clock: Clock,
    used: Mutex<HashMap<String, Timestamp>>,
}

/// A call that was let in: what it says, and what its answer must be signed with.
#[derive(Debug)]
pub struct Call<T> {
    /// The body.
    pub body: T,
    gate: Gate,
    nonce: String,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A header is missing or unreadable, or the client is unknown, or the signature is wrong.
    Unsigned,
    /// The time stamp is more than five minutes off.
    Stale,
    /// The nonce was used before.
    Replayed,
    /// The body is not what this call takes.
    Malformed,
}

/// How far a time stamp may be off, either way.
const TOLERANCE: Duration = Duration::from_secs(300);

impl Gate {
    /// A gate for one client.
    pub fn new(client: &str, secret: Secret, clock: Clock) -> Self {
        Self(Arc::new(Inner { client: client.to_owned(), secret, clock, used: Mutex::default() }))
    }

    /// The present moment, by the gate's clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn admit(&self, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
        let timestamp = text(headers, signed_http::TIMESTAMP)?;
        let nonce = text(headers, signed_http::NONCE)?;
        let signature = text(headers, signed_http::SIGNATURE)?;
        let signed = Signed { method, path, timestamp, nonce, body };
        let known = text(headers, signed_http::CLIENT)? == self.0.client;
        if !(signed_http::verify_request(&self.0.secret, signed, signature) && known) {
            return Err(Refusal::Unsigned);
        }
        let at = Timestamp(timestamp.parse().map_err(|_| Refusal::Unsigned)?);
        self.use_once(nonce, at)?;
        Ok(nonce.to_owned())
    }

    /// A nonce is kept until its time stamp would be refused anyway.
    fn use_once(&self, nonce: &str, at: Timestamp) -> Result<(), Refusal> {
        let now = self.now();
        if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE {
            return Err(Refusal::Stale);
        }
        let mut used = lock(&self.0.used);
        used.retain(|_, at| now.since(*at) <= TOLERANCE);
        match used.insert(nonce.to_owned(), at) {
            None => Ok(()),
            Some(_) => Err(Refusal::Replayed),
        }
    }
}

impl<T> Call<T> {
    /// A signed JSON answer.
    pub fn answer(&self, status: StatusCode, answer: &impl Serialize) -> Response {
        let Ok(body) = serde_json::to_vec(answer) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let signature = signed_http::sign_answer(&self.gate.0.secret, &self.nonce, &body);
        let json = [(header::CONTENT_TYPE, "application/json".to_owned())];
        (status, json, [(signed_http::SIGNATURE, signature)], body).into_response()
    }
}

impl<S, T> FromRequest<S> for Call<T>
where
    S: Send + Sync,
    Gate: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let gate = Gate::from_ref(state);
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::new(body), &()).await.map_err(IntoResponse::into_response)?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let nonce = gate.admit(parts.method.as_str(), path, &parts.headers, &body).map_err(Refusal::into_response)?;
        let body = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed.into_response())?;
        Ok(Self { body, gate, nonce })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Unsigned => (StatusCode::UNAUTHORIZED, "bad_signature"),
            Self::Stale => (StatusCode::UNAUTHORIZED, "stale_timestamp"),
            Self::Replayed => (StatusCode::CONFLICT, "replayed_nonce"),
            Self::Malformed => (StatusCode::UNPROCESSABLE_ENTITY, "malformed_body"),
        };
        (status, Json(serde_json::json!({ "error": error }))).into_response()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Unsigned)
}
