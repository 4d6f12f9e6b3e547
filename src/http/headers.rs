//! Headers of every answer: a request id, and what keeps browsers from guessing, framing and leaking.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The number by which an answer is found in the logs.
#[derive(Clone, Debug)]
pub(super) struct Reference(pub(super) String);

impl Reference {
    fn new() -> Self {
        // Read out on the telephone, so nothing that looks or sounds alike; it names a log line, and is no secret.
        let token = crate::clock::Random::system().token::<9>().to_ascii_uppercase();
        Self(token.replace(['-', '_', '0', 'O', '1', 'I', 'L'], "7"))
    }
}

/// Marks an answer that other sites may show in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framed;

/// Adds the headers.
pub(super) async fn secure(mut request: Request, next: Next) -> Response {
    let reference = Reference::new();
    let id = HeaderValue::from_str(&reference.0).unwrap_or(HeaderValue::from_static("-"));
    request.extensions_mut().insert(reference);
    let mut response = next.run(request).await;
    let framed = response.extensions().get::<Framed>().is_some();
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !framed {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=()"));
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
