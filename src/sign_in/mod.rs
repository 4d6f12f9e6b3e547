//! Signing in: identifier and password, second factors, and the session that follows.

pub mod email_link;
mod exposed;
pub mod federated;
pub mod held;
mod known_browser;
mod password;
pub mod recovery;
pub mod second_factor;
pub mod session;
mod tries;

use std::sync::Arc;

use crate::app::App;
use crate::domain::account::Account;
use crate::ids::AccountId;
use crate::storage::{Stored, accounts};

pub use held::Held;
pub use known_browser::{KnownBrowser, LIFETIME as KNOWN_BROWSER_LIFETIME};
pub use password::{Attempt, Outcome, needs_captcha, needs_captcha_here, reject, sign_in};

/// An account that a sign-in may lead to: one in use, or one that is being closed, whose owner may take that back.
///
/// # Errors
/// The store's own.
pub async fn entrant(app: &App, id: &AccountId) -> Stored<Option<Arc<Account>>> {
    if let Some(account) = app.caches.account(id).await? {
        return Ok(Some(account));
    }
    let found = accounts::find(&mut app.db.read().await?, &app.keys, id).await?;
    Ok(found.filter(Account::is_closing).map(Arc::new))
}
