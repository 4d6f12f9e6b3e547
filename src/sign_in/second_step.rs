//! The second step: an SMS code to the account's phone. What has passed so far travels sealed, bound to the browser,
//! and is nothing by itself.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose as Seal, SealError, sha256};
use crate::domain::account::Account;
use crate::ids::AccountId;
use crate::notify::codes::{self, Asker, Binding, Recipient, Sent, Verified};
use crate::notify::texts::Purpose;
use crate::storage::{StorageError, accounts};

const LIFETIME: Duration = Duration::from_secs(10 * 60);
const CONTEXT: &str = "second step";

/// A sign-in whose password was right and whose code is still to come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// Whose.
    pub account: AccountId,
    browser: String,
    password: String,
    expires_at: Timestamp,
}

impl Pending {
    /// Begins a second step.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn begin(app: &App, account: &Account, browser: &str) -> Result<String, SealError> {
        let pending = Self {
            account: account.id.clone(),
            browser: browser.to_owned(),
            password: fingerprint(account),
            expires_at: app.clock.now().plus(LIFETIME),
        };
        app.keys.seal_json(Seal::Ticket, CONTEXT, &pending)
    }

    /// Opens what [`Pending::begin`] sealed, with its account, unless the browser, the password or the account's
    /// state has changed meanwhile.
    ///
    /// # Errors
    /// The store's own.
    pub async fn open(app: &App, ticket: &str, browser: &str) -> Result<Option<Arc<Account>>, StorageError> {
        let Ok(pending) = app.keys.open_json::<Self>(Seal::Ticket, CONTEXT, ticket) else { return Ok(None) };
        let mine = crate::secret::same(pending.browser.as_bytes(), browser.as_bytes());
        if !mine || pending.expires_at <= app.clock.now() {
            return Ok(None);
        }
        let account = app.caches.account(&pending.account).await?;
        Ok(account.filter(|account| fingerprint(account) == pending.password))
    }
}

fn fingerprint(account: &Account) -> String {
    sha256(account.password.as_ref().map_or("", |p| p.hash.as_str()))
}

fn binding(account: &Account, browser: &str) -> Option<Binding> {
    let phone = account.phone().cloned()?;
    Some(Binding {
        purpose: Purpose::SignIn,
        transaction: format!("{}:{browser}", account.id),
        to: Recipient::Phone(phone),
    })
}

/// Sends a code to the account's phone; without a phone nothing can be sent.
///
/// # Errors
/// The store's own.
pub async fn send(app: &App, account: &Account, browser: &str, asker: &Asker) -> Result<Sent, StorageError> {
    let Some(binding) = binding(account, browser) else { return Ok(Sent::Limited) };
    let sent = app.send_code(binding, asker.clone()).await?;
    Ok(sent)
}

/// Verifies the typed code.
///
/// # Errors
/// The store's own.
pub async fn verify(
    app: &App,
    account: &Account,
    (browser, asker): (&str, &Asker),
    typed: &str,
) -> Result<Verified, StorageError> {
    let Some(binding) = binding(account, browser) else { return Ok(Verified::Spent) };
    let (keys, id, typed, now) = (Arc::clone(&app.keys), account.id.clone(), typed.to_owned(), app.clock.now());
    let asker = asker.clone();
    let verified = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let verified = codes::verify(tx, &keys, (&binding, &asker), &typed, now).await?;
                if verified == Verified::Right {
                    accounts::phone_proven(tx, &id, now).await?;
                }
                Ok::<_, StorageError>(verified)
            })
        })
        .await?;
    app.caches.forget(&accounts::cache_key(&account.id));
    Ok(verified)
}
