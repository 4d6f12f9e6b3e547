//! Second factors: which an account has, when one is due, and how each is proven. What a session says of itself
//! (`amr`, `acr`) follows from what was proven in it, and from nothing else.

pub mod passkey;
mod pending;
pub mod recovery_codes;
pub mod sms;
pub mod totp;

use super::KnownBrowser;
use crate::app::App;
use crate::clock::Timestamp;
use crate::config::NewBrowser;
use crate::domain::account::Account;
use crate::domain::session::Method;
use crate::notify::codes::{Asker, Verified};
use crate::storage::limits::{self, Limit};
use crate::storage::{Conn, Stored, Tx};

pub use pending::{Goal, Opened, Pending};

/// A way to prove a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A passkey: more than a second factor, it signs in by itself.
    Passkey,
    /// The code of an authenticator app.
    Totp,
    /// A code to the phone.
    Sms,
    /// A code that was written down.
    RecoveryCode,
}

impl Way {
    const ALL: [Self; 4] = [Self::Passkey, Self::Totp, Self::Sms, Self::RecoveryCode];

    /// Its text in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::RecoveryCode => "recovery",
        }
    }

    /// Every way of an account, the strongest first.
    pub fn of(app: &App, account: &Account) -> Vec<Self> {
        let factors = account.second_factors;
        let has = |way: &Self| match way {
            Self::Passkey => factors.passkey && app.passkeys.is_some(),
            Self::Totp => factors.totp,
            Self::Sms => account.phone().is_some(),
            Self::RecoveryCode => factors.any(),
        };
        Self::ALL.into_iter().filter(has).collect()
    }

    /// The way that a form names, if it is one of these; else the strongest of them.
    pub fn chosen(ways: &[Self], typed: &str) -> Option<Self> {
        ways.iter().copied().find(|way| way.as_str() == typed).or_else(|| ways.first().copied())
    }

    /// The strongest whose proof can be typed.
    pub fn typed(app: &App, account: &Account) -> Option<Self> {
        Self::of(app, account).into_iter().find(|way| *way != Self::Passkey)
    }

    /// What it proves.
    pub fn methods(self) -> &'static [Method] {
        match self {
            Self::Passkey => &[Method::Passkey],
            Self::Totp => &[Method::OneTimeCode, Method::AuthenticatorApp],
            Self::Sms => &[Method::OneTimeCode, Method::Sms],
            Self::RecoveryCode => &[Method::OneTimeCode, Method::RecoveryCode],
        }
    }
}

/// Whether a second factor has to follow the right password. A browser that has passed one isn't asked again; a
/// carried-over password always needs one elsewhere.
pub fn is_due(app: &App, account: &Account, known: &KnownBrowser, now: Timestamp) -> bool {
    let asked = match app.config.sign_in.new_browser {
        // Also where somebody else has the number by now: nobody gets in by losing it.
        NewBrowser::Any => account.phone_on_file().is_some() || account.second_factors.any(),
        NewBrowser::Enrolled => account.second_factors.any(),
    };
    (account.carried_over() || asked) && !known.knows(account, now)
}

/// Verifies a typed code; a passkey has none.
///
/// # Errors
/// The store's own.
pub async fn verify(
    app: &App,
    way: Way,
    account: &Account,
    (browser, asker): (&str, &Asker),
    typed: &str,
) -> Stored<Verified> {
    match way {
        Way::Totp => totp::verify(app, account, asker, typed).await,
        Way::Sms => sms::verify(app, account, (browser, asker), typed).await,
        Way::RecoveryCode => recovery_codes::verify(app, account, asker, typed).await,
        Way::Passkey => Ok(Verified::Wrong),
    }
}

/// Wrong codes of one account that is being signed in to from one address.
const WRONG_HERE: Limit = Limit::new(5, 15 * 60);
/// Wrong codes of one account, from everywhere: whoever has the password can't try them all. The account's other ways stay.
const WRONG_EVERYWHERE: Limit = Limit::new(50, 24 * 60 * 60);

fn counted(way: Way, account: &Account, asker: &Asker) -> [(String, Limit); 2] {
    let (way, id) = (way.as_str(), &account.id);
    [(format!("{way} {id} from {}", asker.address), asker.share(WRONG_HERE)), (format!("{way} {id}"), WRONG_EVERYWHERE)]
}

async fn is_limited(conn: &mut Conn, counted: &[(String, Limit)], now: Timestamp) -> Stored<bool> {
    for (subject, limit) in counted {
        if limits::reached(conn, subject, *limit, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn count(tx: &mut Tx, counted: &[(String, Limit)], now: Timestamp) -> Stored<()> {
    for (subject, limit) in counted {
        limits::hit(tx, subject, *limit, now).await?;
    }
    Ok(())
}
