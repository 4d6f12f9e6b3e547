//! Token revocation (RFC 7009). Either token ends the whole grant: its access tokens at every node, and its refresh tokens.

use super::access::AccessToken;
use super::client_auth;
use super::refresh::RefreshToken;
use super::token::{TokenError, invalid};
use crate::app::App;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::storage::{Stored, audit, grants};

/// Answers a revocation request. A token that is no token, or has ended, is no error (section 2.2); another client's is
/// (section 2.1). `token_type_hint` isn't needed: each token says itself what it is.
///
/// # Errors
/// [`TokenError`]
pub async fn revoke(app: &App, authorization: Option<&str>, params: &Params) -> Result<(), TokenError> {
    let client = client_auth::authenticate(app, authorization, params).await?;
    let text = params.get("token").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "token is missing"))?;
    let refresh = RefreshToken::open(app, text).map(|token| (token.grant, token.client));
    let access = || AccessToken::open(app, text).map(|token| (token.grant, token.client));
    let Some((grant, holder)) = refresh.or_else(access) else { return Ok(()) };
    if holder != client.id {
        return Err(invalid("the token was issued to another client").into());
    }
    let (id, random, now) = (grant.clone(), app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                grants::revoke(tx, &id, now).await?;
                let (who, subject) = (format!("client:{holder}"), format!("grant:{id}"));
                audit::record(tx, &random, now, "grant.revoked", (&who, &subject), &serde_json::json!({})).await?;
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&grants::cache_key(&grant));
    Ok(())
}
