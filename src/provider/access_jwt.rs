//! Access tokens as signed JWTs (RFC 9068), which a resource server reads by itself. What the portal needs to know of one
//! is sealed in its `jti`, so that no account's id is told to anybody; the rest is for others to read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::AccessToken;
use super::authorize::code::Granted;
use super::bearer::Bearer;
use super::claims::subject;
use super::token::{ACCESS_TOKEN_LIFETIME, TokenError};
use super::{organization, resource};
use crate::app::App;
use crate::crypto::Purpose;
use crate::domain::client::Client;

/// `typ` of its header (section 2.1): it can't be taken for an ID token.
const TYPE: &str = "at+jwt";
/// Another one than an opaque token's: a `jti` by itself is no token.
const CONTEXT: &str = "jwt access token";

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Value,
    client_id: &'a str,
    exp: i64,
    iat: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    /// Who acts for a unit.
    #[serde(flatten)]
    marks: Map<String, Value>,
}

#[derive(Deserialize)]
struct Sealed {
    jti: String,
}

/// Signs one (section 2.2), with the algorithm of its client's ID tokens.
pub(super) async fn sign(
    app: &App,
    client: &Client,
    access: &AccessToken,
    about: Option<(&Bearer, &Granted)>,
) -> Result<String, TokenError> {
    let jti = app.keys.seal_json(Purpose::AccessToken, CONTEXT, access).map_err(|_| TokenError::Signing)?;
    let sub = about.map_or_else(|| client.id.0.clone(), |(bearer, _)| subject(app, client, &bearer.account));
    let claims = Claims {
        iss: app.config.issuer_text(),
        sub: &sub,
        aud: resource::audience(app, &access.resources),
        client_id: client.id.as_str(),
        exp: access.expires_at.seconds(),
        iat: access.expires_at.minus(ACCESS_TOKEN_LIFETIME).seconds(),
        jti: &jti,
        scope: about.map(|_| access.scopes.to_string()),
        auth_time: about.map(|(_, granted)| granted.auth_time),
        acr: about.map(|(_, granted)| granted.acr.as_str()),
        marks: about.map(|(bearer, _)| organization::marks(app, client, bearer)).unwrap_or_default(),
    };
    let algorithm = client.metadata.id_token_signed_response_alg;
    app.signing.sign_as(TYPE, algorithm, &claims).await.map_err(|_| TokenError::Signing)
}

/// Opens one that the portal signed; whether it is good still is for the caller to find out.
pub(super) fn open(app: &App, text: &str) -> Option<AccessToken> {
    let Sealed { jti } = app.signing.verify(TYPE, app.config.issuer_text(), text)?;
    app.keys.open_json(Purpose::AccessToken, CONTEXT, &jti).ok()
}
