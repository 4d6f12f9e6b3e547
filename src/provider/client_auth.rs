//! Client authentication at the token endpoint (RFC 6749, section 2.3; OpenID Connect Core, section 9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;
use crate::domain::client::{Client, ClientAuthentication};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::secret::{Secret, same};

const REFUSED: OAuthError = OAuthError::new(ErrorCode::InvalidClient, "client authentication failed");

/// Authenticates the client of a request.
///
/// # Errors
/// `invalid_client`, the same for an unknown client and a wrong secret; `invalid_request` if it authenticates twice.
pub fn authenticate<'a>(app: &'a App, authorization: Option<&str>, params: &Params) -> Result<&'a Client, OAuthError> {
    let twice = OAuthError::new(ErrorCode::InvalidRequest, "the client must authenticate in one way");
    match (authorization, params.get("client_secret")) {
        (Some(_), Some(_)) => Err(twice),
        (Some(header), None) => {
            let (id, secret) = basic(header).ok_or(REFUSED)?;
            if params.get("client_id").is_some_and(|body| body != id) {
                return Err(twice);
            }
            let client = app.clients.get(&id).ok_or(REFUSED)?;
            match &client.authentication {
                ClientAuthentication::SecretBasic(hash) => {
                    let presented = ClientAuthentication::hash(&app.keys, &client.id, secret.expose());
                    if same(hash.as_bytes(), presented.as_bytes()) { Ok(client) } else { Err(REFUSED) }
                }
                ClientAuthentication::None => Err(REFUSED),
            }
        }
        // client_secret_post isn't offered: no client is registered for it.
        (None, Some(_)) => Err(REFUSED),
        (None, None) => {
            let client = params.get("client_id").and_then(|id| app.clients.get(id)).ok_or(REFUSED)?;
            if client.is_public() { Ok(client) } else { Err(REFUSED) }
        }
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
