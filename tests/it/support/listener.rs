//! A client's back channel: listens for logout tokens, and answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guiyi::config::Config;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use url::Url;

use super::{World, listen};

/// A back channel.
#[derive(Clone)]
pub struct Listener {
    pub url: Url,
    inner: Arc<Inner>,
}

struct Inner {
    status: Mutex<u16>,
    bodies: Mutex<Vec<String>>,
}

impl Listener {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner { status: Mutex::new(200), bodies: Mutex::default() });
        let state = Arc::clone(&inner);
        let url = listen(|_| Router::new().route("/backchannel", post(take)).with_state(state)).await;
        Self { url: url.join("backchannel").unwrap(), inner }
    }

    /// Every answer has this status from now on.
    pub fn answers(&self, status: u16) {
        *self.inner.status.lock().unwrap() = status;
    }

    /// The bodies that have come since the last look.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.bodies.lock().unwrap())
    }

    /// The one logout token that has come since the last look.
    pub fn token(&self) -> String {
        let [body]: [String; 1] = self.heard().try_into().unwrap();
        body.strip_prefix("logout_token=").unwrap_or_else(|| panic!("more than the token: {body}")).to_owned()
    }

    /// Registers it as the back channel of the configuration's first clients.
    pub fn of(listeners: &[Self]) -> impl FnOnce(&mut Config) {
        move |config| {
            for (client, listener) in config.clients.iter_mut().zip(listeners) {
                client.metadata.backchannel_logout_uri = Some(listener.url.clone());
                config.egress.allow.push(format!("127.0.0.1:{}", listener.url.port().unwrap()));
            }
        }
    }
}

async fn take(State(inner): State<Arc<Inner>>, body: String) -> StatusCode {
    inner.bodies.lock().unwrap().push(body);
    StatusCode::from_u16(*inner.status.lock().unwrap()).unwrap()
}

/// Header and claims of a token that the portal's published keys verify for this audience.
pub fn verified(world: &World, token: &str, audience: &str) -> (Value, Value) {
    let keys: JwkSet = serde_json::from_str(&world.app.signing.jwks()).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert!(matches!(header.alg, Algorithm::ES256 | Algorithm::RS256));
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    validation.set_issuer(&["http://localhost:8080"]);
    let key = DecodingKey::from_jwk(keys.find(&header.kid.clone().unwrap()).unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims;
    (part(token, 0), claims)
}

/// A part of a JWS, as JSON.
pub fn part(token: &str, part: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(part).unwrap()).unwrap()).unwrap()
}
