//! The link that confirms an e-mail address: single-use, bound to account and address. It signs nobody in.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose, SealError};
use crate::domain::contact::EmailAddress;
use crate::ids::AccountId;
use crate::storage::{StorageError, accounts, tickets};

const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const CONTEXT: &str = "e-mail link";

#[derive(Clone, Serialize, Deserialize)]
struct Link {
    id: String,
    account: AccountId,
    email: EmailAddress,
    expires_at: Timestamp,
}

/// The token of a link.
///
/// # Errors
/// If it can't be sealed.
pub fn issue(app: &App, account: &AccountId, email: &EmailAddress, now: Timestamp) -> Result<String, SealError> {
    let link = Link {
        id: app.random.token::<16>(),
        account: account.clone(),
        email: email.clone(),
        expires_at: now.plus(LIFETIME),
    };
    app.keys.seal_json(Purpose::Ticket, CONTEXT, &link)
}

/// Confirms the address; `false` if the link has expired, was used, or the account has another address now.
///
/// # Errors
/// The store's own.
pub async fn confirm(app: &App, token: &str) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let Ok(link) = app.keys.open_json::<Link>(Purpose::Ticket, CONTEXT, token) else { return Ok(false) };
    if link.expires_at <= now {
        return Ok(false);
    }
    let keys = Arc::clone(&app.keys);
    let account_key = accounts::cache_key(&link.account);
    let done = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let account = accounts::find(tx, &keys, &link.account).await?;
                let Some(account) = account.filter(|a| a.is_active() && a.email() == Some(&link.email)) else {
                    return Ok::<_, StorageError>(false);
                };
                Ok(tickets::spend(tx, &link.id, link.expires_at).await?
                    && accounts::confirm_email(tx, &keys, &account, now).await?)
            })
        })
        .await?;
    app.caches.forget(&account_key);
    Ok(done)
}
