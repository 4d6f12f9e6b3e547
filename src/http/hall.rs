//! Service halls (政务服务大厅): one machine, one person after the other. A browser there that has rested for too long is a new one:
//! whoever comes next gets neither the session nor the migration of the last, whatever cookies are left. Pages leave by themselves.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue, REFRESH, SET_COOKIE};

use super::cookies::Cookie;
use crate::app::App;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::crypto::Keyring;
use crate::secret::same;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Whether a browser in a hall was used a moment ago: what its cookie says is bound to the browser and can't be made up.
pub(super) fn is_in_use(app: &App, headers: &HeaderMap, browser: &str) -> bool {
    let Some(cookie) = Cookie::Seen.read(&app.config, headers) else { return false };
    let Some((at, proof)) = cookie.split_once('.') else { return false };
    let Ok(at) = at.parse().map(Timestamp) else { return false };
    let idle = app.config.session_limits(true).idle;
    same(proof.as_bytes(), proof_of(&app.keys, at, browser).as_bytes()) && app.clock.now().since(at) < idle
}

fn proof_of(keys: &Keyring, at: Timestamp, browser: &str) -> String {
    keys.hash("hall", &format!("{}\n{browser}", at.0))
}

/// Notes the use of a browser in a hall, and has its page leave for the front page when it has rested for too long.
pub(super) fn used(app: &App, headers: &mut HeaderMap, browser: &str, is_page: bool) {
    let now = app.clock.now();
    let value = format!("{}.{}", now.0, proof_of(&app.keys, now, browser));
    headers.append(SET_COOKIE, Cookie::Seen.set(&app.config, &value, None));
    let seconds = app.config.session_limits(true).idle.as_secs() + 1;
    if let (true, Ok(refresh)) = (is_page, HeaderValue::from_str(&format!("{seconds}; url=/"))) {
        // A page that goes on by itself after a sign-out does that first.
        headers.entry(REFRESH).or_insert(refresh);
    }
}

/// Drops what the last person has left in the browser, pages that it kept for the back button included.
pub(super) fn swept(config: &Config, headers: &mut HeaderMap) {
    for cookie in [Cookie::Session, Cookie::State, Cookie::Aside, Cookie::After, Cookie::Known] {
        headers.append(SET_COOKIE, cookie.clear(config));
    }
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
}
