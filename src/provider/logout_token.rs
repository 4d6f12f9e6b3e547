//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4): what tells a client that a session has ended.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::hint::sid;
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::keys::KeyError;
use crate::storage::session_clients::SignedIn;

/// How long one is good for: two minutes at the most, as section 2.4 recommends. So it is made when it is sent.
pub const LIFETIME: Duration = Duration::from_secs(2 * 60);
/// `typ` of its header: no other token of the portal can stand in for one, nor it for another.
pub const TYPE: &str = "logout+jwt";
/// The one member of `events`.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: String,
    events: Value,
}

/// The token that tells a client of the end of a session in which it has signed somebody in. It never has a `nonce`, so
/// that it can't be taken for an ID token.
///
/// # Errors
/// [`KeyError`]
pub async fn logout_token(app: &App, client: &Client, ended: &SignedIn, now: Timestamp) -> Result<String, KeyError> {
    let claims = LogoutToken {
        iss: app.config.issuer_text(),
        sub: app.keys.pairwise(&client.sector, ended.account.as_str()),
        aud: client.id.as_str(),
        iat: now.seconds(),
        exp: now.plus(LIFETIME).seconds(),
        jti: app.random.token::<16>(),
        sid: sid(app, client, &ended.session),
        events: json!({ EVENT: {} }),
    };
    app.signing.sign_as(TYPE, client.metadata.id_token_signed_response_alg, &claims).await
}
