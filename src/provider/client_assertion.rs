//! Client assertions: `client_secret_jwt` and `private_key_jwt` (RFC 7523; OpenID Connect Core, section 9).

use serde::Deserialize;

use super::client_jwt::{MAX, SKEW, algorithms, verify};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::sha256;
use crate::domain::client::{Client, ClientAuthentication};
use crate::storage::{Stored, tickets};

/// `client_assertion_type` (RFC 7523, section 2.2).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest time for which an assertion may be good, in seconds.
const LONGEST: i64 = 10 * 60;
/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 256;

#[derive(Deserialize)]
struct Unverified {
    sub: String,
}

/// Whom an assertion says that it is from. Nobody believes that yet: it finds the client whose key must have signed it.
pub(super) fn names(assertion: &str) -> Option<String> {
    let is_short = assertion.len() <= MAX;
    let unverified = is_short.then(|| jsonwebtoken::dangerous::insecure_decode_claims::<Unverified>(assertion).ok());
    unverified.flatten().map(|unverified| unverified.sub)
}

/// Whether an assertion proves the client, for the first time: it is used up by that.
///
/// # Errors
/// The store's own.
pub(super) async fn proves(app: &App, client: &Client, assertion: &str) -> Stored<bool> {
    if !matches!(client.authentication, ClientAuthentication::SecretJwt(_) | ClientAuthentication::PrivateKeyJwt) {
        return Ok(false);
    }
    let accepted = algorithms(client, client.metadata.token_endpoint_auth_signing_alg.as_deref());
    let Some(claims) = verify(app, client, assertion, &accepted).await else {
        return Ok(refused(client, "it is not signed with the client's key and algorithm"));
    };
    let now = app.clock.now();
    let own = |name: &str| claims.text(name) == Some(client.id.as_str());
    if !(own("iss") && own("sub")) {
        return Ok(refused(client, "iss and sub must be the client_id"));
    }
    if !is_meant_for_us(app, client, &claims.audiences()) {
        return Ok(refused(client, "aud must be the issuer alone"));
    }
    let Some(expires) = claims.seconds("exp").filter(|at| *at <= now.seconds() + LONGEST) else {
        return Ok(refused(client, "exp must be there, and within ten minutes"));
    };
    if !claims.is_current(now) {
        return Ok(refused(client, "it has expired, or is not good yet"));
    }
    let Some(id) = claims.text("jti").filter(|id| !id.is_empty() && id.len() <= LONGEST_ID) else {
        return Ok(refused(client, "jti must be there, in 256 bytes"));
    };
    let id = format!("assertion:{}", sha256(&format!("{}\n{id}", client.id)));
    let until = Timestamp((expires + SKEW) * 1000);
    let is_first = app.db.write(move |tx| Box::pin(async move { tickets::spend(tx, &id, until).await })).await?;
    Ok(is_first || refused(client, "it was used before"))
}

/// The issuer, and nobody beside it: what is signed for others too could be brought here by them (RFC 7523, section 3).
/// A client that can't do better may name the token endpoint instead, where the operator has said so.
fn is_meant_for_us(app: &App, client: &Client, audiences: &[&str]) -> bool {
    let [audience] = audiences else { return false };
    let issuer = app.config.issuer_text();
    *audience == issuer || (client.lax_audience && audience.strip_prefix(issuer) == Some("/token"))
}

/// For the operator, who is asked why a client can't get in; the answer to the client says no more than that.
fn refused(client: &Client, reason: &'static str) -> bool {
    tracing::info!(client = %client.id, reason, "a client assertion was refused");
    false
}
