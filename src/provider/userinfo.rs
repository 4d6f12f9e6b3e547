//! The userinfo endpoint (OpenID Connect Core, section 5.3).

use serde_json::{Map, Value, json};

use super::claims::{claims, subject};
use super::token::{ACCESS_TOKEN, AccessToken};
use crate::app::App;
use crate::crypto::Purpose;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::storage::Stored;
use crate::storage::grants::Standing;

const INVALID: OAuthError = OAuthError::new(ErrorCode::InvalidToken, "the access token is not valid");

/// The claims that a bearer token opens.
///
/// # Errors
/// The store's own; the inner error is for the client.
pub async fn userinfo(app: &App, token: &str) -> Stored<Result<Map<String, Value>, OAuthError>> {
    let Ok(access) = app.keys.open_json::<AccessToken>(Purpose::AccessToken, ACCESS_TOKEN, token) else {
        return Ok(Err(INVALID));
    };
    if app.clock.now() >= access.expires_at {
        return Ok(Err(INVALID));
    }
    let Standing::Active(session) = &*app.caches.standing(&access.grant).await? else { return Ok(Err(INVALID)) };
    if !app.caches.session_stands(session).await? {
        return Ok(Err(INVALID));
    }
    let Some(client) = app.clients.get(access.client.as_str()) else { return Ok(Err(INVALID)) };
    let Some(account) = app.caches.account(&access.principal.account).await? else { return Ok(Err(INVALID)) };
    let mut claims = claims(app, client, &account, &access.scopes, &access.claims).await?;
    claims.insert("sub".to_owned(), json!(subject(app, client, &account)));
    Ok(Ok(claims))
}
