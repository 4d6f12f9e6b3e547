//! How often a password may be tried. Every try is counted before it is made, by name and place, by place, by account and for
//! the whole portal; what counts against a stranger is a pause where the stranger is, a captcha elsewhere, and never a lock:
//!
//! - too many for one name from one place: a pause there that doubles. Whoever is elsewhere doesn't notice;
//! - a few for one name, from anywhere: a captcha for whoever tries that name;
//! - many from one place, whatever the names: a captcha there, then a pause;
//! - many in the whole portal, from many places: a captcha for everybody;
//! - a hundred in a row for one account (NIST SP 800-63B-4, section 3.2.2): its password alone opens no new browser any more.
//!
//! A browser that is known to the account has counters of its own, which no stranger can reach.

use std::time::Duration;

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::Account;
use crate::notify::codes::Asker;
use crate::storage::failures::{self, Pauses};
use crate::storage::limits::{self, Limit};
use crate::storage::{Conn, StorageError, Stored, audit};

const MINUTE: u64 = 60;
const DAY: Duration = Duration::from_secs(24 * 60 * MINUTE);
/// Tries for one name from one place, or on browsers that are known to the account.
const HERE: Pauses = Pauses {
    free: 5,
    first: Duration::from_secs(MINUTE / 2),
    longest: Duration::from_secs(15 * MINUTE),
    forgotten: DAY,
};
/// After so many failures for one name a captcha is asked for; on a browser that is known to the account after so many there.
const BEFORE_CAPTCHA: Limit = Limit::new(3, 15 * MINUTE);
/// The same for one address, whatever the name.
const ADDRESS_BEFORE_CAPTCHA: Limit = Limit::new(10, 15 * MINUTE);
/// Failures of one address, with captchas or not.
const PER_ADDRESS: Limit = Limit::new(100, 60 * MINUTE);
/// After so many failures in a row, from anywhere, a password alone opens no new browser.
const GUESSED_AT: i64 = 100;
/// So long without a failure ends that row.
const GUESSES_FORGOTTEN: Duration = Duration::from_secs(30 * 24 * 60 * MINUTE);

const EVERYWHERE: &str = "login everywhere";

/// The counters of a try. Every transaction touches them in this order: here, the address, the name, the account's row,
/// everywhere; so none waits for another in a ring.
#[derive(Clone)]
pub(super) struct Tries {
    /// By the name as it was typed: another name of the same account has counters of its own, or the answers would tell that
    /// both are one person's.
    name: String,
    /// By name and place, or by account on a browser that is known to it.
    here: (String, Pauses),
    /// Absent on a known browser: strangers there can't count against it.
    strange: Option<Strange>,
    now: Timestamp,
}

#[derive(Clone)]
struct Strange {
    address: String,
    per_address: Limit,
    before_captcha: Limit,
    everywhere: Limit,
    /// By the account behind the name. Nobody sees this counter before the password is right.
    row: String,
}

fn everywhere(app: &App) -> Limit {
    Limit::new(i64::from(app.config.passwords.failures_a_minute), MINUTE)
}

impl Tries {
    /// Of a try for a name that is typed like this (see [`super::password`]); `account` is whose it is, and `known` whether this
    /// browser is known to that account.
    pub(super) fn new(app: &App, typed: &str, account: Option<&Account>, asker: &Asker, known: bool) -> Self {
        let now = app.clock.now();
        let name = format!("login account {}", app.keys.index("login", typed));
        if let (Some(account), true) = (account, known) {
            return Self { name, here: (format!("login known {}", account.id), HERE), strange: None, now };
        }
        let strange = Strange {
            address: format!("login address {}", asker.address),
            per_address: asker.share(PER_ADDRESS),
            before_captcha: asker.share(ADDRESS_BEFORE_CAPTCHA),
            everywhere: everywhere(app),
            row: account.map_or_else(|| format!("{name} row"), |account| format!("login row {}", account.id)),
        };
        let pauses = Pauses { free: HERE.free.saturating_mul(asker.factor), ..HERE };
        Self { here: (format!("{name} from {}", asker.address), pauses), strange: Some(strange), name, now }
    }

    /// Whether a captcha has to be answered before a password is looked at.
    pub(super) async fn needs_captcha(&self, conn: &mut Conn) -> Stored<bool> {
        let Some(strange) = &self.strange else {
            return Ok(failures::of(conn, &self.here.0, self.now).await? >= BEFORE_CAPTCHA.max);
        };
        Ok(limits::reached(conn, &strange.address, strange.before_captcha, self.now).await?
            || limits::reached(conn, &self.name, BEFORE_CAPTCHA, self.now).await?
            || limits::reached(conn, EVERYWHERE, strange.everywhere, self.now).await?)
    }

    /// Counts the try before it is made: two at the same moment can't both be the last. How long to wait if it mustn't be made.
    pub(super) async fn begin(&self, app: &App) -> Result<Option<Duration>, StorageError> {
        let tries = self.clone();
        app.db.write(move |tx| Box::pin(async move { tries.count(tx).await })).await
    }

    async fn count(&self, tx: &mut crate::storage::Tx) -> Stored<Option<Duration>> {
        let Self { name, here: (here, pauses), strange, now } = self;
        if let Some(Strange { address, per_address, .. }) = strange
            && limits::reached(tx, address, *per_address, *now).await?
        {
            return Ok(Some(per_address.ends(*now).since(*now)));
        }
        let wait = failures::begin(tx, here, *pauses, *now).await?;
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
        let Some(strange) = strange else { return Ok(None) };
        limits::hit(tx, &strange.address, strange.per_address, *now).await?;
        limits::hit(tx, name, BEFORE_CAPTCHA, *now).await?;
        failures::count(tx, &strange.row, GUESSES_FORGOTTEN, *now).await?;
        if !limits::hit(tx, EVERYWHERE, strange.everywhere, *now).await? {
            tracing::warn!("sign-ins fail everywhere: a captcha comes before each of them");
        }
        Ok(None)
    }

    /// Whether the account's password has been guessed at so often that it isn't enough alone; the present try isn't counted.
    pub(super) async fn is_guessed_at(&self, conn: &mut Conn) -> Stored<bool> {
        match &self.strange {
            Some(strange) => Ok(failures::of(conn, &strange.row, self.now).await? > GUESSED_AT),
            None => Ok(false),
        }
    }

    /// The password was wrong.
    pub(super) async fn failed(&self, app: &App) -> Result<(), StorageError> {
        let (random, now, name) = (app.random.clone(), self.now, self.name.clone());
        app.db
            .write(move |tx| {
                Box::pin(
                    async move { audit::record(tx, &random, now, "sign_in.failed", ("browser", &name), &()).await },
                )
            })
            .await
    }

    /// The password was right: the count of this name and place begins anew. That of the account does, too, if the password
    /// was `enough` to sign in.
    pub(super) async fn succeeded(&self, app: &App, enough: bool) -> Result<(), StorageError> {
        let tries = self.clone();
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    let Self { name, here, strange, now } = &tries;
                    failures::forget(tx, &here.0).await?;
                    let Some(strange) = strange else { return Ok(()) };
                    limits::refund(tx, &strange.address, strange.per_address, *now).await?;
                    limits::forgive(tx, name).await?;
                    match enough {
                        true => failures::forget(tx, &strange.row).await?,
                        false => failures::take_back(tx, &strange.row).await?,
                    }
                    limits::refund(tx, EVERYWHERE, strange.everywhere, *now).await
                })
            })
            .await
    }

    /// Nobody looked at the password.
    pub(super) async fn not_made(&self, app: &App) -> Result<(), StorageError> {
        let tries = self.clone();
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    let Self { name, here, strange, now } = &tries;
                    failures::take_back(tx, &here.0).await?;
                    let Some(strange) = strange else { return Ok(()) };
                    limits::refund(tx, &strange.address, strange.per_address, *now).await?;
                    limits::refund(tx, name, BEFORE_CAPTCHA, *now).await?;
                    failures::take_back(tx, &strange.row).await?;
                    limits::refund(tx, EVERYWHERE, strange.everywhere, *now).await
                })
            })
            .await
    }
}

/// Whether a captcha is due at a place before anything is typed.
pub(super) async fn place_needs_captcha(app: &App, asker: &Asker) -> Stored<bool> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let address = format!("login address {}", asker.address);
    Ok(limits::reached(&mut conn, &address, asker.share(ADDRESS_BEFORE_CAPTCHA), now).await?
        || limits::reached(&mut conn, EVERYWHERE, everywhere(app), now).await?)
}
