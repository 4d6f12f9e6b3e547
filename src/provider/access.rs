//! Access tokens: sealed, so that the token endpoint doesn't write them down, and good while everything that they rest on
//! stands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bearer::{Bearer, bearer};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose, SealError};
use crate::domain::client::Client;
use crate::domain::principal::Principal;
use crate::ids::{ClientId, GrantId};
use crate::protocol::claims::Wanted;
use crate::protocol::scope::Scopes;
use crate::storage::Stored;
use crate::storage::grants::Standing;

const CONTEXT: &str = "access token";

/// What an access token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AccessToken {
    #[serde(rename = "g")]
    pub(super) grant: GrantId,
    #[serde(rename = "c")]
    pub(super) client: ClientId,
    #[serde(rename = "p")]
    pub(super) principal: Principal,
    #[serde(rename = "o")]
    pub(super) scopes: Scopes,
    #[serde(rename = "q", default, skip_serializing_if = "Wanted::is_empty")]
    pub(super) claims: Wanted,
    #[serde(rename = "e")]
    pub(super) expires_at: Timestamp,
}

impl AccessToken {
    /// Its text.
    pub(super) fn seal(&self, app: &App) -> Result<String, SealError> {
        app.keys.seal_json(Purpose::AccessToken, CONTEXT, self)
    }

    /// Opens a text; `None` for anything that this portal didn't issue.
    pub(super) fn open(app: &App, text: &str) -> Option<Self> {
        app.keys.open_json(Purpose::AccessToken, CONTEXT, text).ok()
    }
}

/// A token that is good now.
pub(super) struct Live {
    pub(super) access: AccessToken,
    pub(super) client: Arc<Client>,
    pub(super) bearer: Bearer,
}

/// What a token opens, if it is good: its time, its grant, its session where it hangs on one, its client, its account,
/// and whoever acts for that.
pub(super) async fn live(app: &App, text: &str) -> Stored<Option<Live>> {
    let found = AccessToken::open(app, text).filter(|access| app.clock.now() < access.expires_at);
    let Some(access) = found else { return Ok(None) };
    let Standing::Active(session) = &*app.caches.standing(&access.grant).await? else { return Ok(None) };
    if let Some(session) = session
        && !app.caches.session_stands(session).await?
    {
        return Ok(None);
    }
    let Some(client) = app.client(access.client.as_str()).await? else { return Ok(None) };
    let bearer = bearer(app, &client, &access.principal).await?;
    Ok(bearer.map(|bearer| Live { access, client, bearer }))
}
