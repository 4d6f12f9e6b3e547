//! Recovery (NIST SP 800-63B-4, section 4.2): another password for whoever has forgotten it, another phone for whoever has lost
//! the old one. What rests on a phone alone takes effect after a waiting time, in which every channel of the account can stop it.

mod claim;
pub mod freeze;
pub mod held;
pub mod phone;
mod reset;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use time::Date;

use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::config::Site;
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::protocol::acr::IdentityLevel;
use crate::storage::Stored;
use crate::storage::accounts;

pub use claim::{Claim, Proof, reachable};
pub use reset::{Reset, reset};
pub use waiting::{apply_due, begin, stop, stop_all, stop_by_number, stop_of, supersede};

/// How long the channels of an account have to stop what rests on a phone alone.
pub const WAIT: Duration = Duration::from_secs(72 * 60 * 60);

/// What writing needs: owned, because it moves into the writer.
#[derive(Clone, Debug)]
pub struct Pen {
    /// Seals, indexes, hashes.
    pub keys: Arc<Keyring>,
    /// Ids and numbers.
    pub random: Random,
    /// Signature and hotline of messages.
    pub site: Arc<Site>,
    /// Now.
    pub now: Timestamp,
    /// Today, in Beijing.
    pub today: Date,
}

impl Pen {
    /// The application's.
    pub fn of(app: &App) -> Self {
        Self {
            keys: Arc::clone(&app.keys),
            random: app.random.clone(),
            site: app.site(),
            now: app.clock.now(),
            today: app.today(),
        }
    }
}

/// Whether a new password has to wait: only a phone or an address stands behind it. Either nothing else can (an identity that nobody
/// has verified), or it may be in other hands than its owner's: not proven for long, shared with other accounts, or used to go
/// around a stronger factor.
///
/// # Errors
/// The store's own.
pub async fn has_to_wait(app: &App, account: &Account, proven: &[Method], now: Timestamp) -> Stored<bool> {
    let strong = [Method::Passkey, Method::AuthenticatorApp, Method::RecoveryCode];
    if strong.iter().any(|method| proven.contains(method)) {
        return Ok(false);
    }
    let Some(phone) = account.phone() else { return Ok(true) };
    let alone = account.identity_level < IdentityLevel::Confirmed || account.second_factors.any();
    if alone || !account.phone_counts(now) {
        return Ok(true);
    }
    Ok(accounts::phone_uses(&mut app.db.read().await?, &app.keys, phone).await? > 1)
}
