//! An SMS code to the account's phone.

use std::sync::Arc;

use crate::app::App;
use crate::domain::account::Account;
use crate::notify::codes::{self, Asker, Binding, Recipient, Sent, Verified};
use crate::notify::texts::Purpose;
use crate::storage::{StorageError, accounts};

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
