//! The signing keys in use: JWS (RFC 7515) made and checked, the public keys as `jwks_uri` serves them. The folder is read
//! again while the portal runs, so that a rotation needs no restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::files::KeyError;
use super::key::Key;
use super::schedule::{Slot, published};
use crate::clock::{Clock, Timestamp};
use crate::protocol::signing::SigningAlgorithm;

/// `typ` of ID tokens. Other tokens have another, so that none stands in for one (RFC 8725, section 3.11).
pub const ID_TOKEN: &str = "JWT";

/// The portal's signing keys.
#[derive(Clone)]
pub struct SigningKeys(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    clock: Clock,
    random: SystemRandom,
    set: RwLock<Arc<Set>>,
}

/// The keys that were published at some moment.
struct Set {
    slots: Vec<Slot>,
    keys: Vec<Arc<Key>>,
    jwks: Arc<str>,
}

impl Set {
    fn load(directory: &Path, slots: Vec<Slot>) -> Result<Self, KeyError> {
        let keys: Vec<_> = slots.iter().map(|slot| slot.load(directory).map(Arc::new)).collect::<Result<_, _>>()?;
        let jwks = json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string().into();
        Ok(Self { slots, keys, jwks })
    }

    /// The newest key of an algorithm whose time has come.
    fn signing(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<Arc<Key>> {
        let slots = self.slots.iter().zip(&self.keys).rev();
        slots
            .into_iter()
            .find(|(slot, _)| slot.algorithm == algorithm && slot.is_active(now))
            .map(|(_, k)| Arc::clone(k))
    }
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
    pub fn load(directory: &Path, clock: &Clock) -> Result<Self, KeyError> {
        let set = Set::load(directory, published(directory, clock.now())?)?;
        Ok(Self(Arc::new(Inner {
            directory: directory.to_owned(),
            clock: clock.clone(),
            random: SystemRandom::new(),
            set: RwLock::new(Arc::new(set)),
        })))
    }

    fn set(&self) -> Arc<Set> {
        Arc::clone(&self.0.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the folder again; whether the published keys are others now. Those in use stay if it can't be read.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn refresh(&self) -> Result<bool, KeyError> {
        let slots = published(&self.0.directory, self.0.clock.now())?;
        if slots == self.set().slots {
            return Ok(false);
        }
        let set = Arc::new(Set::load(&self.0.directory, slots)?);
        *self.0.set.write().unwrap_or_else(PoisonError::into_inner) = set;
        Ok(true)
    }

    /// The public keys, as `jwks_uri` serves them (RFC 7517, section 5).
    pub fn jwks(&self) -> Arc<str> {
        Arc::clone(&self.set().jwks)
    }

    /// Signs claims as a compact JWS of the ordinary type.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the library fails.
    pub async fn sign<T: Serialize + Sync>(&self, algorithm: SigningAlgorithm, claims: &T) -> Result<String, KeyError> {
        self.sign_as(ID_TOKEN, algorithm, claims).await
    }

    /// Signs claims under a `typ` (RFC 8725, section 3.11). An RSA signature takes about a millisecond and is made off
    /// the reactor.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the library fails.
    pub async fn sign_as<T: Serialize + Sync>(
        &self,
        typ: &str,
        algorithm: SigningAlgorithm,
        claims: &T,
    ) -> Result<String, KeyError> {
        let key = self.set().signing(algorithm, self.0.clock.now()).ok_or(KeyError::Generation)?;
        let header = format!(r#"{{"alg":"{}","kid":"{}","typ":"{typ}"}}"#, algorithm.as_str(), key.kid);
        let payload = serde_json::to_vec(claims).map_err(|_| KeyError::Generation)?;
        let mut token = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 400);
        URL_SAFE_NO_PAD.encode_string(&header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        if !key.is_slow() {
            return key.sign(&self.0.random, token);
        }
        let random = self.0.random.clone();
        tokio::task::spawn_blocking(move || key.sign(&random, token)).await.map_err(|_| KeyError::Generation)?
    }

    /// The claims of a token of this type that one of the published keys has signed; whether it has expired is for the
    /// caller to say. The key decides the algorithm, not the token (RFC 8725, section 3.1).
    pub fn verify<T: DeserializeOwned>(&self, typ: &str, issuer: &str, token: &str) -> Option<T> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(typ) {
            return None;
        }
        let (set, kid) = (self.set(), header.kid?);
        let key = set.keys.iter().find(|key| key.kid == kid)?;
        let mut validation = Validation::new(key.jose());
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[issuer]);
        jsonwebtoken::decode::<T>(token, &key.verifying, &validation).ok().map(|data| data.claims)
    }
}

/// The base64url of the left half of an access token's hash, by the algorithm of the ID token: `at_hash` (OpenID Connect
/// Core, section 3.1.3.6). Ed25519 hashes with SHA-512 (RFC 8032, section 5.1).
pub fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::EdDSA => &digest::SHA512,
        SigningAlgorithm::RS256 | SigningAlgorithm::PS256 | SigningAlgorithm::ES256 => &digest::SHA256,
    };
    let hash = digest::digest(hash, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().split_at(hash.as_ref().len() / 2).0)
}
