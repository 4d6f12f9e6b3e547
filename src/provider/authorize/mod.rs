//! The authorization endpoint by phase: parameters → [`Addressed`] (client and redirect URI proven; it alone owns the
//! way back) → [`AuthorizationRequest`] (every check passed) → a decision → a code. Before `Addressed` an error is a
//! page, after it a redirect: the type decides.

mod about;
mod checks;
pub mod code;
pub mod guardian;
mod policy;

use crate::app::App;
use crate::domain::client::Client;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::request::AuthorizationRequest;

pub use about::{About, Choice, about, is_named};
pub use policy::{Decision, Given, decide};

/// Why a request can't even be answered by a redirect (RFC 6749, section 4.1.2.1): it is shown to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unaddressed {
    /// No `client_id`, or one that isn't registered or is switched off.
    Client,
    /// No `redirect_uri`, or one that isn't this client's, to the letter.
    RedirectUri,
}

/// A request whose client and redirect URI are proven.
#[derive(Clone, Debug)]
pub struct Addressed<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// Returned with every answer.
    pub state: Option<String>,
}

impl<'a> Addressed<'a> {
    /// Proves client and redirect URI.
    ///
    /// # Errors
    /// [`Unaddressed`]
    pub fn prove(app: &'a App, params: &Params) -> Result<Self, Unaddressed> {
        let client = params.get("client_id").and_then(|id| app.clients.get(id)).ok_or(Unaddressed::Client)?;
        let requested = params.get("redirect_uri").ok_or(Unaddressed::RedirectUri)?;
        let registered = client.redirect_uris.iter().find(|uri| uri.is(requested));
        let redirect_uri = registered.ok_or(Unaddressed::RedirectUri)?.clone();
        Ok(Self { client, redirect_uri, state: params.get("state").map(str::to_owned) })
    }

    /// The way back of a stored request, proven again: the client may have been switched off, or the URI taken away.
    ///
    /// # Errors
    /// [`Unaddressed`]
    pub fn of(app: &'a App, request: &AuthorizationRequest) -> Result<Self, Unaddressed> {
        let client = app.clients.get(request.client_id.as_str()).ok_or(Unaddressed::Client)?;
        if !client.redirect_uris.contains(&request.redirect_uri) {
            return Err(Unaddressed::RedirectUri);
        }
        Ok(Self { client, redirect_uri: request.redirect_uri.clone(), state: request.state.clone() })
    }

    /// Runs every check, in the order of [`checks::PIPELINE`].
    ///
    /// # Errors
    /// The first check's error.
    pub fn validate(&self, params: &Params) -> Result<AuthorizationRequest, OAuthError> {
        let mut request = checks::unchecked(self);
        for check in checks::PIPELINE {
            check(self, params, &mut request)?;
        }
        Ok(request)
    }

    /// The redirect that carries a code (RFC 6749, section 4.1.2; `iss` by RFC 9207).
    pub fn with_code(&self, issuer: &str, code: &str) -> String {
        self.answer([("code", code), ("iss", issuer)])
    }

    /// The redirect that carries an error (RFC 6749, section 4.1.2.1).
    pub fn with_error(&self, issuer: &str, error: &OAuthError) -> String {
        self.answer([("error", error.code.as_str()), ("error_description", error.description), ("iss", issuer)])
    }

    fn answer<const N: usize>(&self, params: [(&str, &str); N]) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        self.redirect_uri.with_query(params.into_iter().chain(state))
    }
}
