//! `check_session_iframe` (OpenID Connect Session Management 1.0, section 3.2): the one page that other sites may frame, and
//! the one with a script. It shows nothing and reads one cookie.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::headers::Framed;

const PAGE: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Session</title>\
                    <script src=\"/assets/check_session.js\"></script></head><body></body></html>";
const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'";

/// `GET /check-session`
pub(super) async fn show() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    let mut response = (headers, PAGE).into_response();
    response.extensions_mut().insert(Framed);
    response
}
