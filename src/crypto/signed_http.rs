//! Signed requests to the portal's own kinds of back-end service (authoritative source, SMS and mail gateway).
//!
//! The request carries `X-Guiyi-Client`, `X-Guiyi-Timestamp` (epoch milliseconds), `X-Guiyi-Nonce` and
//! `X-Guiyi-Signature`: base64url of HMAC-SHA256 over `METHOD \n path \n timestamp \n nonce \n body`. The answer is
//! signed too, `X-Guiyi-Signature` over `nonce \n body`, so that neither side can be played by a third.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::Secret;

/// Header: who calls.
pub const CLIENT: &str = "x-guiyi-client";
/// Header: when, in epoch milliseconds.
pub const TIMESTAMP: &str = "x-guiyi-timestamp";
/// Header: a value used once.
pub const NONCE: &str = "x-guiyi-nonce";
/// Header: the signature of a request or of an answer.
pub const SIGNATURE: &str = "x-guiyi-signature";

/// The parts of a request that its signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `POST`, …
    pub method: &'a str,
    /// The path with its query, as sent.
    pub path: &'a str,
    /// Epoch milliseconds, as text.
    pub timestamp: &'a str,
    /// Used once.
    pub nonce: &'a str,
    /// The body's bytes.
    pub body: &'a [u8],
}

/// The signature of a request.
pub fn sign_request(secret: &Secret, request: Signed<'_>) -> String {
    URL_SAFE_NO_PAD.encode(request_tag(secret, request).as_ref())
}

/// Whether `signature` is the request's, in constant time.
pub fn verify_request(secret: &Secret, request: Signed<'_>, signature: &str) -> bool {
    crate::secret::same(sign_request(secret, request).as_bytes(), signature.as_bytes())
}

/// The signature of the answer to the request that carried `nonce`.
pub fn sign_answer(secret: &Secret, nonce: &str, body: &[u8]) -> String {
    let mut tag = hmac::Context::with_key(&key(secret));
    tag.update(nonce.as_bytes());
    tag.update(b"\n");
    tag.update(body);
    URL_SAFE_NO_PAD.encode(tag.sign().as_ref())
}

/// Whether `signature` is the answer's, in constant time.
pub fn verify_answer(secret: &Secret, nonce: &str, body: &[u8], signature: &str) -> bool {
    crate::secret::same(sign_answer(secret, nonce, body).as_bytes(), signature.as_bytes())
}

fn key(secret: &Secret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())
}

fn request_tag(secret: &Secret, request: Signed<'_>) -> hmac::Tag {
    let mut tag = hmac::Context::with_key(&key(secret));
    for part in [request.method, request.path, request.timestamp, request.nonce] {
        tag.update(part.as_bytes());
        tag.update(b"\n");
    }
    tag.update(request.body);
    tag.sign()
}
