//! One root key, and from it (HKDF-SHA256, RFC 5869) a key for each purpose, so that what was sealed for one purpose
//! can't be opened for another and the blind index can't be computed from an encryption key.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Random;

/// The secret from which all others are derived: 32 bytes.
#[derive(Clone)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// A new root key.
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Reads the form that [`RootKey::encode`] writes; `None` if it is anything else.
    pub fn decode(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// 43 characters of base64url.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// What a sealed value is for; part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Identity data in the database.
    Field,
    /// The answers of a running journey.
    Journey,
    /// Authorization codes.
    Code,
    /// Opaque access tokens.
    AccessToken,
    /// Captchas and links that travel through the browser or by mail.
    Ticket,
    /// Messages waiting in the outbox.
    Outbox,
    /// What a reviewer is to decide, and the reasons given.
    Review,
    /// Pictures of documents.
    Evidence,
}

impl Purpose {
    const ALL: [Self; 8] = [
        Self::Field,
        Self::Journey,
        Self::Code,
        Self::AccessToken,
        Self::Ticket,
        Self::Outbox,
        Self::Review,
        Self::Evidence,
    ];

    const fn label(self) -> &'static [u8] {
        match self {
            Self::Field => b"seal field 1",
            Self::Journey => b"seal journey 1",
            Self::Code => b"seal code 1",
            Self::AccessToken => b"seal access token 1",
            Self::Ticket => b"seal ticket 1",
            Self::Outbox => b"seal outbox 1",
            Self::Review => b"seal review 1",
            Self::Evidence => b"seal evidence 1",
        }
    }
}

/// A sealed value couldn't be opened: made for something else, altered, or sealed under another key.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value could not be opened")]
pub struct SealError;

/// The derived keys, ready for use.
pub struct Keyring {
    seal: [LessSafeKey; 8],
    index: hmac::Key,
    hash: hmac::Key,
    subject: hmac::Key,
    random: Random,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

const NONCE: usize = 12;

impl Keyring {
    /// Derives all keys.
    ///
    /// # Errors
    /// Only if the cryptographic library refuses its own algorithms.
    pub fn derive(root: &RootKey, random: Random) -> Result<Self, SealError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"guiyi root 1").extract(&root.0);
        let key = |label: &[u8]| -> Result<[u8; 32], SealError> {
            let mut out = [0; 32];
            prk.expand(&[label], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut out))
                .map_err(|_| SealError)
                .map(|()| out)
        };
        let aead = |purpose: Purpose| -> Result<LessSafeKey, SealError> {
            let bytes = key(purpose.label())?;
            UnboundKey::new(&AES_256_GCM_SIV, &bytes).map(LessSafeKey::new).map_err(|_| SealError)
        };
        let [a, b, c, d, e, f, g, h] = Purpose::ALL;
        let mac = |label: &[u8]| key(label).map(|k| hmac::Key::new(hmac::HMAC_SHA256, &k));
        Ok(Self {
            seal: [aead(a)?, aead(b)?, aead(c)?, aead(d)?, aead(e)?, aead(f)?, aead(g)?, aead(h)?],
            index: mac(b"blind index 1")?,
            hash: mac(b"keyed hash 1")?,
            subject: mac(b"pairwise subject 1")?,
            random,
        })
    }

    fn key(&self, purpose: Purpose) -> Result<&LessSafeKey, SealError> {
        self.seal.get(purpose as usize).ok_or(SealError)
    }

    /// Seals bytes (AES-256-GCM-SIV, RFC 8452; a repeated nonce reveals no more than equality). `context` says whose
    /// value it is; opening needs the same. The result is base64url.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn seal(&self, purpose: Purpose, context: &str, plain: &[u8]) -> Result<String, SealError> {
        let nonce: [u8; NONCE] = self.random.bytes();
        let mut body = plain.to_vec();
        self.key(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SealError)?;
        let mut out = Vec::with_capacity(NONCE + body.len());
        out.extend_from_slice(&nonce);
        out.append(&mut body);
        Ok(URL_SAFE_NO_PAD.encode(out))
    }

    /// Opens what [`Keyring::seal`] made for the same purpose and context.
    ///
    /// # Errors
    /// [`SealError`] for anything else; nothing says which part was wrong.
    pub fn open(&self, purpose: Purpose, context: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, body) = bytes.split_at_mut_checked(NONCE).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let plain =
            self.key(purpose)?.open_in_place(nonce, Aad::from(context.as_bytes()), body).map_err(|_| SealError)?;
        Ok(plain.to_vec())
    }

    /// Seals a value as JSON.
    ///
    /// # Errors
    /// As [`Keyring::seal`], or if the value has no JSON form.
    pub fn seal_json<T: Serialize>(&self, purpose: Purpose, context: &str, value: &T) -> Result<String, SealError> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(|_| SealError)?);
        self.seal(purpose, context, &plain)
    }

    /// Opens a value sealed by [`Keyring::seal_json`].
    ///
    /// # Errors
    /// As [`Keyring::open`], or if the JSON isn't a `T`.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        context: &str,
        sealed: &str,
    ) -> Result<T, SealError> {
        let plain = zeroize::Zeroizing::new(self.open(purpose, context, sealed)?);
        serde_json::from_slice(&plain).map_err(|_| SealError)
    }

    /// The blind index of a value: equal values of one kind have equal indexes, and nothing else can be told from it
    /// without the key.
    pub fn index(&self, kind: &str, value: &str) -> String {
        keyed(&self.index, kind, value)
    }

    /// A keyed hash of a secret (session cookie, one-time code, client secret), for storing it at rest.
    pub fn hash(&self, kind: &str, value: &str) -> String {
        keyed(&self.hash, kind, value)
    }

    /// A pairwise subject identifier (OpenID Connect Core, section 8.1).
    pub fn pairwise(&self, sector: &str, account: &str) -> String {
        keyed(&self.subject, sector, account)
    }
}

fn keyed(key: &hmac::Key, kind: &str, value: &str) -> String {
    let mut tag = hmac::Context::with_key(key);
    tag.update(kind.as_bytes());
    tag.update(&[0]);
    tag.update(value.as_bytes());
    URL_SAFE_NO_PAD.encode(tag.sign().as_ref())
}

/// SHA-256 as base64url: for values that are random already (PKCE challenges, `at_hash` input, …).
pub fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
