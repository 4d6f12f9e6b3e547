//! The first step: identifier and password. Unknown and known users get the same answer after the same work.

use std::sync::Arc;
use std::time::Duration;

use super::exposed;
use super::known_browser::KnownBrowser;
use super::second_factor::{self, Way};
use super::tries::{Tries, place_needs_captcha};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::notify::codes::Asker;
use crate::secret::Secret;
use crate::storage::{StorageError, accounts};

/// One try.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// What was typed as the name.
    pub identifier: &'a SignInIdentifier,
    /// What was typed as the password.
    pub password: &'a Secret,
    /// Who asks.
    pub asker: &'a Asker,
    /// The accounts that this browser is known to.
    pub known: &'a KnownBrowser,
}

/// What became of a try.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Signed in.
    SignedIn(Arc<Account>),
    /// The password is right, and a second factor has to follow: one is due, or the password stands on a list of exposed ones,
    /// or has been guessed at too often.
    SecondStep(Arc<Account>),
    /// The password is right, and the account is being closed; whether a second factor has to follow.
    Closing(Arc<Account>, bool),
    /// Unknown, wrong, without a password, or stopped: nothing says which.
    Rejected,
    /// Too many failures: the next try may be made after so long.
    Limited(Duration),
    /// Too many are signing in at this moment.
    Busy,
}

/// A name in the form by which its tries are counted.
fn typed(identifier: &SignInIdentifier) -> String {
    match identifier {
        SignInIdentifier::UserName(name) => format!("n{}", name.fold()),
        SignInIdentifier::Phone(phone) => format!("p{}", phone.as_str()),
        SignInIdentifier::Document(document) => format!("d{}", document.key()),
        SignInIdentifier::CreditCode(code) => format!("c{code}"),
    }
}

/// Whether a captcha has to be answered before a password is looked at, on a browser that nobody knows.
///
/// # Errors
/// The store's own.
pub async fn needs_captcha(
    app: &App,
    identifier: Option<&SignInIdentifier>,
    asker: &Asker,
) -> Result<bool, StorageError> {
    match identifier {
        Some(identifier) => needs_captcha_here(app, identifier, asker, &KnownBrowser::default()).await,
        None => place_needs_captcha(app, asker).await,
    }
}

/// The same on a browser that may be known to the account: no stranger's failures count there.
///
/// # Errors
/// The store's own.
pub async fn needs_captcha_here(
    app: &App,
    identifier: &SignInIdentifier,
    asker: &Asker,
    known: &KnownBrowser,
) -> Result<bool, StorageError> {
    let mut conn = app.db.read().await?;
    let found = match known.is_empty() {
        true => None,
        false => accounts::find_by_identifier(&mut conn, &app.keys, identifier).await?,
    };
    let knows = found.as_ref().is_some_and(|account| known.knows(account, app.clock.now()));
    Tries::new(app, &typed(identifier), found.as_ref(), asker, knows).needs_captcha(&mut conn).await
}

/// Tries to sign in.
///
/// # Errors
/// The store's own.
pub async fn sign_in(app: &App, attempt: &Attempt<'_>) -> Result<Outcome, StorageError> {
    let found = accounts::find_by_identifier(&mut app.db.read().await?, &app.keys, attempt.identifier).await?;
    judge(app, &typed(attempt.identifier), found, attempt.password, (attempt.asker, attempt.known)).await
}

/// The same for a name that can't be anybody's by its form: it takes as long to say so, and counts alike.
///
/// # Errors
/// The store's own.
pub async fn reject(app: &App, name: &str, password: &Secret, asker: &Asker) -> Result<Outcome, StorageError> {
    judge(app, &format!("x{name}"), None, password, (asker, &KnownBrowser::default())).await
}

async fn judge(
    app: &App,
    typed: &str,
    found: Option<Account>,
    password: &Secret,
    (asker, known): (&Asker, &KnownBrowser),
) -> Result<Outcome, StorageError> {
    let knows = found.as_ref().is_some_and(|account| known.knows(account, app.clock.now()));
    let tries = Tries::new(app, typed, found.as_ref(), asker, knows);
    if let Some(wait) = tries.begin(app).await? {
        return Ok(Outcome::Limited(wait));
    }
    let hash = found.as_ref().and_then(|a| a.password.as_ref()).map(|p| p.hash.as_str());
    let Ok(right) = app.passwords.asked_from(&asker.address).verify(password, hash).await else {
        tries.not_made(app).await?;
        return Ok(Outcome::Busy);
    };
    let Some(account) = found.filter(|account| right && (account.is_active() || account.is_closing())) else {
        tries.failed(app).await?;
        return Ok(Outcome::Rejected);
    };
    let exposed = app.passwords.is_exposed(password).await;
    let due = second_factor::is_due(app, &account, known, app.clock.now());
    let enough = knows || !(due || (has_more(app, &account) && (exposed || guessed(app, &tries).await?)));
    tries.succeeded(app, enough).await?;
    if exposed {
        exposed::tell(app, &account).await?;
    }
    rehash_if_outdated(app, &account, password).await?;
    let account = Arc::new(account);
    Ok(match (account.is_closing(), enough) {
        (true, enough) => Outcome::Closing(account, !enough),
        (false, true) => Outcome::SignedIn(account),
        (false, false) => Outcome::SecondStep(account),
    })
}

/// Whether a second step can be asked for: whoever has nothing but a password isn't locked out.
fn has_more(app: &App, account: &Account) -> bool {
    !Way::of(app, account).is_empty() || account.unit().is_some()
}

async fn guessed(app: &App, tries: &Tries) -> Result<bool, StorageError> {
    tries.is_guessed_at(&mut app.db.read().await?).await
}

async fn rehash_if_outdated(app: &App, account: &Account, password: &Secret) -> Result<(), StorageError> {
    let Some(stored) = account.password.as_ref().filter(|p| app.passwords.is_outdated(&p.hash)) else {
        return Ok(());
    };
    let Ok(stronger) = app.passwords.hash(password).await else { return Ok(()) };
    let (id, old, now) = (account.id.clone(), stored.hash.clone(), app.clock.now());
    app.db.write(move |tx| Box::pin(async move { accounts::rehash(tx, &id, &old, &stronger, now).await })).await
}
