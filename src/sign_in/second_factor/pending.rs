//! What has passed before the second factor: it travels sealed, bound to the browser, and is nothing by itself.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Way;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose as Seal, SealError, sha256};
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::ids::AccountId;
use crate::sign_in::entrant;
use crate::storage::StorageError;

const LIFETIME: Duration = Duration::from_secs(10 * 60);
const CONTEXT: &str = "second step";

/// What comes after the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// A session.
    SignIn,
    /// The session that there is, proven anew.
    Confirm,
    /// The session that there is, made stronger.
    StepUp,
    /// A new password instead of a forgotten one.
    Recover,
}

impl Goal {
    /// The ways of an account that add something to what was proven before: whoever recovers has shown the phone already.
    pub fn ways(self, app: &App, account: &Account) -> Vec<Way> {
        let adds = |way: &Way| self != Self::Recover || *way != Way::Sms;
        Way::of(app, account).into_iter().filter(adds).collect()
    }
}

/// A first step that was right, and whose second one is still to come.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    account: AccountId,
    browser: String,
    password: String,
    goal: Goal,
    proven: Vec<Method>,
    expires_at: Timestamp,
}

/// An opened one.
#[derive(Debug)]
pub struct Opened {
    /// Whose.
    pub account: Arc<Account>,
    /// What for.
    pub goal: Goal,
    /// What has been proven.
    pub proven: Vec<Method>,
}

impl Pending {
    /// Begins a second step, after these methods.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn begin(
        app: &App,
        account: &Account,
        browser: &str,
        goal: Goal,
        proven: &[Method],
    ) -> Result<String, SealError> {
        let pending = Self {
            account: account.id.clone(),
            browser: browser.to_owned(),
            password: fingerprint(account),
            goal,
            proven: proven.to_vec(),
            expires_at: app.clock.now().plus(LIFETIME),
        };
        app.keys.seal_json(Seal::Ticket, CONTEXT, &pending)
    }

    /// Opens what [`Pending::begin`] sealed, unless the browser, the password or the account's state has changed meanwhile.
    ///
    /// # Errors
    /// The store's own.
    pub async fn open(app: &App, ticket: &str, browser: &str) -> Result<Option<Opened>, StorageError> {
        let Ok(pending) = app.keys.open_json::<Self>(Seal::Ticket, CONTEXT, ticket) else { return Ok(None) };
        let mine = crate::secret::same(pending.browser.as_bytes(), browser.as_bytes());
        if !mine || pending.expires_at <= app.clock.now() {
            return Ok(None);
        }
        let account = entrant(app, &pending.account).await?;
        let account = account.filter(|account| fingerprint(account) == pending.password);
        Ok(account.map(|account| Opened { account, goal: pending.goal, proven: pending.proven }))
    }
}

/// Changes with the password: what passed with the one of before is void.
fn fingerprint(account: &Account) -> String {
    sha256(account.password.as_ref().map_or("", |p| p.hash.as_str()))
}
