//! Cookies: HttpOnly, SameSite=Lax, host-only; `Secure` and `__Host-` wherever the issuer is https. One is read by a script.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::config::Config;
use crate::provider::session_state::browser_state;
use crate::secret::Secret;
use crate::sign_in::Held;

/// The portal's cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Binds interactions, journeys and forms to the browser.
    Browser,
    /// The session: `id.secret`.
    Session,
    /// Those of other accounts that were put aside.
    Aside,
    /// Whether it is still the same session, for the script of `check_session_iframe`: see [`session_state`].
    ///
    /// [`session_state`]: crate::provider::session_state
    State,
    /// When a service hall's browser was last used.
    Seen,
    /// The accounts that this browser is known to.
    Known,
    /// The language.
    Language,
    /// Where a guardian goes on after signing in: the children's page, or a child's journey.
    After,
}

impl Cookie {
    fn name(self, config: &Config) -> &'static str {
        // The longer names need https: the prefix makes a browser refuse them from a subdomain or over http.
        match (self, config.secure_cookies()) {
            (Self::Browser, true) => "__Host-guiyi_browser",
            (Self::Browser, false) => "guiyi_browser",
            (Self::Session, true) => "__Host-guiyi_session",
            (Self::Session, false) => "guiyi_session",
            (Self::Aside, true) => "__Host-guiyi_aside",
            (Self::Aside, false) => "guiyi_aside",
            (Self::State, true) => "__Host-guiyi_state",
            (Self::State, false) => "guiyi_state",
            (Self::Seen, true) => "__Host-guiyi_seen",
            (Self::Seen, false) => "guiyi_seen",
            (Self::Known, true) => "__Host-guiyi_known",
            (Self::Known, false) => "guiyi_known",
            (Self::Language, true) => "__Host-guiyi_language",
            (Self::Language, false) => "guiyi_language",
            (Self::After, true) => "__Host-guiyi_after",
            (Self::After, false) => "guiyi_after",
        }
    }

    /// Its value in a request. Broken cookies are no cookies.
    pub(super) fn read(self, config: &Config, headers: &HeaderMap) -> Option<String> {
        let name = self.name(config);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(n, value)| *n == name && !value.is_empty() && value.len() <= 2048)
            .map(|(_, value)| value.to_owned())
    }

    /// The header that sets it; without `max_age` it ends with the browser.
    pub(super) fn set(self, config: &Config, value: &str, max_age: Option<Duration>) -> HeaderValue {
        let secure = if config.secure_cookies() { "; Secure" } else { "" };
        // The check of sessions runs in a frame of other sites' pages.
        let reach = match (self, config.secure_cookies()) {
            (Self::State, true) => "SameSite=None",
            (Self::State, false) => "SameSite=Lax",
            _ => "HttpOnly; SameSite=Lax",
        };
        let age = max_age.map(|a| format!("; Max-Age={}", a.as_secs())).unwrap_or_default();
        let text = format!("{}={value}; Path=/; {reach}{secure}{age}", self.name(config));
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// The header that removes it.
    pub(super) fn clear(self, config: &Config) -> HeaderValue {
        self.set(config, "gone", Some(Duration::ZERO))
    }
}

/// The cookies of the sessions that a browser holds from now on: `id.secret` of the current one, and what says that it is another
/// one than before; those put aside, if that has changed.
pub(super) fn holding(app: &App, held: &Held, before: &Held) -> Vec<HeaderValue> {
    let set = |cookie: Cookie, value: Option<&str>| match value {
        Some(value) => cookie.set(&app.config, value, None),
        None => cookie.clear(&app.config),
    };
    let state = held.current_id().map(|id| browser_state(&app.keys, &id));
    let mut cookies =
        vec![set(Cookie::Session, held.current.as_ref().map(Secret::expose)), set(Cookie::State, state.as_deref())];
    let aside = held.aside_text();
    if aside != before.aside_text() {
        cookies.push(set(Cookie::Aside, Some(aside.as_str()).filter(|text| !text.is_empty())));
    }
    cookies
}
