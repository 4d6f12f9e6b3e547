//! The token endpoint, and the authorization code grant (RFC 6749, section 4.1.3): one durable write, one signature.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::access::AccessToken;
use super::authorize::code::{Code, Granted};
use super::bearer::{Bearer, bearer};
use super::claims::{claims, subject};
use super::client_credentials::client_credentials;
use super::refresh::{RefreshToken, is_offline, refresh_token};
use super::{client_auth, organization, resource};
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::domain::client::Client;
use crate::domain::principal::Principal;
use crate::ids::{ClientId, GrantId, SessionId};
use crate::keys::at_hash;
use crate::protocol::client_metadata::GrantType;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;
use crate::storage::grants::{self, Grant, Redeemed, Standing};
use crate::storage::session_clients::{self, SignedIn};
use crate::storage::{StorageError, Stored, Tx, audit, refresh_tokens, sessions};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long an ID token is good for.
pub const ID_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);

const ENDED: OAuthError = invalid("the session of this code has ended");

/// A successful answer (RFC 6749, section 5.1; OpenID Connect Core, section 3.1.3.3).
#[derive(Clone, Debug, Serialize)]
pub struct TokenResponse {
    /// Opaque to the client, also where a resource server can read it.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    /// What was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Who, when and how; none where it is about nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// For the next tokens; only where it is another one than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// Who acts for a unit, and what was asked for by name.
    #[serde(flatten)]
    told: Map<String, Value>,
}

/// Answers a token request.
///
/// # Errors
/// [`TokenError`]
pub async fn token(app: &App, authorization: Option<&str>, params: &Params) -> Result<TokenResponse, TokenError> {
    let client = client_auth::authenticate(app, authorization, params).await?;
    let text = params.get("grant_type").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "grant_type is missing"))?;
    let grant = GrantType::ALL.into_iter().find(|grant| grant.as_str() == text);
    let grant = grant.ok_or(OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type is not supported"))?;
    if !client.may_use(grant) {
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, "this client may not use this grant_type").into());
    }
    match grant {
        GrantType::AuthorizationCode => authorization_code(app, &client, params).await,
        GrantType::RefreshToken => refresh_token(app, &client, params).await,
        GrantType::ClientCredentials => client_credentials(app, &client, params).await,
    }
}

pub(super) const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, description)
}

async fn authorization_code(app: &App, client: &Client, params: &Params) -> Result<TokenResponse, TokenError> {
    let text = params.get("code").ok_or(OAuthError::new(ErrorCode::InvalidRequest, "code is missing"))?;
    let code = Code::open(app, text).filter(|code| code.client == client.id).ok_or(invalid("the code is not valid"))?;
    check(&code, params, app.clock.now())?;
    let resources = resource::of_grant(client, &code.granted.resources, params)?;
    let bearer = bearer_of(app, client, &code).await?;
    let now = app.clock.now();
    let offline = is_offline(client, &code.granted);
    redeem(app, client, &code, (&bearer, offline), now).await?;
    let (granted, scopes) = (&code.granted, &code.granted.scopes);
    let of = Of { client, bearer: &bearer, grant: &code.id, granted, scopes, resources: &resources };
    let marks = Marks { nonce: code.nonce.as_deref(), session: Some(&code.session) };
    let mut answer = issue(app, &of, marks, now).await?;
    if offline {
        answer.refresh_token = Some(RefreshToken::seal(app, &code.id, client, 1)?);
    }
    Ok(answer)
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

/// Whom a code is about, if the session still stands, and who acts still may.
async fn bearer_of(app: &App, client: &Client, code: &Code) -> Result<Bearer, TokenError> {
    if !app.caches.session_stands(&code.session).await? {
        // It may have been redeemed before, by whoever came first: what outlives the session ends now.
        let id = code.id.clone();
        let now = app.clock.now();
        app.db.write(move |tx| Box::pin(async move { grants::revoke(tx, &id, now).await })).await?;
        app.caches.forget(&grants::cache_key(&code.id));
        return Err(ENDED.into());
    }
    let found = bearer(app, client, &code.granted.principal).await?;
    Ok(found.ok_or(invalid("the account has ended, or whoever acts for it may not any more"))?)
}

async fn redeem(
    app: &App,
    client: &Client,
    code: &Code,
    (bearer, offline): (&Bearer, bool),
    now: Timestamp,
) -> Result<(), TokenError> {
    let session = (!offline).then(|| code.session.clone());
    let grant = Grant {
        id: code.id.clone(),
        principal: code.granted.principal.clone(),
        session: session.clone(),
        client: code.client.clone(),
        scopes: code.granted.scopes.to_string(),
        issued_at: code.issued_at(),
        expires_at: now.plus(if offline { refresh_tokens::ABSOLUTE } else { ACCESS_TOKEN_LIFETIME }),
    };
    let signed_in = client.hears_of_logouts().then(|| SignedIn {
        session: code.session.clone(),
        account: code.granted.principal.account.clone(),
        client: code.client.clone(),
    });
    let for_unit = bearer.is_unit();
    // A person's own sign-on is one row, at a client that doesn't ask to hear of its end. What can't be stored so goes on.
    let is_one_row = !offline && !for_unit && signed_in.is_none();
    if !(is_one_row && app.redemptions.store(grant.clone(), now).await) {
        let family = offline.then(|| code.granted.clone());
        let rows = Rows { of_session: code.session.clone(), signed_in, family, for_unit };
        Box::pin(redeem_alone(app, grant, rows, now)).await?;
    }
    app.caches.granted(&code.id, Standing::Active(session));
    Ok(())
}

/// In which session, and what is stored beside the grant.
struct Rows {
    of_session: SessionId,
    signed_in: Option<SignedIn>,
    /// What the first refresh token is for.
    family: Option<Granted>,
    /// Each use of a unit is audited.
    for_unit: bool,
}

async fn redeem_alone(app: &App, grant: Grant, rows: Rows, now: Timestamp) -> Result<(), TokenError> {
    let (keys, random, id, client) =
        (Arc::clone(&app.keys), app.random.clone(), grant.id.clone(), grant.client.clone());
    let redeemed = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                // Without this the session's end might neither see the grant nor whom to tell of it.
                if !sessions::hold(tx, &rows.of_session).await? {
                    grants::revoke(tx, &grant.id, now).await?;
                    return Stored::Ok(Redeemed::Ended);
                }
                let redeemed = grants::redeem(tx, &grant, now).await?;
                if redeemed != Redeemed::Fresh {
                    return Stored::Ok(redeemed);
                }
                let of = (&grant.id, &grant.client, &grant.principal);
                if let Some(signed_in) = &rows.signed_in {
                    session_clients::note(tx, signed_in).await?;
                }
                if let Some(granted) = rows.family {
                    refresh_tokens::insert(tx, &keys, of, &granted, now).await?;
                }
                if rows.for_unit {
                    acted(tx, &random, (&grant.principal, &grant.client, &grant.id), now).await?;
                }
                Stored::Ok(redeemed)
            })
        })
        .await?;
    match redeemed {
        Redeemed::Fresh => Ok(()),
        Redeemed::Again => {
            app.caches.forget(&grants::cache_key(&id));
            tracing::warn!(%client, grant = %id, "a code was used twice: its tokens are revoked");
            Err(invalid("the code was used before").into())
        }
        Redeemed::Ended => {
            app.caches.forget(&grants::cache_key(&id));
            Err(ENDED.into())
        }
        Redeemed::Withdrawn => Err(invalid("the consent was taken back").into()),
    }
}

/// Each use of a unit stands in its audit log: by whom, by which mandate, at which client.
pub(super) async fn acted(
    tx: &mut Tx,
    random: &Random,
    (principal, client, grant): (&Principal, &ClientId, &GrantId),
    now: Timestamp,
) -> Stored<()> {
    let (actor, subject) = (format!("account:{}", principal.acting()), format!("account:{}", principal.account));
    let detail = serde_json::json!({ "client": client, "mandate": principal.mandate(), "grant": grant });
    audit::record(tx, random, now, "unit.acted", (&actor, &subject), &detail).await
}

/// What tokens are issued of.
pub(super) struct Of<'a> {
    pub(super) client: &'a Client,
    pub(super) bearer: &'a Bearer,
    pub(super) grant: &'a GrantId,
    pub(super) granted: &'a Granted,
    pub(super) scopes: &'a Scopes,
    pub(super) resources: &'a [String],
}

/// What only the first ID token says.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks<'a> {
    pub(super) nonce: Option<&'a str>,
    pub(super) session: Option<&'a SessionId>,
}

/// An access token and an ID token.
pub(super) async fn issue(
    app: &App,
    of: &Of<'_>,
    marks: Marks<'_>,
    now: Timestamp,
) -> Result<TokenResponse, TokenError> {
    let access = AccessToken {
        grant: of.grant.clone(),
        client: of.client.id.clone(),
        principal: Some(of.granted.principal.clone()),
        scopes: of.scopes.clone(),
        claims: of.granted.claims.userinfo.clone(),
        resources: of.resources.to_vec(),
        signed_in: Some((of.granted.acr.clone(), of.granted.auth_time)),
        expires_at: now.plus(ACCESS_TOKEN_LIFETIME),
    };
    let access_token = access.issue(app, of.client, Some((of.bearer, of.granted))).await?;
    let id_token = id_token(app, of, marks, &access_token, now).await?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        scope: Some(of.scopes.to_string()),
        id_token: Some(id_token),
        refresh_token: None,
    })
}

async fn id_token(
    app: &App,
    of: &Of<'_>,
    marks: Marks<'_>,
    access_token: &str,
    now: Timestamp,
) -> Result<String, TokenError> {
    let Of { client, bearer, granted, .. } = of;
    let mut told = organization::marks(app, client, bearer);
    if !granted.claims.id_token.is_empty() {
        told.extend(claims(app, client, bearer, &Scopes::default(), &granted.claims.id_token).await?);
    }
    let algorithm = client.metadata.id_token_signed_response_alg;
    let claims = IdToken {
        iss: app.config.issuer_text(),
        sub: &subject(app, client, &bearer.account),
        aud: client.id.as_str(),
        exp: now.plus(ID_TOKEN_LIFETIME).seconds(),
        iat: now.seconds(),
        auth_time: granted.auth_time,
        nonce: marks.nonce,
        acr: &granted.acr,
        amr: granted.methods.split(' ').collect(),
        at_hash: at_hash(algorithm, access_token),
        sid: marks.session.map(|session| super::hint::sid(app, client, session)),
        told,
    };
    app.signing.sign(algorithm, &claims).await.map_err(|_| TokenError::Signing)
}
