//! Browsers that have passed a second step for an account: a sealed cookie, so that nothing is stored for them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Purpose, SealError, sha256};
use crate::domain::account::Account;
use crate::ids::AccountId;

/// How long a browser stays known.
pub const LIFETIME: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// How many accounts one browser (a family's) is known to.
const MOST: usize = 5;
const CONTEXT: &str = "known browser";

/// The accounts that a browser is known to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KnownBrowser(Vec<(AccountId, Timestamp, String)>);

/// Changes with the password and with the kinds of second factors: then every browser is a new one.
fn epoch(account: &Account) -> String {
    let password = account.password.as_ref().map_or("", |password| password.hash.as_str());
    sha256(&format!("{password}\n{}", account.second_factors.to_text())).chars().take(16).collect()
}

impl KnownBrowser {
    /// Reads the cookie; nothing is known by a broken one.
    pub fn open(app: &App, cookie: Option<&str>) -> Self {
        cookie.and_then(|c| app.keys.open_json(Purpose::Ticket, CONTEXT, c).ok()).unwrap_or_default()
    }

    /// Whether it is known to nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the browser is known to an account.
    pub fn knows(&self, account: &Account, now: Timestamp) -> bool {
        let stands = |at: &Timestamp| now.since(*at) < LIFETIME;
        self.0.iter().any(|(id, at, epoch_then)| *id == account.id && stands(at) && *epoch_then == epoch(account))
    }

    /// The cookie of a browser that is now known to an account too.
    ///
    /// # Errors
    /// If it can't be sealed.
    pub fn with(mut self, app: &App, account: &Account, now: Timestamp) -> Result<String, SealError> {
        self.0.retain(|(id, ..)| *id != account.id);
        self.0.insert(0, (account.id.clone(), now, epoch(account)));
        self.0.truncate(MOST);
        app.keys.seal_json(Purpose::Ticket, CONTEXT, &self)
    }
}
