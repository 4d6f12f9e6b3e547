//! Cookies: HttpOnly, SameSite=Lax, host-only; `Secure` and `__Host-` wherever the issuer is https. One is read by a script.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::config::Config;
use crate::ids::SessionId;
use crate::provider::session_state::browser_state;

/// The portal's cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Binds interactions, journeys and forms to the browser.
    Browser,
    /// The session: `id.secret`.
    Session,
    /// Whether it is still the same session, for the script of `check_session_iframe`: see [`session_state`].
    ///
    /// [`session_state`]: crate::provider::session_state
    State,
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
            (Self::State, true) => "__Host-guiyi_state",
            (Self::State, false) => "guiyi_state",
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

/// The cookies of a session that has begun: its own, `id.secret`, and what says that it is another one than before.
pub(super) fn signed_in(app: &App, session: &str) -> [HeaderValue; 2] {
    let id = session.split_once('.').map_or("", |(id, _)| id);
    let state = browser_state(&app.keys, &SessionId::from(id));
    [Cookie::Session.set(&app.config, session, None), Cookie::State.set(&app.config, &state, None)]
}
