//! Token introspection (RFC 7662): for confidential clients, about their own tokens. Anybody else's, and whatever isn't good
//! any more, is `active: false` and nothing besides.

use serde_json::{Map, Value, json};

use super::access::live;
use super::bearer::Bearer;
use super::claims::subject;
use super::refresh::{self, RefreshToken};
use super::token::{ACCESS_TOKEN_LIFETIME, TokenError};
use super::{client_auth, organization, resource};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;

/// Answers an introspection request (section 2.2).
///
/// # Errors
/// [`TokenError`]: only about the client and the request, never about the token.
pub async fn introspect(app: &App, authorization: Option<&str>, params: &Params) -> Result<Value, TokenError> {
    let client = client_auth::authenticate(app, authorization, params).await?;
    let client = client.as_ref();
    if client.is_public() {
        let refused = OAuthError::new(ErrorCode::InvalidClient, "introspection needs a client with a secret");
        return Err(refused.into());
    }
    let text = params.get("token").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "token is missing"))?;
    let now = app.clock.now();
    if let Some(live) = live(app, text).await?.filter(|live| live.client.id == client.id) {
        let mut told = told(app, client, live.bearer.as_ref(), &live.access.scopes, &live.access.resources);
        told.insert("token_type".to_owned(), json!("Bearer"));
        told.insert("exp".to_owned(), json!(live.access.expires_at.seconds()));
        if let Some((acr, auth_time)) = &live.access.signed_in {
            told.insert("acr".to_owned(), json!(acr));
            told.insert("auth_time".to_owned(), json!(auth_time));
        }
        told.insert("iat".to_owned(), json!(live.access.expires_at.minus(ACCESS_TOKEN_LIFETIME).seconds()));
        return Ok(Value::Object(told));
    }
    Ok(match RefreshToken::open(app, text).filter(|token| token.client == client.id) {
        Some(token) => of_refresh_token(app, client, &token, now).await?,
        None => inactive(),
    })
}

fn inactive() -> Value {
    json!({ "active": false })
}

async fn of_refresh_token(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    now: Timestamp,
) -> Result<Value, TokenError> {
    let standing = refresh::standing(app, client, token, now).await?;
    let Some((family, bearer)) = standing.filter(|(family, _)| family.answers(token.generation, now)) else {
        return Ok(inactive());
    };
    let granted = &family.granted;
    let mut told = told(app, client, Some(&bearer), &granted.scopes, &granted.resources);
    told.insert("exp".to_owned(), json!(family.expires_at.seconds()));
    Ok(Value::Object(told))
}

/// Whom a token is about, what it opens, and where.
fn told(
    app: &App,
    client: &Client,
    bearer: Option<&Bearer>,
    scopes: &Scopes,
    resources: &[String],
) -> Map<String, Value> {
    let mut told = bearer.map(|bearer| organization::marks(app, client, bearer)).unwrap_or_default();
    let sub = bearer.map_or_else(|| client.id.0.clone(), |bearer| subject(app, client, &bearer.account));
    for (name, value) in [
        ("active", json!(true)),
        ("client_id", json!(client.id)),
        ("sub", json!(sub)),
        ("aud", resource::audience(app, resources)),
        ("iss", json!(app.config.issuer_text())),
    ] {
        told.insert(name.to_owned(), value);
    }
    told.extend(bearer.map(|_| ("scope".to_owned(), json!(scopes.to_string()))));
    told
}
