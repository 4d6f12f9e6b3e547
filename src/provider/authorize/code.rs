//! The authorization code: a sealed blob, so that issuing one writes nothing. Its redemption is the one durable write.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose, SealError, sha256};
use crate::domain::principal::Principal;
use crate::domain::session::Session;
use crate::ids::{ClientId, GrantId, SessionId};
use crate::protocol::acr::Acr;
use crate::protocol::claims::ClaimsRequest;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::{Scope, Scopes};
use crate::provider::bearer::Bearer;

/// How long a code is good for (RFC 6749, section 4.1.2: ten minutes at the most).
pub const LIFETIME: Duration = Duration::from_secs(60);

/// What was granted: the same in a code and in the refresh tokens that follow it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Granted {
    /// Whom it is about.
    #[serde(rename = "p")]
    pub principal: Principal,
    /// What for.
    #[serde(rename = "o")]
    pub scopes: Scopes,
    /// The claims that were asked for by name.
    #[serde(rename = "q", default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// For whom (RFC 8707); none: the portal itself.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// `auth_time`, in seconds.
    #[serde(rename = "t")]
    pub auth_time: i64,
    /// `acr`.
    #[serde(rename = "l")]
    pub acr: String,
    /// `amr`, blank-separated.
    #[serde(rename = "m")]
    pub methods: String,
}

/// What a code stands for. Field names are short because it travels in a URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Code {
    /// Its id, and the grant's.
    #[serde(rename = "i")]
    pub id: GrantId,
    /// Whom it was issued to.
    #[serde(rename = "c")]
    pub client: ClientId,
    /// SHA-256 of the redirect URI it was sent to.
    #[serde(rename = "r")]
    redirect: String,
    /// PKCE.
    #[serde(rename = "h")]
    pub challenge: Option<CodeChallenge>,
    /// For the ID token.
    #[serde(rename = "n")]
    pub nonce: Option<String>,
    /// Whose session.
    #[serde(rename = "s")]
    pub session: SessionId,
    /// What for.
    #[serde(rename = "g")]
    pub granted: Granted,
    /// When it ends.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

const CONTEXT: &str = "authorization code";

impl Code {
    /// Issues a code for a request that the policy has let through.
    ///
    /// # Errors
    /// [`SealError`]
    pub fn issue(
        app: &App,
        request: &AuthorizationRequest,
        session: &Session,
        bearer: &Bearer,
        now: Timestamp,
    ) -> Result<String, SealError> {
        let acr = Acr { identity: bearer.identity_level(), sign_in: session.level };
        let granted = Granted {
            principal: bearer.principal(),
            scopes: scopes(request, bearer),
            claims: request.claims.clone(),
            resources: request.resources.clone(),
            auth_time: session.authenticated_at.seconds(),
            acr: acr.to_string(),
            methods: session.methods.clone(),
        };
        let code = Self {
            id: GrantId::mint(now, &app.random),
            client: request.client_id.clone(),
            redirect: sha256(request.redirect_uri.as_str()),
            challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
            session: session.id.clone(),
            granted,
            expires_at: now.plus(LIFETIME),
        };
        app.keys.seal_json(Purpose::Code, CONTEXT, &code)
    }

    /// When it was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.expires_at.minus(LIFETIME)
    }

    /// Opens a code; `None` for anything that this portal didn't issue.
    pub fn open(app: &App, text: &str) -> Option<Self> {
        app.keys.open_json(Purpose::Code, CONTEXT, text).ok()
    }

    /// Whether it was sent to this redirect URI.
    pub fn was_sent_to(&self, redirect_uri: &str) -> bool {
        crate::secret::same(self.redirect.as_bytes(), sha256(redirect_uri).as_bytes())
    }
}

/// A unit's own password gives nothing that outlives its session: no mandate's end would end it.
fn scopes(request: &AuthorizationRequest, bearer: &Bearer) -> Scopes {
    match bearer.is_unit() && bearer.actor.is_none() {
        true => request.scopes.without(Scope::OfflineAccess),
        false => request.scopes.clone(),
    }
}
