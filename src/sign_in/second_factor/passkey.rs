//! Passkeys (Web Authentication, level 3): set up, asked of a known account, and as the only factor of a sign-in. The device
//! has to verify its user each time, so that a passkey alone is two factors, and it can't be phished. What a ceremony has to
//! remember travels sealed, bound to the browser, and is good once.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid,
};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose, SealError};
use crate::domain::account::Account;
use crate::domain::authenticator::{Authenticator, AuthenticatorKind};
use crate::ids::{AccountId, AuthenticatorId};
use crate::sign_in::entrant;
use crate::storage::authenticators::{self, StoredAuthenticator, credential_index};
use crate::storage::{StorageError, Stored, tickets};

const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// A ceremony that a page begins: what the browser needs for it, as JSON, and what comes back with the answer.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// `PublicKeyCredentialCreationOptions` or `PublicKeyCredentialRequestOptions`, binary values in base64url.
    pub options: String,
    /// Sealed.
    pub ticket: String,
}

#[derive(Serialize, Deserialize)]
struct Begun<S> {
    id: String,
    browser: String,
    account: Option<AccountId>,
    state: S,
    expires_at: Timestamp,
}

/// What a ceremony is for: part of its seal.
#[derive(Clone, Copy)]
enum Aim {
    SetUp,
    Prove,
    SignIn,
}

impl Aim {
    fn context(self) -> &'static str {
        match self {
            Self::SetUp => "passkey set up",
            Self::Prove => "passkey",
            Self::SignIn => "passkey sign-in",
        }
    }
}

fn begin<O: Serialize, S: Serialize>(
    app: &App,
    aim: Aim,
    (account, browser): (Option<&AccountId>, &str),
    (options, state): (O, S),
) -> Result<Ceremony, SealError> {
    let begun = Begun {
        id: app.random.token::<16>(),
        browser: browser.to_owned(),
        account: account.cloned(),
        state,
        expires_at: app.clock.now().plus(LIFETIME),
    };
    let options = serde_json::to_string(&options).map_err(|_| SealError)?;
    Ok(Ceremony { options, ticket: app.keys.seal_json(Purpose::Ticket, aim.context(), &begun)? })
}

/// What a ceremony of this browser has to remember, and that it has been used up now.
async fn resume<S: DeserializeOwned + Send + 'static>(
    app: &App,
    aim: Aim,
    (account, browser): (Option<&AccountId>, &str),
    ticket: &str,
) -> Stored<Option<S>> {
    let Ok(begun) = app.keys.open_json::<Begun<S>>(Purpose::Ticket, aim.context(), ticket) else { return Ok(None) };
    let mine = crate::secret::same(begun.browser.as_bytes(), browser.as_bytes()) && begun.account.as_ref() == account;
    if !mine || begun.expires_at <= app.clock.now() {
        return Ok(None);
    }
    let (id, until) = (begun.id, begun.expires_at);
    let first = app.db.write(move |tx| Box::pin(async move { tickets::spend(tx, &id, until).await })).await?;
    Ok(first.then_some(begun.state))
}

/// What the device knows the account by: nothing of a person's can be read from it.
fn handle(app: &App, account: &AccountId) -> Uuid {
    let hash = app.keys.hash("passkey user", account.as_str());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.bytes()).for_each(|(byte, of)| *byte = of);
    Uuid::from_bytes(bytes)
}

fn passkeys(app: &App, stored: &[StoredAuthenticator]) -> Stored<Vec<Passkey>> {
    let keys = stored.iter().filter(|stored| stored.shown.kind == AuthenticatorKind::Passkey);
    keys.map(|stored| parse(app, stored)).collect()
}

fn parse(app: &App, stored: &StoredAuthenticator) -> Stored<Passkey> {
    let key = stored.shown.id.0.clone();
    let corrupt = |_| StorageError::Corrupt { table: "authenticators", key, column: "secret" };
    serde_json::from_str(&stored.secret(&app.keys)?).map_err(corrupt)
}

/// Begins to set up a passkey; `None` where the portal's address has no place for passkeys.
///
/// # Errors
/// The store's own.
pub async fn set_up(app: &App, account: &Account, browser: &str) -> Stored<Option<Ceremony>> {
    let Some(party) = &app.passkeys else { return Ok(None) };
    let stored = authenticators::of_account(&mut app.db.read().await?, &app.keys, &account.id).await?;
    let there = passkeys(app, &stored)?.iter().map(|key| key.cred_id().clone()).collect();
    let name = account.user_name.as_str();
    let Ok((mut options, state)) = party.start_passkey_registration(handle(app, &account.id), name, name, Some(there))
    else {
        return Ok(None);
    };
    // So that it can be found without a name being typed.
    if let Some(selection) = &mut options.public_key.authenticator_selection {
        selection.resident_key = Some(webauthn_rs_proto::ResidentKeyRequirement::Preferred);
    }
    Ok(Some(begin(app, Aim::SetUp, (Some(&account.id), browser), (options.public_key, state))?))
}

/// What the browser has set up, ready to be stored: the authenticator, its public key as JSON and its index. `None` if the
/// answer doesn't belong to the ceremony, or isn't right.
///
/// # Errors
/// The store's own.
pub async fn made(
    app: &App,
    account: &Account,
    browser: &str,
    (ticket, answer, label): (&str, &str, &str),
) -> Stored<Option<(Authenticator, String, String)>> {
    let Some(party) = &app.passkeys else { return Ok(None) };
    let who = (Some(&account.id), browser);
    let Some(state) = resume::<PasskeyRegistration>(app, Aim::SetUp, who, ticket).await? else { return Ok(None) };
    let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else { return Ok(None) };
    let Ok(passkey) = party.finish_passkey_registration(&answer, &state) else { return Ok(None) };
    let now = app.clock.now();
    let shown = Authenticator {
        id: AuthenticatorId::mint(now, &app.random),
        kind: AuthenticatorKind::Passkey,
        label: label.to_owned(),
        added_at: now,
        used_at: None,
    };
    let index = credential_index(&app.keys, passkey.cred_id());
    let json = serde_json::to_string(&passkey).map_err(|_| SealError)?;
    Ok(Some((shown, json, index)))
}

/// Asks for one of an account's passkeys; `None` if it has none, or there is no place for them.
///
/// # Errors
/// The store's own.
pub async fn ask(app: &App, account: &Account, browser: &str) -> Stored<Option<Ceremony>> {
    let Some(party) = &app.passkeys else { return Ok(None) };
    let stored = authenticators::of_account(&mut app.db.read().await?, &app.keys, &account.id).await?;
    let Ok((options, state)) = party.start_passkey_authentication(&passkeys(app, &stored)?) else { return Ok(None) };
    Ok(Some(begin(app, Aim::Prove, (Some(&account.id), browser), (options.public_key, state))?))
}

/// Whether the answer is that of one of the account's passkeys.
///
/// # Errors
/// The store's own.
pub async fn prove(app: &App, account: &Account, browser: &str, (ticket, answer): (&str, &str)) -> Stored<bool> {
    let Some(party) = &app.passkeys else { return Ok(false) };
    let who = (Some(&account.id), browser);
    let Some(state) = resume::<PasskeyAuthentication>(app, Aim::Prove, who, ticket).await? else { return Ok(false) };
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else { return Ok(false) };
    let Ok(result) = party.finish_passkey_authentication(&answer, &state) else { return Ok(false) };
    let index = credential_index(&app.keys, result.cred_id());
    let found = authenticators::by_credential(&mut app.db.read().await?, &app.keys, &index).await?;
    match found.filter(|stored| stored.account == account.id) {
        Some(stored) => used(app, stored, &result).await,
        None => Ok(false),
    }
}

/// Asks for any passkey of this portal's: who it is turns out by it. `None` where there is no place for passkeys.
///
/// # Errors
/// If it can't be sealed.
pub fn discover(app: &App, browser: &str) -> Result<Option<Ceremony>, SealError> {
    let Some((options, state)) = app.passkeys.as_ref().and_then(|party| party.start_discoverable_authentication().ok())
    else {
        return Ok(None);
    };
    begin(app, Aim::SignIn, (None, browser), (options.public_key, state)).map(Some)
}

/// The account whose passkey has answered; it may be one that is being closed.
///
/// # Errors
/// The store's own.
pub async fn sign_in(app: &App, browser: &str, (ticket, answer): (&str, &str)) -> Stored<Option<Arc<Account>>> {
    let Some(party) = &app.passkeys else { return Ok(None) };
    let state = resume::<DiscoverableAuthentication>(app, Aim::SignIn, (None, browser), ticket).await?;
    let (Some(state), Ok(answer)) = (state, serde_json::from_str::<PublicKeyCredential>(answer)) else {
        return Ok(None);
    };
    let Ok((handle_there, credential)) = party.identify_discoverable_authentication(&answer) else { return Ok(None) };
    let index = credential_index(&app.keys, credential);
    let found = authenticators::by_credential(&mut app.db.read().await?, &app.keys, &index).await?;
    let Some(stored) = found.filter(|stored| handle(app, &stored.account) == handle_there) else { return Ok(None) };
    let passkey = parse(app, &stored)?;
    let Ok(result) = party.finish_discoverable_authentication_v2(&answer, state, &passkey) else { return Ok(None) };
    match entrant(app, &stored.account).await? {
        Some(account) if used(app, stored, &result).await? => Ok(Some(account)),
        _ => Ok(None),
    }
}

/// Notes the use, and the device's counter; `false` if the passkey has gone meanwhile.
async fn used(
    app: &App,
    stored: StoredAuthenticator,
    result: &webauthn_rs::prelude::AuthenticationResult,
) -> Stored<bool> {
    let mut passkey = parse(app, &stored)?;
    passkey.update_credential(result);
    let json = serde_json::to_string(&passkey).map_err(|_| SealError)?;
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    app.db
        .write(move |tx| Box::pin(async move { authenticators::use_passkey(tx, &keys, &stored, &json, now).await }))
        .await
}
