//! A relying party's key: what its assertions and request objects are signed with.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Signer {
    key: EncodingKey,
    pub header: Header,
    jwk: Value,
}

impl Signer {
    /// A fresh key for an algorithm.
    pub fn new(algorithm: Algorithm, kid: &str) -> Self {
        let key = match algorithm {
            Algorithm::RS256 | Algorithm::PS256 => Self::rsa(KeySize::Rsa2048),
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
            }
            Algorithm::ES384 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
                EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
            }
            _ => {
                let pair = Ed25519KeyPair::generate().unwrap();
                EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref())
            }
        };
        Self::of(key, algorithm, kid)
    }

    fn rsa(size: KeySize) -> EncodingKey {
        let pair = RsaKeyPair::generate(size).unwrap();
        // Behind the 26 bytes of the PKCS #8 wrapping is the PKCS #1 key (RFC 5958).
        EncodingKey::from_rsa_der(&AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref()[26..])
    }

    /// One that shares a secret.
    pub fn shared(secret: &str) -> Self {
        let header = Header::new(Algorithm::HS256);
        Self { key: EncodingKey::from_secret(secret.as_bytes()), header, jwk: json!({}) }
    }

    fn of(key: EncodingKey, algorithm: Algorithm, kid: &str) -> Self {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        Self { key, header, jwk }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        self.jwk.clone()
    }

    /// A set of this key alone.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    pub fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header, claims, &self.key).unwrap()
    }

    /// The same with another header.
    pub fn headed(&self, change: impl FnOnce(&mut Header)) -> Self {
        let mut other = self.clone();
        change(&mut other.header);
        other
    }
}

/// A token that nobody has signed.
pub fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

/// Claims with some changed; null takes one away.
pub fn changed(claims: &Value, changes: &[(&str, Value)]) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(*name)),
            value => claims[*name] = value.clone(),
        }
    }
    claims
}
