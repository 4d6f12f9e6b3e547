//! Access tokens: sealed, so that the token endpoint doesn't write them down, and good while everything that they rest on
//! stands. A client may be registered for signed ones (`access_jwt`), which hold a sealed one and are checked alike.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access_jwt;
use super::authorize::code::Granted;
use super::bearer::{Bearer, bearer};
use super::token::TokenError;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::client::{AccessTokenFormat, Client};
use crate::domain::principal::Principal;
use crate::ids::{ClientId, GrantId};
use crate::protocol::claims::Wanted;
use crate::protocol::client_metadata::GrantType;
use crate::protocol::scope::Scopes;
use crate::storage::Stored;
use crate::storage::consents::Key;
use crate::storage::grants::Standing;

const CONTEXT: &str = "access token";

/// What an access token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AccessToken {
    /// Of which grant; of a client's own token its only name.
    #[serde(rename = "g")]
    pub(super) grant: GrantId,
    #[serde(rename = "c")]
    pub(super) client: ClientId,
    /// Whom it is about; nobody: the client itself (RFC 6749, section 4.4).
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Principal>,
    #[serde(rename = "o")]
    pub(super) scopes: Scopes,
    #[serde(rename = "q", default, skip_serializing_if = "Wanted::is_empty")]
    pub(super) claims: Wanted,
    /// For whom it is (RFC 8707); none: the portal itself.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) resources: Vec<String>,
    /// How its person was signed in, for introspection (RFC 9470, section 6.2): `acr`, and `auth_time` in seconds.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) signed_in: Option<(String, i64)>,
    #[serde(rename = "e")]
    pub(super) expires_at: Timestamp,
}

impl AccessToken {
    /// Its text, of the kind that its client is registered for.
    pub(super) async fn issue(
        &self,
        app: &App,
        client: &Client,
        about: Option<(&Bearer, &Granted)>,
    ) -> Result<String, TokenError> {
        match client.access_tokens {
            AccessTokenFormat::Opaque => {
                app.keys.seal_json(Purpose::AccessToken, CONTEXT, self).map_err(|_| TokenError::Signing)
            }
            AccessTokenFormat::Jwt => access_jwt::sign(app, client, self, about).await,
        }
    }

    /// Opens a text; `None` for anything that this portal didn't issue.
    pub(super) fn open(app: &App, text: &str) -> Option<Self> {
        if text.contains('.') {
            return access_jwt::open(app, text);
        }
        app.keys.open_json(Purpose::AccessToken, CONTEXT, text).ok()
    }

    /// Whether it may be used at the portal itself.
    pub(super) fn is_for_portal(&self, app: &App) -> bool {
        self.resources.is_empty() || self.resources.iter().any(|resource| resource == app.config.issuer_text())
    }
}

/// A token that is good now.
pub(super) struct Live {
    pub(super) access: AccessToken,
    pub(super) client: Arc<Client>,
    /// Whom it is about; nobody: the client itself.
    pub(super) bearer: Option<Bearer>,
}

/// What a token opens, if it is good: its time, its grant, its session where it hangs on one, its client, the consent, its
/// account, and whoever acts for that.
pub(super) async fn live(app: &App, text: &str) -> Stored<Option<Live>> {
    let found = AccessToken::open(app, text).filter(|access| app.clock.now() < access.expires_at);
    let Some(access) = found else { return Ok(None) };
    let Some(client) = app.client(access.client.as_str()).await? else { return Ok(None) };
    let Some(principal) = &access.principal else {
        let stands = client.may_use(GrantType::ClientCredentials) && !app.caches.is_revoked(&access.grant).await?;
        return Ok(stands.then_some(Live { access, client, bearer: None }));
    };
    let Standing::Active(session) = &*app.caches.standing(&access.grant).await? else { return Ok(None) };
    if let Some(session) = session
        && !app.caches.session_stands(session).await?
    {
        return Ok(None);
    }
    // A withdrawal ends the grant; one that a redemption has run past at the same moment ends the token here.
    let asked = access.claims.scopes().collect::<Scopes>().union(&access.scopes);
    if !app.caches.consent(Key::of(principal, &client.id), &asked).await?.covers(&asked) {
        return Ok(None);
    }
    let bearer = bearer(app, &client, principal).await?;
    Ok(bearer.map(|bearer| Live { access, client, bearer: Some(bearer) }))
}
