//! ID tokens that come back as hints (`id_token_hint`; OpenID Connect RP-Initiated Logout 1.0, section 2): only our
//! own signature is believed; an expired one is still a hint.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::app::App;
use crate::domain::client::Client;
use crate::ids::SessionId;

/// The longest hint that is looked at, in bytes.
const MAX: usize = 4096;

/// What a genuine hint says.
#[derive(Clone, Debug, Deserialize)]
pub struct Hint {
    /// The pairwise subject.
    pub sub: String,
    /// The client it was issued to.
    pub aud: String,
    /// The session, as that client knows it. An ID token of a refresh that outlives its session names none.
    pub sid: Option<String>,
}

/// The `sid` claim: pairwise too, so that two clients can't match their users by it.
pub fn sid(app: &App, client: &Client, session: &SessionId) -> String {
    app.keys.hash("sid", &format!("{}\n{session}", client.sector))
}

/// Reads a hint; `None` unless this portal signed it.
pub fn read(app: &App, token: &str) -> Option<Hint> {
    if token.len() > MAX {
        return None;
    }
    let header = jsonwebtoken::decode_header(token).ok()?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return None;
    }
    let keys: JwkSet = serde_json::from_value(app.signing.jwks().clone()).ok()?;
    let jwk = keys.find(&header.kid?)?;
    // The key decides the algorithm, not the token.
    let algorithm = match &jwk.algorithm {
        jsonwebtoken::jwk::AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => Algorithm::ES256,
    };
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_issuer(&[app.config.issuer_text()]);
    jsonwebtoken::decode::<Hint>(token, &DecodingKey::from_jwk(jwk).ok()?, &validation).ok().map(|data| data.claims)
}
