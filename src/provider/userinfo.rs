//! The userinfo endpoint (OpenID Connect Core, section 5.3).

use serde_json::{Map, Value, json};

use super::access::live;
use super::claims::{claims, subject};
use super::token::TokenError;
use crate::app::App;
use crate::protocol::error::{ErrorCode, OAuthError};

const INVALID: OAuthError = OAuthError::new(ErrorCode::InvalidToken, "the access token is not valid");
const NOBODY: OAuthError = OAuthError::new(ErrorCode::InsufficientScope, "the access token is about no person");

/// What a bearer token opens, as the client is registered to get it (section 5.3.2).
#[derive(Clone, Debug)]
pub enum UserInfo {
    /// As JSON.
    Plain(Map<String, Value>),
    /// As a signed JWT.
    Signed(String),
}

/// The claims that a bearer token opens.
///
/// # Errors
/// [`TokenError`]
pub async fn userinfo(app: &App, token: &str) -> Result<UserInfo, TokenError> {
    let live = live(app, token).await?.filter(|live| live.access.is_for_portal(app)).ok_or(INVALID)?;
    let (client, bearer) = (&live.client, live.bearer.as_ref().ok_or(NOBODY)?);
    let mut claims = claims(app, client, bearer, &live.access.scopes, &live.access.claims).await?;
    claims.insert("sub".to_owned(), json!(subject(app, client, &bearer.account)));
    let Some(algorithm) = client.metadata.userinfo_signed_response_alg else { return Ok(UserInfo::Plain(claims)) };
    claims.insert("iss".to_owned(), json!(app.config.issuer_text()));
    claims.insert("aud".to_owned(), json!(client.id));
    app.signing.sign(algorithm, &claims).await.map(UserInfo::Signed).map_err(|_| TokenError::Signing)
}
