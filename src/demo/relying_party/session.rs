//! The relying party's sessions: kept on the server, found by a random cookie.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::{HeaderMap, header};
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};

use super::pages::Lang;
use super::provider::SignedIdToken;
use crate::clock::Random;
use crate::demo::lock;
use crate::secret::same;

const COOKIE: &str = "rp_session";
/// Sign-ins that one browser may have under way, in as many tabs.
const TABS: usize = 5;
/// A demonstration has few visitors; more than this many sessions are a mistake, and all end.
const SESSIONS: usize = 10_000;

/// A sign-in that was sent to the portal.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) state: CsrfToken,
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
    pub(super) lang: Lang,
}

impl Pending {
    pub(super) fn pkce_verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.verifier.secret().clone())
    }
}

/// As whom: a person, or a unit and who acts for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    /// The person's name or, unless that was told, their subject.
    pub(super) person: String,
    /// The unit's name and code; none where a person is there for themselves.
    pub(super) unit: Option<String>,
    /// The acting person's role; empty: nobody has proven who acts.
    pub(super) role: String,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) identity: Identity,
    pub(super) id_token: SignedIdToken,
    pub(super) token_claims: Vec<(String, String)>,
    pub(super) info: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Session {
    pending: Vec<Pending>,
    user: Option<User>,
}

/// Every browser's session.
#[derive(Debug)]
pub(super) struct Sessions {
    random: Random,
    secure: bool,
    sessions: Mutex<HashMap<String, Session>>,
}

impl Sessions {
    pub(super) fn new(random: Random, secure: bool) -> Self {
        Self { random, secure, sessions: Mutex::default() }
    }

    /// Remembers a sign-in; answers the cookie to set.
    pub(super) fn begin(&self, headers: &HeaderMap, pending: Pending) -> String {
        let mut sessions = lock(&self.sessions);
        if sessions.len() >= SESSIONS {
            sessions.clear();
        }
        let known = cookie(headers).filter(|id| sessions.contains_key(*id)).map(str::to_owned);
        let id = known.unwrap_or_else(|| self.random.token::<32>());
        let session = sessions.entry(id.clone()).or_default();
        session.pending.push(pending);
        if session.pending.len() > TABS {
            session.pending.remove(0);
        }
        self.set_cookie(&id)
    }

    /// The sign-in that `state` belongs to, in this browser; once.
    pub(super) fn take(&self, headers: &HeaderMap, state: &str) -> Option<Pending> {
        let mut sessions = lock(&self.sessions);
        let session = sessions.get_mut(cookie(headers)?)?;
        let asked = |pending: &Pending| same(pending.state.secret().as_bytes(), state.as_bytes());
        let at = session.pending.iter().position(asked)?;
        Some(session.pending.remove(at))
    }

    /// Signs in, under a new identifier so that nobody can have planted it; answers the cookie to set.
    pub(super) fn sign_in(&self, headers: &HeaderMap, user: User) -> String {
        let mut sessions = lock(&self.sessions);
        let mut session = cookie(headers).and_then(|id| sessions.remove(id)).unwrap_or_default();
        session.user = Some(user);
        let id = self.random.token::<32>();
        sessions.insert(id.clone(), session);
        self.set_cookie(&id)
    }

    /// Who is signed in, in this browser.
    pub(super) fn user(&self, headers: &HeaderMap) -> Option<User> {
        lock(&self.sessions).get(cookie(headers)?)?.user.clone()
    }

    /// Signs out, in every browser, whoever's ID token has this claim: the portal says that its session has ended.
    pub(super) fn end_at_portal(&self, claim: &str, value: &str) {
        let is_meant = |user: &User| user.token_claims.iter().any(|(name, held)| name == claim && held == value);
        lock(&self.sessions).retain(|_, session| !session.user.as_ref().is_some_and(is_meant));
    }

    /// Ends the session; answers who was signed in.
    pub(super) fn end(&self, headers: &HeaderMap) -> Option<User> {
        lock(&self.sessions).remove(cookie(headers)?)?.user
    }

    fn set_cookie(&self, id: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax{secure}")
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}
