//! The first step: identifier and password. Unknown and known users get the same answer in comparable time.

use std::sync::Arc;

use super::known_browser::KnownBrowser;
use super::second_factor;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::passwords::HashError;
use crate::secret::Secret;
use crate::storage::limits::{self, Limit};
use crate::storage::{StorageError, accounts, audit};

/// After so many failures of one account a captcha is asked for; it is never locked.
const BEFORE_CAPTCHA: Limit = Limit::new(3, 15 * 60);
/// The same for one address, whatever the account.
const ADDRESS_BEFORE_CAPTCHA: Limit = Limit::new(10, 15 * 60);
/// Failures of one address, with captchas or not.
const PER_ADDRESS: Limit = Limit::new(100, 60 * 60);

/// One try.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// What was typed as the name.
    pub identifier: &'a SignInIdentifier,
    /// What was typed as the password.
    pub password: &'a Secret,
    /// Who asks.
    pub asker: &'a crate::notify::codes::Asker,
    /// The accounts that this browser is known to.
    pub known: &'a KnownBrowser,
}

/// What became of a try.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Signed in.
    SignedIn(Arc<Account>),
    /// The password is right, and a second factor has to follow.
    SecondStep(Arc<Account>),
    /// Unknown, wrong, without a password, or stopped: nothing says which.
    Rejected,
    /// This address has failed too often.
    Limited,
    /// Too many are signing in at this moment.
    Busy,
}

fn account_key(app: &App, identifier: &SignInIdentifier) -> String {
    let typed = match identifier {
        SignInIdentifier::UserName(name) => format!("n{}", name.fold()),
        SignInIdentifier::Phone(phone) => format!("p{}", phone.as_str()),
        SignInIdentifier::Document(document) => format!("d{}", document.key()),
        SignInIdentifier::CreditCode(code) => format!("c{code}"),
    };
    format!("login account {}", app.keys.index("login", &typed))
}

fn address_key(asker: &crate::notify::codes::Asker) -> String {
    format!("login address {}", asker.address)
}

/// Whether a captcha has to be answered before a password is looked at.
///
/// # Errors
/// The store's own.
pub async fn needs_captcha(
    app: &App,
    identifier: Option<&SignInIdentifier>,
    asker: &crate::notify::codes::Asker,
) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let address = asker.share(ADDRESS_BEFORE_CAPTCHA);
    if limits::reached(&mut conn, &address_key(asker), address, now).await? {
        return Ok(true);
    }
    match identifier {
        Some(identifier) => limits::reached(&mut conn, &account_key(app, identifier), BEFORE_CAPTCHA, now).await,
        None => Ok(false),
    }
}

/// Tries to sign in.
///
/// # Errors
/// The store's own.
pub async fn sign_in(app: &App, attempt: &Attempt<'_>) -> Result<Outcome, StorageError> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let per_address = attempt.asker.share(PER_ADDRESS);
    if limits::reached(&mut conn, &address_key(attempt.asker), per_address, now).await? {
        return Ok(Outcome::Limited);
    }
    let found = accounts::find_by_identifier(&mut conn, &app.keys, attempt.identifier).await?;
    drop(conn);
    let hash = found.as_ref().and_then(|a| a.password.as_ref()).map(|p| p.hash.as_str());
    let right = match app.passwords.verify(attempt.password, hash).await {
        Ok(right) => right,
        Err(HashError::Busy | HashError::Failed) => return Ok(Outcome::Busy),
    };
    let account = found.filter(|account| right && account.is_active());
    count(app, attempt, account.as_ref()).await?;
    let Some(account) = account else { return Ok(Outcome::Rejected) };
    rehash_if_outdated(app, &account, attempt.password).await?;
    let account = Arc::new(account);
    Ok(match second_factor::is_due(app, &account, attempt.known, now) {
        true => Outcome::SecondStep(account),
        false => Outcome::SignedIn(account),
    })
}

async fn count(app: &App, attempt: &Attempt<'_>, account: Option<&Account>) -> Result<(), StorageError> {
    let now = app.clock.now();
    let (by_account, by_address) = (account_key(app, attempt.identifier), address_key(attempt.asker));
    let per_address = attempt.asker.share(PER_ADDRESS);
    let (random, signed_in) = (app.random.clone(), account.map(|a| a.id.clone()));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if signed_in.is_some() {
                    return limits::forgive(tx, &by_account).await;
                }
                limits::hit(tx, &by_account, BEFORE_CAPTCHA, now).await?;
                limits::hit(tx, &by_address, per_address, now).await?;
                audit::record(tx, &random, now, "sign_in.failed", ("browser", &by_account), &()).await
            })
        })
        .await
}

async fn rehash_if_outdated(app: &App, account: &Account, password: &Secret) -> Result<(), StorageError> {
    let Some(stored) = account.password.as_ref().filter(|p| app.passwords.is_outdated(&p.hash)) else {
        return Ok(());
    };
    let Ok(stronger) = app.passwords.hash(password).await else { return Ok(()) };
    let (id, old, now) = (account.id.clone(), stored.hash.clone(), app.clock.now());
    app.db.write(move |tx| Box::pin(async move { accounts::rehash(tx, &id, &old, &stronger, now).await })).await
}
