//! Resource indicators (RFC 8707): for which resource servers a token is. A client may name those that it is registered
//! for, to the letter; one that names none gets tokens for the portal itself.

use serde_json::{Value, json};

use crate::app::App;
use crate::domain::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;

const REFUSED: OAuthError = OAuthError::new(ErrorCode::InvalidTarget, "a resource is not one that is granted here");

/// The resources that a request names, if all of them are among these (section 2).
pub(super) fn requested(params: &Params, among: &[String]) -> Result<Vec<String>, OAuthError> {
    let mut named: Vec<String> = Vec::new();
    for resource in params.all("resource") {
        if !among.iter().any(|known| known == resource) {
            return Err(REFUSED);
        }
        if !named.iter().any(|known| known == resource) {
            named.push(resource.to_owned());
        }
    }
    Ok(named)
}

/// The resources of a token of a grant (section 2.2): those that this request names, within what was granted; else all that
/// was granted. What the client has lost since is left out, and if nothing is left there is no token: it would be a wider one.
pub(super) fn of_grant(client: &Client, granted: &[String], params: &Params) -> Result<Vec<String>, OAuthError> {
    let standing: Vec<String> =
        granted.iter().filter(|resource| client.resources.contains(resource)).cloned().collect();
    if standing.is_empty() && !granted.is_empty() {
        return Err(REFUSED);
    }
    let named = requested(params, if granted.is_empty() { &client.resources } else { &standing })?;
    Ok(if named.is_empty() { standing } else { named })
}

/// `aud` of an access token (RFC 9068, section 3).
pub(super) fn audience(app: &App, resources: &[String]) -> Value {
    match resources {
        [] => json!(app.config.issuer_text()),
        [only] => json!(only),
        several => json!(several),
    }
}
