//! Signing (RFC 7515) with cached aws-lc-rs keys, and the public keys as JWKs (RFC 7517).

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Value, json};

use super::files::{KeyError, read_or_make};
use crate::protocol::signing::SigningAlgorithm;

/// The portal's signing keys.
#[derive(Clone)]
pub struct SigningKeys(Arc<Inner>);

struct Inner {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    rsa_header: String,
    ec_header: String,
    jwks: Value,
    random: SystemRandom,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKeys")
    }
}

impl SigningKeys {
    /// Loads the keys of a folder; missing ones are made.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn load(directory: &Path) -> Result<Self, KeyError> {
        let rsa = read_or_make(directory, "rs256.pem", || {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?;
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| KeyError::Generation)?;
            Ok(pem(der.as_ref()))
        })?;
        let ec = read_or_make(directory, "es256.pem", || {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generation)?;
            let der = pair.to_pkcs8v1().map_err(|_| KeyError::Generation)?;
            Ok(pem(der.as_ref()))
        })?;
        let format = |name: &str| KeyError::Format(directory.join(name));
        let rsa = der(&rsa).and_then(|d| RsaKeyPair::from_pkcs8(&d).ok()).ok_or_else(|| format("rs256.pem"))?;
        let ec = der(&ec)
            .and_then(|d| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &d).ok())
            .ok_or_else(|| format("es256.pem"))?;
        let rsa_jwk = rsa_jwk(&rsa);
        let ec_jwk = ec_jwk(&ec).ok_or_else(|| format("es256.pem"))?;
        Ok(Self(Arc::new(Inner {
            rsa_header: header(SigningAlgorithm::RS256, &rsa_jwk),
            ec_header: header(SigningAlgorithm::ES256, &ec_jwk),
            jwks: json!({ "keys": [ec_jwk, rsa_jwk] }),
            rsa,
            ec,
            random: SystemRandom::new(),
        })))
    }

    /// The public keys, as `jwks_uri` serves them.
    pub fn jwks(&self) -> &Value {
        &self.0.jwks
    }

    /// Signs claims as a compact JWS. An RSA signature takes about a millisecond and is made off the reactor.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the library fails.
    pub async fn sign<T: Serialize + Sync>(&self, algorithm: SigningAlgorithm, claims: &T) -> Result<String, KeyError> {
        let header = match algorithm {
            SigningAlgorithm::RS256 => &self.0.rsa_header,
            SigningAlgorithm::ES256 => &self.0.ec_header,
        };
        let payload = serde_json::to_vec(claims).map_err(|_| KeyError::Generation)?;
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 400);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        let keys = Arc::clone(&self.0);
        match algorithm {
            SigningAlgorithm::ES256 => keys.es256(token),
            SigningAlgorithm::RS256 => {
                tokio::task::spawn_blocking(move || keys.rs256(token)).await.map_err(|_| KeyError::Generation)?
            }
        }
    }
}

impl Inner {
    fn es256(&self, mut token: String) -> Result<String, KeyError> {
        let signature = self.ec.sign(&self.random, token.as_bytes()).map_err(|_| KeyError::Generation)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }

    fn rs256(&self, mut token: String) -> Result<String, KeyError> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa
            .sign(&RSA_PKCS1_SHA256, &self.random, token.as_bytes(), &mut signature)
            .map_err(|_| KeyError::Generation)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }
}

fn header(algorithm: SigningAlgorithm, jwk: &Value) -> String {
    let header = json!({ "alg": algorithm.as_str(), "kid": jwk.get("kid"), "typ": "JWT" });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

/// The base64url of the left half of SHA-256 of an access token: `at_hash` (OpenID Connect Core, section 3.1.3.6).
pub fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().split_at(16).0)
}

fn rsa_jwk(pair: &RsaKeyPair) -> Value {
    let key = pair.public_key();
    let n = URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero());
    let e = URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero());
    // RFC 7638: the members in this order, without blanks.
    let kid = crate::crypto::sha256(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e })
}

fn ec_jwk(pair: &EcdsaKeyPair) -> Option<Value> {
    // Uncompressed point: 0x04, x, y.
    let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let kid = crate::crypto::sha256(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    Some(json!({ "kty": "EC", "use": "sig", "alg": "ES256", "kid": kid, "crv": "P-256", "x": x, "y": y }))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str("-----END PRIVATE KEY-----\n");
    out
}

fn der(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).ok()
}
