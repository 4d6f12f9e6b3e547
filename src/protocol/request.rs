//! An authorization request that has passed every check (OpenID Connect Core, section 3.1.2.1).

use serde::{Deserialize, Serialize};

use super::claims::ClaimsRequest;
use super::pkce::CodeChallenge;
use super::prompt::Prompt;
use super::redirect_uri::RedirectUri;
use super::response_mode::ResponseMode;
use super::scope::Scopes;
use crate::ids::ClientId;

/// What a client asked for, validated. The pipeline in `provider::authorize` makes it; an interaction stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes: one of the client's own.
    pub redirect_uri: RedirectUri,
    /// How the answer travels.
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// What for.
    pub scopes: Scopes,
    /// Returned unchanged.
    pub state: Option<String>,
    /// Returned in the ID token.
    pub nonce: Option<String>,
    /// PKCE.
    pub code_challenge: Option<CodeChallenge>,
    /// Which pages are wanted.
    pub prompt: Prompt,
    /// The oldest sign-in that will do, in seconds.
    pub max_age: Option<i64>,
    /// Who will probably sign in; only fills in a field.
    pub login_hint: Option<String>,
    /// Languages, best first.
    pub ui_locales: Vec<String>,
    /// Contexts that would be welcome, best first. Voluntary (section 5.5.1.1).
    pub acr_values: Vec<String>,
    /// Contexts of which one must be reached (section 5.5.1.1); none: any will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub essential_acr: Vec<String>,
    /// Who the person must be: one of each list, by hint (`id_token_hint`) or by the claim `sub`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Vec<String>>,
    /// The claims that are asked for by name (section 5.5).
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// The resource servers that its tokens are for (RFC 8707); none: the portal itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The account kind asked for.
    pub account_kind: Option<super::account_kind::AccountKind>,
}

impl AuthorizationRequest {
    /// What consent has to cover: the scopes, and those that the claims count for.
    pub fn asked(&self) -> Scopes {
        self.scopes.union(&self.claims.scopes())
    }
}
