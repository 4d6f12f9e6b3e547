//! What a page handler answers: a page or a redirect, with cookies.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::pages::Rendered;

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    kind: Kind,
    cookies: Vec<HeaderValue>,
    clear_site_data: bool,
}

#[derive(Debug)]
enum Kind {
    Page(Box<Rendered>),
    Redirect(String),
}

impl Reply {
    /// A page.
    pub(super) fn page(rendered: Rendered) -> Self {
        Self { kind: Kind::Page(Box::new(rendered)), cookies: Vec::new(), clear_site_data: false }
    }

    /// 303: the browser goes on with GET.
    pub(super) fn to(location: impl Into<String>) -> Self {
        Self { kind: Kind::Redirect(location.into()), cookies: Vec::new(), clear_site_data: false }
    }

    /// The same answer with a cookie.
    pub(super) fn cookie(mut self, cookie: HeaderValue) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The same answer with several cookies.
    pub(super) fn cookies(mut self, cookies: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    /// The same answer, and the browser drops what it kept of earlier pages (a service hall's next person).
    pub(super) fn forgetting(mut self) -> Self {
        self.clear_site_data = true;
        self
    }
}

fn policy(rendered: &Rendered) -> HeaderValue {
    let action = rendered.form_action.as_deref().unwrap_or_default();
    let image = rendered.image_source.as_deref().unwrap_or_default();
    let script = if rendered.scripted { "script-src 'self'; " } else { "" };
    let frames = rendered.departure.as_ref().map(|departure| format!("frame-src {}; ", departure.frames));
    let frames = frames.unwrap_or_default();
    let text = format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self' data: {image}; form-action 'self' {action}; {frames}\
         frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.kind {
            Kind::Page(rendered) => {
                let policy = policy(&rendered);
                let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::OK);
                let mut response = (status, rendered.html).into_response();
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                headers.insert(CONTENT_SECURITY_POLICY, policy);
                if let Some(seconds) = rendered.retry_after {
                    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                if let Some(seconds) = rendered.refresh {
                    headers.insert(HeaderName::from_static("refresh"), HeaderValue::from(seconds));
                }
                if let Some((seconds, to)) = rendered.departure.and_then(|departure| departure.onward)
                    && let Ok(value) = HeaderValue::from_str(&format!("{seconds}; url={to}"))
                {
                    headers.insert(HeaderName::from_static("refresh"), value);
                }
                response
            }
            Kind::Redirect(location) => match HeaderValue::from_str(&location) {
                Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
                Err(_) => StatusCode::BAD_REQUEST.into_response(),
            },
        };
        for cookie in self.cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        if self.clear_site_data {
            let name = HeaderName::from_static("clear-site-data");
            response.headers_mut().insert(name, HeaderValue::from_static("\"cache\""));
        }
        response
    }
}
