//! The token endpoint: the authorization code grant (RFC 6749, section 4.1.3). One durable write, one signature.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::authorize::code::Code;
use super::claims::{claims, subject};
use super::client_auth;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::principal::Principal;
use crate::ids::{ClientId, GrantId};
use crate::keys::at_hash;
use crate::protocol::claims::Wanted;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;
use crate::storage::grants::{self, Grant, Redeemed, Standing};
use crate::storage::{StorageError, Stored};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long an ID token is good for.
pub const ID_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// A successful answer (RFC 6749, section 5.1; OpenID Connect Core, section 3.1.3.3).
#[derive(Clone, Debug, Serialize)]
pub struct TokenResponse {
    /// Opaque to the client.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    /// What was granted.
    pub scope: String,
    /// Who, when and how.
    pub id_token: String,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// An answer for the client.
    #[error(transparent)]
    Protocol(#[from] OAuthError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Sealing or signing failed.
    #[error("a token could not be made")]
    Signing,
}

/// What an access token stands for: sealed, so that the token endpoint doesn't write it down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AccessToken {
    #[serde(rename = "g")]
    pub(super) grant: GrantId,
    #[serde(rename = "c")]
    pub(super) client: ClientId,
    #[serde(rename = "p")]
    pub(super) principal: Principal,
    #[serde(rename = "o")]
    pub(super) scopes: Scopes,
    #[serde(rename = "q", default, skip_serializing_if = "Wanted::is_empty")]
    pub(super) claims: Wanted,
    #[serde(rename = "e")]
    pub(super) expires_at: Timestamp,
}

pub(super) const ACCESS_TOKEN: &str = "access token";

#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: Vec<&'a str>,
    at_hash: String,
    sid: String,
    /// What was asked for by name.
    #[serde(flatten)]
    asked: Map<String, Value>,
}

/// Answers a token request.
///
/// # Errors
/// [`TokenError`]
pub async fn token(app: &App, authorization: Option<&str>, params: &Params) -> Result<TokenResponse, TokenError> {
    let client = client_auth::authenticate(app, authorization, params)?;
    match params.get("grant_type") {
        Some("authorization_code") => authorization_code(app, client, params).await,
        Some(_) => Err(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported").into()),
        None => Err(OAuthError::new(ErrorCode::InvalidRequest, "grant_type is missing").into()),
    }
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, description)
}

async fn authorization_code(app: &App, client: &Client, params: &Params) -> Result<TokenResponse, TokenError> {
    let text = params.get("code").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "code is missing"))?;
    let code = Code::open(app, text).filter(|code| code.client == client.id).ok_or(invalid("the code is not valid"))?;
    check(&code, params, app.clock.now())?;
    let account = bearer(app, &code).await?.ok_or(invalid("the session of this code has ended"))?;
    let now = app.clock.now();
    let expires_at = now.plus(ACCESS_TOKEN_LIFETIME);
    redeem(app, &code, expires_at, now).await?;
    let access = AccessToken {
        grant: code.id.clone(),
        client: client.id.clone(),
        principal: code.principal.clone(),
        scopes: code.scopes.clone(),
        claims: code.claims.userinfo.clone(),
        expires_at,
    };
    let access_token =
        app.keys.seal_json(Purpose::AccessToken, ACCESS_TOKEN, &access).map_err(|_| TokenError::Signing)?;
    let id_token = id_token(app, client, &account, &code, &access_token, now).await?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        scope: code.scopes.to_string(),
        id_token,
    })
}

/// What binds a code: time, redirect URI (RFC 6749, section 4.1.3), PKCE without downgrade (RFC 9700, section 4.8).
fn check(code: &Code, params: &Params, now: Timestamp) -> Result<(), OAuthError> {
    if now >= code.expires_at {
        return Err(invalid("the code has expired"));
    }
    if !params.get("redirect_uri").is_some_and(|uri| code.was_sent_to(uri)) {
        return Err(invalid("redirect_uri is not the one of the authorization request"));
    }
    match (&code.challenge, params.get("code_verifier")) {
        (Some(challenge), Some(verifier)) if challenge.verify(verifier) => Ok(()),
        (Some(_), _) => Err(invalid("code_verifier does not match")),
        (None, Some(_)) => Err(invalid("code_verifier for a code without a challenge")),
        (None, None) => Ok(()),
    }
}

/// The account behind a code, if session and account still stand.
async fn bearer(app: &App, code: &Code) -> Stored<Option<std::sync::Arc<Account>>> {
    if !app.caches.session_stands(&code.session).await? {
        return Ok(None);
    }
    app.caches.account(&code.principal.account).await
}

async fn redeem(app: &App, code: &Code, expires_at: Timestamp, now: Timestamp) -> Result<(), TokenError> {
    let grant = Grant {
        id: code.id.clone(),
        principal: code.principal.clone(),
        session: code.session.clone(),
        client: code.client.clone(),
        scopes: code.scopes.to_string(),
        issued_at: code.issued_at(),
        expires_at,
    };
    match app.db.write(move |tx| Box::pin(async move { grants::redeem(tx, &grant, now).await })).await? {
        Redeemed::Fresh => {
            app.caches.granted(&code.id, Standing::Active(code.session.clone()));
            Ok(())
        }
        Redeemed::Again => {
            app.caches.forget(&grants::cache_key(&code.id));
            tracing::warn!(client = %code.client, grant = %code.id, "a code was used twice: its tokens are revoked");
            Err(invalid("the code was used before").into())
        }
        Redeemed::Withdrawn => Err(invalid("the consent was taken back").into()),
    }
}

async fn id_token(
    app: &App,
    client: &Client,
    account: &Account,
    code: &Code,
    access_token: &str,
    now: Timestamp,
) -> Result<String, TokenError> {
    let wanted = &code.claims.id_token;
    let asked = match wanted.is_empty() {
        true => Map::new(),
        false => claims(app, client, account, &Scopes::default(), wanted).await?,
    };
    let claims = IdToken {
        iss: app.config.issuer_text(),
        sub: &subject(app, client, account),
        aud: client.id.as_str(),
        exp: now.plus(ID_TOKEN_LIFETIME).seconds(),
        iat: now.seconds(),
        auth_time: code.auth_time,
        nonce: code.nonce.as_deref(),
        acr: &code.acr,
        amr: code.methods.split(' ').collect(),
        at_hash: at_hash(access_token),
        sid: super::hint::sid(app, client, &code.session),
        asked,
    };
    app.signing.sign(client.signing, &claims).await.map_err(|_| TokenError::Signing)
}
