//! What a client has signed: its assertions (RFC 7523) and request objects (RFC 9101).
//!
//! The key is one that the client has registered, and never one that the token brings or points to (`jwk`, `jku`, `x5u`,
//! `x5c` are ignored); the algorithm is one that is fixed for this client and that the key is for. `none` is none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::client::{Client, ClientAuthentication};
use crate::protocol::client_metadata::signing_algorithms;

/// The longest token that is looked at, in bytes.
pub(super) const MAX: usize = 16 * 1024;
/// How much a client's clock may be ahead, in seconds.
pub(super) const SKEW: i64 = 60;
/// Sizes of RSA keys that are believed, in bytes of the modulus (RFC 7518, section 3.3): 2048 to 8192 bits.
const RSA: std::ops::RangeInclusive<usize> = 256..=1024;

/// What a verified token says.
#[derive(Clone, Debug)]
pub(super) struct Claims(pub(super) Map<String, Value>);

/// The algorithms that a client's tokens may have: the registered one alone, else any that fits what it signs with.
pub(super) fn algorithms(client: &Client, registered: Option<&str>) -> Vec<Algorithm> {
    let own = signing_algorithms(client.authentication.method()).iter();
    own.filter(|name| registered.is_none_or(|registered| registered == **name)).filter_map(|n| n.parse().ok()).collect()
}

/// Verifies the signature of a client's token; `None` for anything that isn't its own.
pub(super) async fn verify(app: &App, client: &Client, token: &str, accepted: &[Algorithm]) -> Option<Claims> {
    if token.len() > MAX {
        return None;
    }
    let header = jsonwebtoken::decode_header(token).ok()?;
    let is_nested = header.cty.is_some() || header.enc.is_some() || header.zip.is_some();
    if is_nested || header.crit.is_some() || !accepted.contains(&header.alg) {
        return None;
    }
    let read = |key: &DecodingKey| signed(token, key, header.alg).map(Claims);
    match (header.alg, &client.authentication) {
        (Algorithm::HS256, ClientAuthentication::SecretJwt(secret)) => {
            read(&DecodingKey::from_secret(secret.expose().as_bytes()))
        }
        (Algorithm::HS256, _) => None,
        (algorithm, _) => {
            let kid = header.kid.as_deref();
            let keys = app.client_keys.of(&client.metadata, kid).await;
            let fitting = keys.iter().filter(|key| fits(key, algorithm, kid));
            fitting.filter_map(|key| DecodingKey::from_jwk(key).ok()).find_map(|key| read(&key))
        }
    }
}

/// The claims, if the signature is right. Times and parties are the caller's to look at.
fn signed(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Option<Map<String, Value>> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, key, &validation).ok().map(|data| data.claims)
}

/// Whether a key is for this algorithm, and the one that is named, if one is.
fn fits(key: &Jwk, algorithm: Algorithm, kid: Option<&str>) -> bool {
    let common = &key.common;
    let is_named = kid.is_none_or(|kid| common.key_id.as_deref() == Some(kid));
    let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let is_meant = common.key_algorithm.is_none_or(|meant| meant == KeyAlgorithm::from(algorithm));
    let is_kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), Algorithm::RS256 | Algorithm::PS256) => {
            URL_SAFE_NO_PAD.decode(&rsa.n).is_ok_and(|modulus| RSA.contains(&modulus.len()))
        }
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    is_named && signs && verifies && is_meant && is_kind
}

impl Claims {
    /// A claim that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A time, in seconds (RFC 7519, section 2).
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }

    /// Its audiences: one text, or a list of them (RFC 7519, section 4.1.3).
    pub(super) fn audiences(&self) -> Vec<&str> {
        match self.0.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().map(|one| one.as_str().unwrap_or_default()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is good at this moment: `exp` and `nbf` if they are there (a time that is none is over), and not made
    /// in the future.
    pub(super) fn is_current(&self, now: Timestamp) -> bool {
        let now = now.seconds();
        let holds = |name: &str, check: &dyn Fn(i64) -> bool| {
            self.0.get(name).is_none_or(|_| self.seconds(name).is_some_and(check))
        };
        holds("exp", &|at| now < at) && holds("nbf", &|at| at <= now + SKEW) && holds("iat", &|at| at <= now + SKEW)
    }
}
