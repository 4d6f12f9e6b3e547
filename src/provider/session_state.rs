//! Session management (OpenID Connect Session Management 1.0): how a client's page finds out by itself that another person,
//! or nobody, is signed in at the portal now.
//!
//! The browser state is a hash of the session's id, so it changes with each session and says nothing else. A script has to
//! read it, so its cookie can't be hidden from scripts; that is why it is neither the session's id nor good for anything.

use crate::app::App;
use crate::crypto::{Keyring, sha256};
use crate::domain::client::Client;
use crate::ids::SessionId;
use crate::protocol::redirect_uri::RedirectUri;

/// What the script of `check_session_iframe` reads.
pub fn browser_state(keys: &Keyring, session: &SessionId) -> String {
    keys.hash("browser state", session.as_str())
}

/// `session_state` of an authorization response (section 2): a salted hash of client, its origin and the browser state: that of the
/// browser's current session, whichever of its accounts the answer is about. The script makes the same one of what it reads.
pub fn session_state(app: &App, client: &Client, redirect_uri: &RedirectUri, current: Option<&SessionId>) -> String {
    let state = current.map(|session| browser_state(&app.keys, session)).unwrap_or_default();
    let salt = app.random.token::<12>();
    let hash = sha256(&format!("{} {} {state} {salt}", client.id, redirect_uri.origin()));
    format!("{hash}.{salt}")
}
