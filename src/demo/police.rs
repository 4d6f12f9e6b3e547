//! 省公安厅-互联网+公安 as an OpenID Connect provider: discovery, one ES256 key, an authorization endpoint with its own
//! sign-in page, token and userinfo endpoints. It knows one relying party, the portal, and keeps nobody signed in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Mode;
use super::outage::Switch;
use super::page::page;
use super::people::{POLICE, Person};
use crate::clock::{Clock, Random, Timestamp};
use crate::secret::Secret;

mod authorize;
mod signer;
mod token;

pub use signer::Signer;

/// How long a code may wait to be redeemed.
const CODE_LIFE: Duration = Duration::from_secs(60);
/// How long a token is good.
const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// What the provider knows of itself and of its relying party.
#[derive(Clone, Debug)]
pub struct PoliceConfig {
    /// Its issuer, without a slash at the end.
    pub issuer: String,
    /// The portal's `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Its redirect URI.
    pub redirect_uri: String,
}

/// The provider's state.
#[derive(Clone, Debug)]
pub struct PoliceState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: PoliceConfig,
    clock: Clock,
    random: Random,
    signer: Signer,
    switch: Switch,
    codes: Mutex<HashMap<String, Granted>>,
    tokens: Mutex<HashMap<String, (&'static Person, Timestamp)>>,
}

/// What a code stands for.
#[derive(Debug)]
struct Granted {
    person: &'static Person,
    nonce: String,
    challenge: String,
    at: Timestamp,
}

impl PoliceState {
    /// A provider with a key of its own; `None` if the cryptographic library fails.
    pub fn new(config: PoliceConfig, clock: Clock, random: Random) -> Option<Self> {
        Some(Self(Arc::new(Inner {
            config,
            clock,
            random,
            signer: Signer::generate()?,
            switch: Switch::default(),
            codes: Mutex::default(),
            tokens: Mutex::default(),
        })))
    }

    /// Up, down or slow.
    pub fn set_mode(&self, mode: Mode) {
        self.0.switch.set(mode);
    }
}

/// The provider's routes.
pub fn router(state: PoliceState) -> Router {
    let api = Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize::show).post(authorize::submit))
        .route("/token", post(token::redeem))
        .route("/userinfo", get(token::userinfo))
        .with_state(state.clone());
    let home = Router::new().route("/", get(home)).with_state(state.clone());
    state.0.switch.guard(api).merge(home)
}

async fn metadata(State(state): State<PoliceState>) -> Json<Value> {
    let issuer = &state.0.config.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(state): State<PoliceState>) -> Json<Value> {
    Json(json!({ "keys": [state.0.signer.jwk()] }))
}

#[derive(Template)]
#[template(path = "demo/police.html")]
struct Home {
    mode: Mode,
    users: &'static [Person],
}

async fn home(State(state): State<PoliceState>) -> Response {
    page(StatusCode::OK, &Home { mode: state.0.switch.mode(), users: POLICE })
}
