//! One signing key: made or read as PKCS #8, signing by aws-lc-rs, public as a JWK (RFC 7517) whose id is its thumbprint
//! (RFC 7638).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use super::files::KeyError;
use crate::protocol::signing::SigningAlgorithm;

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key with what is needed to use it and to check what it has signed.
pub(super) struct Key {
    pub(super) algorithm: SigningAlgorithm,
    pub(super) kid: String,
    pub(super) jwk: Value,
    pub(super) verifying: DecodingKey,
    pair: Pair,
}

impl Key {
    /// A new key's text.
    pub(super) fn make(algorithm: SigningAlgorithm) -> Result<String, KeyError> {
        let der: Option<Vec<u8>> = match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => RsaKeyPair::generate(KeySize::Rsa2048)
                .and_then(|pair| AsDer::<Pkcs8V1Der<'_>>::as_der(&pair))
                .map(|der| der.as_ref().to_vec())
                .ok(),
            SigningAlgorithm::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|der| der.as_ref().to_vec())
                .ok(),
            SigningAlgorithm::EdDSA => {
                Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8v1()).map(|der| der.as_ref().to_vec()).ok()
            }
        };
        der.map(|der| pem(&der)).ok_or(KeyError::Generation)
    }

    /// Reads a key's text; `None` if it isn't one of this algorithm.
    pub(super) fn read(algorithm: SigningAlgorithm, text: &str) -> Option<Self> {
        let der = der(text)?;
        let pair = match algorithm {
            SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => Pair::Rsa(RsaKeyPair::from_pkcs8(&der).ok()?),
            SigningAlgorithm::ES256 => Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?),
            SigningAlgorithm::EdDSA => Pair::Ed(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()?),
        };
        // RFC 7638, section 3.2: the required members in this order, without blanks, which is also how they are written.
        let required = pair.public()?;
        let kid = crate::crypto::sha256(&required.to_string());
        let mut jwk = required;
        for (name, value) in [("use", "sig"), ("alg", algorithm.as_str()), ("kid", &kid)] {
            jwk.as_object_mut()?.insert(name.to_owned(), json!(value));
        }
        let verifying = DecodingKey::from_jwk(&serde_json::from_value(jwk.clone()).ok()?).ok()?;
        Some(Self { algorithm, kid, jwk, verifying, pair })
    }

    /// Its algorithm in the library that verifies.
    pub(super) fn jose(&self) -> Algorithm {
        match self.algorithm {
            SigningAlgorithm::RS256 => Algorithm::RS256,
            SigningAlgorithm::PS256 => Algorithm::PS256,
            SigningAlgorithm::ES256 => Algorithm::ES256,
            SigningAlgorithm::EdDSA => Algorithm::EdDSA,
        }
    }

    /// Whether a signature takes about a millisecond, and is better made off the reactor.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self.pair, Pair::Rsa(_))
    }

    /// Adds the signature of a token's header and payload (RFC 7515, section 5.1).
    pub(super) fn sign(&self, random: &SystemRandom, mut token: String) -> Result<String, KeyError> {
        let failed = |_| KeyError::Generation;
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let padding = match self.algorithm {
                    SigningAlgorithm::PS256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, random, token.as_bytes(), &mut signature).map_err(failed)?;
                signature
            }
            Pair::Ec(pair) => pair.sign(random, token.as_bytes()).map_err(failed)?.as_ref().to_vec(),
            Pair::Ed(pair) => pair.try_sign(token.as_bytes()).map_err(failed)?.as_ref().to_vec(),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }
}

impl Pair {
    /// The members that a thumbprint is made of (RFC 7638, section 3.2; RFC 8037, appendix A.3). The map sorts them.
    fn public(&self) -> Option<Value> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some(match self {
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                let e = text(e.big_endian_without_leading_zero());
                json!({ "e": e, "kty": "RSA", "n": text(n.big_endian_without_leading_zero()) })
            }
            Self::Ec(pair) => {
                // Uncompressed point: 0x04, x, y.
                let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
                json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) })
            }
            Self::Ed(pair) => json!({ "crv": "Ed25519", "kty": "OKP", "x": text(pair.public_key().as_ref()) }),
        })
    }
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
