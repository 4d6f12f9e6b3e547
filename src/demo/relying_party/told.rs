//! What the portal tells the relying party by itself: to begin a sign-in (OpenID Connect Core, section 4), and that a session
//! has ended there (OpenID Connect Front-Channel and Back-Channel Logout 1.0).

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::pages::Lang;
use super::{RelyingParty, RelyingPartyConfig, Trouble};
use crate::clock::Timestamp;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// By whom a sign-in here, or its end, is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    sid: String,
}

/// `GET /initiate`: begins a sign-in at the portal, and at no other provider that a link may name.
pub(super) async fn initiate(State(party): State<RelyingParty>, Query(asked): Query<Asked>) -> Response {
    match asked.iss == party.0.config.issuer {
        true => Redirect::to("/login").into_response(),
        false => Trouble::Issuer.page(Lang::default()),
    }
}

/// `GET /frontchannel-logout`, in a hidden frame of the portal's page. Whoever doesn't know `sid` ends nothing.
pub(super) async fn front_channel(State(party): State<RelyingParty>, Query(asked): Query<Asked>) -> Response {
    if asked.iss != party.0.config.issuer || asked.sid.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    party.0.sessions.end_at_portal("sid", &asked.sid);
    (uncached(), "ok").into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct Told {
    logout_token: String,
}

/// `POST /backchannel-logout`: 200 for a logout token that is in order, 400 for any other (section 2.8).
pub(super) async fn back_channel(State(party): State<RelyingParty>, Form(told): Form<Told>) -> Response {
    let status = match party.ended(&told.logout_token).await {
        Some((claim, value)) => {
            party.0.sessions.end_at_portal(claim, &value);
            StatusCode::OK
        }
        None => StatusCode::BAD_REQUEST,
    };
    (status, uncached()).into_response()
}

fn uncached() -> HeaderMap {
    HeaderMap::from_iter([(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"))])
}

impl RelyingParty {
    /// What a logout token ends: the sessions with this `sid` or, without one, with this `sub`.
    async fn ended(&self, token: &str) -> Option<(&'static str, String)> {
        let mut provider = self.provider().await.ok()?;
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        if provider.keys.find(&kid).is_none() {
            provider = self.discover().await.ok()?;
        }
        let claims = verify(token, &provider.keys, &self.0.config, self.0.clock.now())?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        text("sid").map(|sid| ("sid", sid)).or_else(|| text("sub").map(|sub| ("sub", sub)))
    }
}

/// Section 2.6, step by step; `None` for a token that isn't in order.
fn verify(token: &str, keys: &JwkSet, config: &RelyingPartyConfig, now: Timestamp) -> Option<Map<String, Value>> {
    let header =
        jsonwebtoken::decode_header(token).ok().filter(|header| header.typ.as_deref() == Some("logout+jwt"))?;
    let jwk = keys.find(&header.kid?)?;
    // The key decides the algorithm, not the token.
    let mut validation = Validation::new(match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => Algorithm::ES256,
    });
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&[&config.client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    // This clock may stand still.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).ok()?.claims;
    let is_current = claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| now.seconds() < exp);
    let is_logout = claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object);
    (is_current && is_logout && !claims.contains_key("nonce")).then_some(claims)
}
