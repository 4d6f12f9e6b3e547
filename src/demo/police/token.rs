//! The token and userinfo endpoints.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::{CODE_LIFE, PoliceState, TOKEN_LIFE};
use crate::crypto::sha256;
use crate::demo::lock;
use crate::secret::same;

#[derive(Deserialize)]
pub(super) struct Redemption {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
}

fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// What follows a scheme in the authorization header.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)?.strip_prefix(' ')
}

pub(super) async fn redeem(
    State(state): State<PoliceState>,
    headers: HeaderMap,
    Form(form): Form<Redemption>,
) -> Response {
    let config = &state.0.config;
    let expected = STANDARD.encode(format!("{}:{}", config.client_id, config.client_secret.expose()));
    if !credentials(&headers, "Basic").is_some_and(|given| same(given.as_bytes(), expected.as_bytes())) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let now = state.0.clock.now();
    let granted = lock(&state.0.codes).remove(&form.code).filter(|granted| now.since(granted.at) < CODE_LIFE);
    let granted = granted.filter(|granted| sha256(&form.code_verifier) == granted.challenge);
    let fit = form.grant_type == "authorization_code" && form.redirect_uri == config.redirect_uri;
    let Some(granted) = granted.filter(|_| fit) else {
        return error(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let claims = json!({
        "iss": config.issuer,
        "aud": config.client_id,
        "sub": granted.person.user_id,
        "iat": now.seconds(),
        "exp": now.plus(TOKEN_LIFE).seconds(),
        "auth_time": granted.at.seconds(),
        "nonce": granted.nonce,
    });
    let Some(id_token) = state.0.signer.sign(&claims) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let access_token = state.0.random.token::<24>();
    lock(&state.0.tokens).insert(access_token.clone(), (granted.person, now));
    let seconds = TOKEN_LIFE.as_secs();
    let answer = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": seconds, "id_token": id_token,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

pub(super) async fn userinfo(State(state): State<PoliceState>, headers: HeaderMap) -> Response {
    let now = state.0.clock.now();
    let token = credentials(&headers, "Bearer").unwrap_or_default();
    let known = lock(&state.0.tokens).get(token).copied();
    let Some((person, _)) = known.filter(|(_, at)| now.since(*at) < TOKEN_LIFE) else {
        return error(StatusCode::UNAUTHORIZED, "invalid_token");
    };
    Json(json!({
        "sub": person.user_id,
        "preferred_username": person.account,
        "name": person.name,
        "document_type": person.truth.document_type.as_str(),
        "document_number": person.id_number,
        "gender": if person.gender == "1" { "male" } else { "female" },
        "ethnic_group": person.ethnic_code,
        "phone_number": format!("+86{}", person.mobile),
        "email": person.email,
        "real_name_level": if person.auth_level > 0 { "verified" } else { "none" },
    }))
    .into_response()
}
