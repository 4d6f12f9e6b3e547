//! The client credentials grant (RFC 6749, section 4.4): a token about the client itself, for the resource servers that it
//! is registered for. It opens nothing about people, so it has no scope, and no ID token or refresh token comes with it.
//! Nothing is written: it can't be made from a code or another token, so there is nothing that could be used twice.

use super::access::AccessToken;
use super::resource;
use super::token::{ACCESS_TOKEN_LIFETIME, TokenError, TokenResponse};
use crate::app::App;
use crate::domain::client::Client;
use crate::ids::GrantId;
use crate::protocol::claims::Wanted;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;

/// Answers a request of a client that has proven itself.
pub(super) async fn client_credentials(
    app: &App,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, TokenError> {
    if client.is_public() {
        let refused = "client_credentials is for clients that can prove themselves";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, refused).into());
    }
    if params.get("scope").is_some() {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "every scope here is about a person: name none").into());
    }
    let named = resource::requested(params, &client.resources)?;
    let now = app.clock.now();
    let access = AccessToken {
        grant: GrantId::mint(now, &app.random),
        client: client.id.clone(),
        principal: None,
        scopes: Scopes::default(),
        claims: Wanted::default(),
        resources: if named.is_empty() { client.resources.clone() } else { named },
        signed_in: None,
        expires_at: now.plus(ACCESS_TOKEN_LIFETIME),
    };
    Ok(TokenResponse {
        access_token: access.issue(app, client, None).await?,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        scope: None,
        id_token: None,
        refresh_token: None,
    })
}
