//! Refresh tokens (RFC 6749, section 6; OpenID Connect Core, sections 11 and 12). Everything is looked at again at each use:
//! account, mandate, consent, the client's own scopes. Public clients get another token each time (RFC 9700, section 2.2.2).

use serde::{Deserialize, Serialize};

use super::authorize::code::Granted;
use super::bearer::{Bearer, bearer};
use super::resource;
use super::token::{Marks, Of, TokenError, TokenResponse, acted, invalid, issue};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::client::Client;
use crate::ids::{ClientId, GrantId};
use crate::protocol::client_metadata::GrantType;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::{Scope, Scopes};
use crate::storage::consents::Key;
use crate::storage::refresh_tokens::{self, Family, Presented};
use crate::storage::{Stored, audit, grants};

const CONTEXT: &str = "refresh token";
const REFUSED: OAuthError = invalid("the refresh token is not valid");

/// What a refresh token says: nobody but this portal can make one, or read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RefreshToken {
    #[serde(rename = "g")]
    pub(super) grant: GrantId,
    #[serde(rename = "c")]
    pub(super) client: ClientId,
    #[serde(rename = "n")]
    pub(super) generation: i64,
}

impl RefreshToken {
    /// The text of a family's token.
    pub(super) fn seal(app: &App, grant: &GrantId, client: &Client, generation: i64) -> Result<String, TokenError> {
        let token = Self { grant: grant.clone(), client: client.id.clone(), generation };
        app.keys.seal_json(Purpose::AccessToken, CONTEXT, &token).map_err(|_| TokenError::Signing)
    }

    /// Opens a text; `None` for anything that this portal didn't issue.
    pub(super) fn open(app: &App, text: &str) -> Option<Self> {
        app.keys.open_json(Purpose::AccessToken, CONTEXT, text).ok()
    }
}

/// Whether a grant comes with refresh tokens: it was asked for and consented to, and the client may still have them.
pub(super) fn is_offline(client: &Client, granted: &Granted) -> bool {
    granted.scopes.contains(Scope::OfflineAccess)
        && client.scopes.contains(Scope::OfflineAccess)
        && client.may_use(GrantType::RefreshToken)
}

/// A family and whom it is about, if both stand.
pub(super) async fn standing(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    now: Timestamp,
) -> Stored<Option<(Family<Granted>, Bearer)>> {
    let mut conn = app.db.read().await?;
    let family = refresh_tokens::find::<Granted>(&mut conn, &app.keys, (&token.grant, &client.id), now).await?;
    drop(conn);
    let Some(family) = family.filter(|family| is_offline(client, &family.granted)) else { return Ok(None) };
    let Granted { principal, scopes, claims, .. } = &family.granted;
    let asked = scopes.union(&claims.scopes());
    if !app.caches.consent(Key::of(principal, &client.id), &asked).await?.covers(&asked) {
        return Ok(None);
    }
    Ok(bearer(app, client, principal).await?.map(|bearer| (family, bearer)))
}

/// Answers a refresh request.
pub(super) async fn refresh_token(app: &App, client: &Client, params: &Params) -> Result<TokenResponse, TokenError> {
    let missing = OAuthError::new(ErrorCode::InvalidRequest, "refresh_token is missing");
    let text = params.get("refresh_token").ok_or(missing)?;
    let token = RefreshToken::open(app, text).filter(|token| token.client == client.id).ok_or(REFUSED)?;
    let now = app.clock.now();
    let (family, bearer) = standing(app, client, &token, now).await?.ok_or(REFUSED)?;
    let scopes = narrowed(&family.granted.scopes, params)?;
    let resources = resource::of_grant(client, &family.granted.resources, params)?;
    let generation = present(app, client, &token, &family.granted, &bearer, now).await?;
    let granted = &family.granted;
    let of = Of { client, bearer: &bearer, grant: &token.grant, granted, scopes: &scopes, resources: &resources };
    let mut answer = issue(app, &of, Marks::default(), now).await?;
    if generation != token.generation {
        answer.refresh_token = Some(RefreshToken::seal(app, &token.grant, client, generation)?);
    }
    Ok(answer)
}

/// RFC 6749, section 6: as much as was granted, or less.
fn narrowed(granted: &Scopes, params: &Params) -> Result<Scopes, OAuthError> {
    let Some(text) = params.get("scope") else { return Ok(granted.clone()) };
    let scopes = Scopes::parse(text);
    match granted.covers(&scopes) && scopes.contains(Scope::Openid) {
        true => Ok(scopes),
        false => Err(OAuthError::new(ErrorCode::InvalidScope, "scope must be within what was granted, with openid")),
    }
}

/// Uses the token; the generation to answer with.
async fn present(
    app: &App,
    client: &Client,
    token: &RefreshToken,
    granted: &Granted,
    bearer: &Bearer,
    now: Timestamp,
) -> Result<i64, TokenError> {
    let (rotating, for_unit, random) = (client.is_public() || client.rotates, bearer.is_unit(), app.random.clone());
    let (used, principal) = (token.clone(), granted.principal.clone());
    // A person's own good token is one row.
    if !for_unit {
        let used = used.clone();
        let advance = app.db.write_one(move |tx| {
            Box::pin(async move { refresh_tokens::advance(tx, &used.grant, used.generation, rotating, now).await })
        });
        if let Some(generation) = advance.await? {
            return Ok(generation);
        }
    }
    let presented = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let presented = refresh_tokens::present(tx, &used.grant, used.generation, rotating, now).await?;
                match presented {
                    Presented::Good(_) if for_unit => {
                        acted(tx, &random, (&principal, &used.client, &used.grant), now).await?;
                    }
                    Presented::Reused => {
                        let who = format!("account:{}", principal.acting());
                        let detail = serde_json::json!({ "client": used.client, "grant": used.grant });
                        audit::record(tx, &random, now, "refresh.reused", ("portal", &who), &detail).await?;
                    }
                    Presented::Good(_) | Presented::Gone => {}
                }
                Stored::Ok(presented)
            })
        })
        .await?;
    match presented {
        Presented::Good(generation) => Ok(generation),
        Presented::Gone => Err(REFUSED.into()),
        Presented::Reused => {
            app.caches.forget(&grants::cache_key(&token.grant));
            tracing::warn!(client = %client.id, grant = %token.grant, "an old refresh token came: its family has ended");
            Err(REFUSED.into())
        }
    }
}
