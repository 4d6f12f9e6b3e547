//! Dynamic client registration (RFC 7591; OpenID Connect Dynamic Client Registration 1.0) and its management (RFC 7592).
//! Open, by initial access token, or off. What registers itself gets no more than the operator opens to such clients, and
//! people are told that nobody has looked at it.

mod check;
mod sector;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::clients::{open_scopes, registered};
use crate::clock::{Random, Timestamp};
use crate::config::RegistrationMode;
use crate::crypto::Purpose;
use crate::domain::client::ClientAuthentication;
use crate::ids::ClientId;
use crate::protocol::client_metadata::{AuthMethod, REGISTERED};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::provider::token::TokenError;
use crate::secret::{Secret, same};
use crate::storage::clients::{self, Registered};
use crate::storage::limits::{self, Limit};
use crate::storage::{Stored, Tx, audit};

const OFF: OAuthError = OAuthError::new(ErrorCode::AccessDenied, "clients don't register themselves here");
const INVALID_TOKEN: OAuthError = OAuthError::new(ErrorCode::InvalidToken, "the token is not valid");
const LIMITED: OAuthError =
    OAuthError::new(ErrorCode::TemporarilyUnavailable, "too many clients were registered from here: try again later");

/// Registers a client (RFC 7591, section 3.1): the answer of section 3.2.1. `bearer` is the initial access token, `from`
/// the address that asks.
///
/// # Errors
/// [`TokenError`]: `invalid_redirect_uri` and `invalid_client_metadata` of section 3.2.2, `invalid_token`, or a limit.
pub async fn register(app: &App, bearer: Option<&str>, from: &str, body: &Value) -> Result<Value, TokenError> {
    allowed(app, bearer)?;
    let metadata = check::read(body)?;
    let now = app.clock.now();
    count(app, from, now).await?;
    sector::check(app, &metadata).await?;
    let id = ClientId(format!("{REGISTERED}{}", ClientId::mint(now, &app.random)));
    let token = Secret::new(app.random.token::<32>());
    let mut client = Registered {
        token_hash: token_hash(app, &id, token.expose()),
        secret: String::new(),
        created_at: now,
        is_disabled: false,
        id,
        metadata,
    };
    let secret;
    (secret, client.secret) = self::secret(app, &client.id, client.auth_method())?;
    let (row, random) = (client.clone(), app.random.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                clients::insert(tx, &row).await?;
                told(tx, &random, "client.registered", &row.id, now).await
            })
        })
        .await?;
    Ok(answer(app, &client, secret.as_ref(), token.expose()))
}

/// What a client registered (RFC 7592, section 2.1). Its secret isn't kept, so it isn't told again.
///
/// # Errors
/// [`TokenError`]: `invalid_token`, the same for an unknown client and another's token.
pub async fn read(app: &App, bearer: Option<&str>, id: &str) -> Result<Value, TokenError> {
    let (client, token) = proven(app, bearer, id).await?;
    Ok(answer(app, &client, None, token))
}

/// Puts other metadata in the place of a client's (RFC 7592, section 2.2): what isn't sent is gone.
///
/// # Errors
/// [`TokenError`], as [`register`] and [`read`].
pub async fn update(app: &App, bearer: Option<&str>, id: &str, body: &Value) -> Result<Value, TokenError> {
    let (client, token) = proven(app, bearer, id).await?;
    check::is_own(body, &client.id)?;
    if let Some(presented) = body.get("client_secret") {
        let good = presented.as_str().is_some_and(|presented| is_secret(app, &client, presented));
        if !good {
            return Err(check::invalid("client_secret is not this client's").into());
        }
    }
    let metadata = check::read(body)?;
    sector::check(app, &metadata).await?;
    let old = client.auth_method();
    let mut changed = Registered { metadata, ..client };
    let mut fresh = None;
    if !keeps_secret(old, changed.auth_method()) {
        (fresh, changed.secret) = secret(app, &changed.id, changed.auth_method())?;
    }
    let (row, random, now) = (changed.clone(), app.random.clone(), app.clock.now());
    let updated = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let updated = clients::update(tx, &row, now).await?;
                if updated {
                    told(tx, &random, "client.updated", &row.id, now).await?;
                }
                Stored::Ok(updated)
            })
        })
        .await?;
    app.caches.forget(&clients::cache_key(&changed.id));
    if updated { Ok(answer(app, &changed, fresh.as_ref(), token)) } else { Err(INVALID_TOKEN.into()) }
}

/// Removes a client (RFC 7592, section 2.3); its tokens are refused from then on.
///
/// # Errors
/// [`TokenError`], as [`read`].
pub async fn remove(app: &App, bearer: Option<&str>, id: &str) -> Result<(), TokenError> {
    let (client, _) = proven(app, bearer, id).await?;
    let (row, random, now) = (client.clone(), app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if clients::remove(tx, &row, now).await? {
                    told(tx, &random, "client.removed", &row.id, now).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&clients::cache_key(&client.id));
    Ok(())
}

async fn told(tx: &mut Tx, random: &Random, event: &str, id: &ClientId, now: Timestamp) -> Stored<()> {
    let who = format!("client:{id}");
    audit::record(tx, random, now, event, (&who, &who), &json!({})).await
}

/// Whether this one may register a client at all.
fn allowed(app: &App, bearer: Option<&str>) -> Result<(), OAuthError> {
    let settings = &app.config.registration;
    match (settings.mode, bearer) {
        (RegistrationMode::Off, _) => Err(OFF),
        (RegistrationMode::Open, _) => Ok(()),
        (RegistrationMode::Token, None) => Err(INVALID_TOKEN),
        (RegistrationMode::Token, Some(token)) => {
            // Every one is looked at, so that the time doesn't tell which was near.
            let good = settings.initial_access_tokens.iter().filter(|known| known.matches(token)).count() > 0;
            if good { Ok(()) } else { Err(INVALID_TOKEN) }
        }
    }
}

async fn count(app: &App, from: &str, now: Timestamp) -> Result<(), TokenError> {
    let limit = Limit::new(i64::from(app.config.registration.hourly), 60 * 60);
    let subject = format!("registration:{from}");
    let fits = app.db.write(move |tx| Box::pin(async move { limits::hit(tx, &subject, limit, now).await })).await?;
    if fits { Ok(()) } else { Err(LIMITED.into()) }
}

/// The client of a registration access token.
async fn proven<'a>(app: &App, bearer: Option<&'a str>, id: &str) -> Result<(Registered, &'a str), TokenError> {
    let token = bearer.ok_or(INVALID_TOKEN)?;
    let id = ClientId::from(id);
    let found = clients::find(&mut app.db.read().await?, &id).await?.filter(|client| !client.is_disabled);
    let presented = token_hash(app, &id, token);
    let client = found.filter(|client| same(client.token_hash.as_bytes(), presented.as_bytes()));
    Ok((client.ok_or(INVALID_TOKEN)?, token))
}

fn token_hash(app: &App, id: &ClientId, token: &str) -> String {
    app.keys.hash("registration access token", &format!("{id}\n{token}"))
}

/// A secret where the method needs one, and what is kept of it: the assertion's method needs it whole, so it is sealed.
fn secret(app: &App, id: &ClientId, method: AuthMethod) -> Result<(Option<Secret>, String), TokenError> {
    if !method.has_secret() {
        return Ok((None, String::new()));
    }
    let secret = Secret::new(app.random.token::<32>());
    let kept = match method {
        AuthMethod::ClientSecretJwt => {
            app.keys.seal_json(Purpose::Field, id.as_str(), &secret).map_err(|_| TokenError::Signing)?
        }
        _ => ClientAuthentication::hash(&app.keys, id, secret.expose()),
    };
    Ok((Some(secret), kept))
}

/// Whether the secret serves the new method as it is kept.
fn keeps_secret(old: AuthMethod, new: AuthMethod) -> bool {
    let is_hashed = |method| matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost);
    old == new || (is_hashed(old) && is_hashed(new))
}

fn is_secret(app: &App, row: &Registered, presented: &str) -> bool {
    let client = registered(row, &app.config.registration, &app.keys);
    client.is_some_and(|client| client.authentication.is_secret(&app.keys, &client.id, presented))
}

/// RFC 7591, section 3.2.1: everything that is registered, and how it is managed.
fn answer(app: &App, client: &Registered, secret: Option<&Secret>, token: &str) -> Value {
    let mut members = match serde_json::to_value(&client.metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for (name, value) in [
        ("client_id", json!(client.id)),
        ("client_id_issued_at", json!(client.created_at.seconds())),
        ("registration_access_token", json!(token)),
        ("registration_client_uri", json!(format!("{}/clients/{}", app.config.issuer_text(), client.id))),
        ("scope", json!(open_scopes(&client.metadata, &app.config.registration).to_string())),
        ("subject_type", json!("pairwise")),
        ("token_endpoint_auth_method", json!(client.auth_method())),
    ] {
        members.insert(name.to_owned(), value);
    }
    if let Some(secret) = secret {
        members.insert("client_secret".to_owned(), json!(secret.expose()));
        members.insert("client_secret_expires_at".to_owned(), json!(0));
    }
    Value::Object(members)
}
