//! The userinfo endpoint (OpenID Connect Core, section 5.3).

use serde_json::{Map, Value, json};

use super::access::live;
use super::claims::{claims, subject};
use crate::app::App;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::storage::Stored;

const INVALID: OAuthError = OAuthError::new(ErrorCode::InvalidToken, "the access token is not valid");

/// The claims that a bearer token opens.
///
/// # Errors
/// The store's own; the inner error is for the client.
pub async fn userinfo(app: &App, token: &str) -> Stored<Result<Map<String, Value>, OAuthError>> {
    let Some(live) = live(app, token).await? else { return Ok(Err(INVALID)) };
    let mut claims = claims(app, &live.client, &live.bearer, &live.access.scopes, &live.access.claims).await?;
    claims.insert("sub".to_owned(), json!(subject(app, &live.client, &live.bearer.account)));
    Ok(Ok(claims))
}
