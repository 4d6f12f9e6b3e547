//! Client authentication at the token endpoint (RFC 6749, section 2.3; OpenID Connect Core, section 9).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::client_assertion;
use super::token::TokenError;
use crate::app::App;
use crate::domain::client::{Client, ClientAuthentication};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::secret::Secret;

const REFUSED: OAuthError = OAuthError::new(ErrorCode::InvalidClient, "client authentication failed");

/// Authenticates the client of a request.
///
/// # Errors
/// `invalid_client`, the same for an unknown client and a wrong secret; `invalid_request` if it authenticates twice.
pub async fn authenticate(app: &App, authorization: Option<&str>, params: &Params) -> Result<Arc<Client>, TokenError> {
    let twice = OAuthError::new(ErrorCode::InvalidRequest, "the client must authenticate in one way");
    let named = params.get("client_id");
    let assertion = params.get("client_assertion");
    let (id, presented) = match (authorization, params.get("client_secret"), assertion) {
        (Some(header), None, None) => {
            let (id, secret) = basic(header).ok_or(REFUSED)?;
            if named.is_some_and(|named| named != id) {
                return Err(twice.into());
            }
            (id, Presented::Basic(secret))
        }
        (None, Some(secret), None) => (named.ok_or(REFUSED)?.to_owned(), Presented::Post(secret)),
        (None, None, Some(assertion)) => {
            if params.get("client_assertion_type") != Some(client_assertion::TYPE) {
                return Err(REFUSED.into());
            }
            let id = named.map(str::to_owned).or_else(|| client_assertion::names(assertion)).ok_or(REFUSED)?;
            (id, Presented::Assertion(assertion))
        }
        (None, None, None) => (named.ok_or(REFUSED)?.to_owned(), Presented::Nothing),
        _ => return Err(twice.into()),
    };
    let client = app.client(&id).await?.ok_or(REFUSED)?;
    let is_good = match presented {
        Presented::Assertion(assertion) => client_assertion::proves(app, &client, assertion).await?,
        presented => is_good(app, &client, &presented),
    };
    if is_good { Ok(client) } else { Err(REFUSED.into()) }
}

/// What came with a request.
enum Presented<'a> {
    Basic(Secret),
    Post(&'a str),
    Assertion(&'a str),
    Nothing,
}

/// Whether it is what the client is registered for: one method, and no other.
fn is_good(app: &App, client: &Client, presented: &Presented<'_>) -> bool {
    let registered = &client.authentication;
    match (registered, presented) {
        (ClientAuthentication::SecretBasic(_), Presented::Basic(secret)) => {
            registered.is_secret(&app.keys, &client.id, secret.expose())
        }
        (ClientAuthentication::SecretPost(_), Presented::Post(secret)) => {
            registered.is_secret(&app.keys, &client.id, secret)
        }
        (ClientAuthentication::None, Presented::Nothing) => true,
        _ => false,
    }
}

/// `client_secret_basic`: both parts are form-encoded before base64 (RFC 6749, section 2.3.1).
fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decode(id)?, Secret::new(form_decode(secret)?)))
}

fn form_decode(text: &str) -> Option<String> {
    let pair = format!("v={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}
