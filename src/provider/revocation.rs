//! Token revocation (RFC 7009). Either token ends the whole grant: its access tokens at every node, and its refresh tokens.
//! A client's token about itself rests on no grant, and ends alone.

use super::access::AccessToken;
use super::client_auth;
use super::refresh::RefreshToken;
use super::token::{TokenError, invalid};
use crate::app::App;
use crate::clock::Timestamp;
use crate::ids::{ClientId, GrantId};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::storage::{Stored, audit, grants, revoked_tokens};

/// What a token rests on.
struct Rests {
    grant: GrantId,
    client: ClientId,
    /// Of a client's own token: when it ends by itself.
    alone_until: Option<Timestamp>,
}

impl Rests {
    fn of(app: &App, text: &str) -> Option<Self> {
        if let Some(RefreshToken { grant, client, .. }) = RefreshToken::open(app, text) {
            return Some(Self { grant, client, alone_until: None });
        }
        let AccessToken { grant, client, principal, expires_at, .. } = AccessToken::open(app, text)?;
        Some(Self { grant, client, alone_until: principal.is_none().then_some(expires_at) })
    }
}

/// Answers a revocation request. A token that is no token, or has ended, is no error (section 2.2); another client's is
/// (section 2.1). `token_type_hint` isn't needed: each token says itself what it is.
///
/// # Errors
/// [`TokenError`]
pub async fn revoke(app: &App, authorization: Option<&str>, params: &Params) -> Result<(), TokenError> {
    let client = client_auth::authenticate(app, authorization, params).await?;
    let text = params.get("token").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "token is missing"))?;
    let Some(Rests { grant, client: holder, alone_until }) = Rests::of(app, text) else { return Ok(()) };
    if holder != client.id {
        return Err(invalid("the token was issued to another client").into());
    }
    let (id, random, now) = (grant.clone(), app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                match alone_until {
                    Some(expires_at) => revoked_tokens::revoke(tx, &id, expires_at, now).await?,
                    None => grants::revoke(tx, &id, now).await?,
                }
                let (who, subject) = (format!("client:{holder}"), format!("grant:{id}"));
                audit::record(tx, &random, now, "grant.revoked", (&who, &subject), &serde_json::json!({})).await?;
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&grants::cache_key(&grant));
    Ok(())
}
