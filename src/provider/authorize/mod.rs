//! The authorization endpoint by phase: parameters → a request object unfolded → [`Addressed`] (client and redirect URI proven; it alone owns the
//! way back) → [`AuthorizationRequest`] (every check passed) → a decision → a code. Before `Addressed` an error is a
//! page, after it an answer to the client: the type decides.

mod about;
mod answer;
mod checks;
pub mod code;
pub mod guardian;
mod policy;
mod request_object;

use std::sync::Arc;

use crate::app::App;
use crate::domain::client::Client;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::response_mode::ResponseMode;
use crate::storage::Stored;

pub use about::{About, Choice, about, is_named};
pub use answer::Answer;
pub use policy::{Decision, Given, decide};
pub use request_object::unfold;

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
pub struct Addressed {
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// Returned with every answer.
    pub state: Option<String>,
}

impl Addressed {
    /// Proves client and redirect URI.
    ///
    /// # Errors
    /// The store's own; the inner error is for the person.
    pub async fn prove(app: &App, params: &Params) -> Stored<Result<Self, Unaddressed>> {
        let state = params.get("state").map(str::to_owned);
        // One that there isn't is told in the default mode: see the check of that name.
        let mode = ResponseMode::parse(params.text("response_mode")).unwrap_or_default();
        Self::at(app, params.text("client_id"), params.text("redirect_uri"), (mode, state)).await
    }

    /// The way back of a stored request, proven again: the client may have been switched off, or the URI taken away.
    ///
    /// # Errors
    /// The store's own; the inner error is for the person.
    pub async fn of(app: &App, request: &AuthorizationRequest) -> Stored<Result<Self, Unaddressed>> {
        Self::at(
            app,
            request.client_id.as_str(),
            request.redirect_uri.as_str(),
            (request.response_mode, request.state.clone()),
        )
        .await
    }

    async fn at(
        app: &App,
        client: &str,
        uri: &str,
        (mode, state): (ResponseMode, Option<String>),
    ) -> Stored<Result<Self, Unaddressed>> {
        let Some(client) = app.client(client).await? else { return Ok(Err(Unaddressed::Client)) };
        let Some(redirect_uri) = client.redirect_uri(uri) else { return Ok(Err(Unaddressed::RedirectUri)) };
        let response_mode = match mode {
            ResponseMode::FormPost if !redirect_uri.takes_forms() => ResponseMode::default(),
            mode => mode,
        };
        Ok(Ok(Self { client, redirect_uri, response_mode, state }))
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

    /// The answer with a code (RFC 6749, section 4.1.2; `iss` by RFC 9207; `session_state` by OpenID Connect Session
    /// Management 1.0, section 2).
    pub fn with_code(&self, issuer: &str, code: &str, session_state: &str) -> Answer {
        self.answer([("code", code), ("iss", issuer), ("session_state", session_state)])
    }

    /// The answer with an error (RFC 6749, section 4.1.2.1).
    pub fn with_error(&self, issuer: &str, error: &OAuthError) -> Answer {
        self.answer([("error", error.code.as_str()), ("error_description", error.description), ("iss", issuer)])
    }

    fn answer<const N: usize>(&self, params: [(&'static str, &str); N]) -> Answer {
        let state = self.state.as_deref().map(|state| ("state", state));
        Answer::new(self.response_mode, &self.redirect_uri, params.into_iter().chain(state))
    }
}
