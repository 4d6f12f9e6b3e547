//! A phone that somebody holds now: a code to it says so, for one purpose and in one browser.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose as Seal, SealError};
use crate::domain::contact::Phone;
use crate::ids::AccountId;
use crate::notify::codes::{self, Asker, Binding, Recipient, Sent, Verified};
use crate::notify::texts::Purpose;
use crate::storage::Stored;

const LIFETIME: Duration = Duration::from_secs(15 * 60);
const CONTEXT: &str = "held phone";

/// A phone, whose holder has been asked for a code, or has typed it: travels sealed through the form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The phone.
    pub phone: Phone,
    /// When the code was typed; none: not yet.
    pub proven_at: Option<Timestamp>,
    purpose: String,
    account: Option<AccountId>,
    browser: String,
    expires_at: Timestamp,
}

impl Held {
    /// A phone that is to be proven, for this account or for none.
    pub fn of(phone: Phone, purpose: &Purpose, (account, browser): (Option<&AccountId>, &str), now: Timestamp) -> Self {
        Self {
            phone,
            proven_at: None,
            purpose: purpose.as_str().to_owned(),
            account: account.cloned(),
            browser: browser.to_owned(),
            expires_at: now.plus(LIFETIME),
        }
    }

    /// The same, whose code has been typed.
    #[must_use]
    pub fn proven(self, at: Timestamp) -> Self {
        Self { proven_at: Some(at), ..self }
    }

    /// As it travels.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn seal(&self, app: &App) -> Result<String, SealError> {
        app.keys.seal_json(Seal::Ticket, CONTEXT, self)
    }

    /// Reads what [`Held::seal`] wrote, if it is for this purpose, this account's and this browser's, and still good.
    pub fn open(
        app: &App,
        ticket: &str,
        purpose: &Purpose,
        (account, browser): (Option<&AccountId>, &str),
    ) -> Option<Self> {
        let held: Self = app.keys.open_json(Seal::Ticket, CONTEXT, ticket).ok()?;
        let mine = crate::secret::same(held.browser.as_bytes(), browser.as_bytes());
        let same = held.purpose == purpose.as_str() && held.account.as_ref() == account;
        (mine && same && app.clock.now() < held.expires_at).then_some(held)
    }

    /// What else is asked of the same account in the same breath is bound to: this phone, and no other.
    pub fn transaction(&self) -> String {
        let account = self.account.as_ref().map(AccountId::as_str).unwrap_or_default();
        format!("{account}:{}:{}", self.browser, self.phone.as_str())
    }

    fn binding(&self, app: &App, purpose: &Purpose) -> Binding {
        let transaction = app.keys.index("held phone", &self.transaction());
        Binding { purpose: purpose.clone(), transaction, to: Recipient::Phone(self.phone.clone()) }
    }

    /// Sends the code.
    ///
    /// # Errors
    /// The store's own.
    pub async fn send(&self, app: &App, purpose: &Purpose, asker: &Asker) -> Stored<Sent> {
        app.send_code(self.binding(app, purpose), asker.clone()).await
    }

    /// Tries a typed code.
    ///
    /// # Errors
    /// The store's own.
    pub async fn verify(&self, app: &App, (purpose, asker): (&Purpose, &Asker), typed: &str) -> Stored<Verified> {
        verify(app, self.binding(app, purpose), asker, typed).await
    }
}

/// Tries a typed code, in a transaction of its own.
///
/// # Errors
/// The store's own.
pub async fn verify(app: &App, binding: Binding, asker: &Asker, typed: &str) -> Stored<Verified> {
    let (keys, asker, typed, now) = (Arc::clone(&app.keys), asker.clone(), typed.to_owned(), app.clock.now());
    app.db
        .write(move |tx| Box::pin(async move { codes::verify(tx, &keys, (&binding, &asker), &typed, now).await }))
        .await
}
