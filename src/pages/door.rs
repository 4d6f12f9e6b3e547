//! The one door for names and passwords, whatever the page: the same limits, the same captcha, the same answers.

use std::sync::Arc;

use super::{Form, Visit, passes_captcha};
use crate::app::App;
use crate::captcha::Kind;
use crate::domain::account::Account;
use crate::domain::identifier::SignInIdentifier;
use crate::protocol::params::Params;
use crate::secret::Secret;
use crate::sign_in::{Attempt, KnownBrowser, Outcome, needs_captcha, needs_captcha_here, reject, sign_in};
use crate::storage::Stored;

/// What became of a form with an identifier and a password.
#[derive(Debug)]
pub enum Tried {
    /// Right.
    SignedIn(Arc<Account>),
    /// Right, but not enough on this browser.
    SecondStep(Arc<Account>),
    /// The form comes again: with what is wrong, its status, and the captcha that is due.
    Again(Form, u16, Option<Kind>),
}

/// Whoever is named in the form, with their password; their account may be one that is being closed.
/// `known` are the accounts that need no second step here.
///
/// # Errors
/// The store's own.
pub async fn tried(app: &App, visit: &Visit, known: &KnownBrowser, params: &Params) -> Stored<Tried> {
    let mut form = Form::typed(params);
    let identifier = SignInIdentifier::parse(params.text("identifier"), app.today());
    // A password is never trimmed or folded.
    let password = Secret::new(params.text("password"));
    let kind = Kind::named(params.text("captcha_kind"));
    if params.get("captcha_kind").is_some() {
        return Ok(Tried::Again(form, 200, Some(kind)));
    }
    if params.text("identifier").is_empty() {
        form.fault("identifier", "login-identifier-empty");
    }
    if password.expose().is_empty() {
        form.fault("password", "login-password-empty");
    }
    let captcha = captcha_due(app, visit, identifier.as_ref().ok(), known).await?.then_some(kind);
    if form.is_faulty() || (captcha.is_some() && !passes_captcha(app, visit, params, &mut form).await?) {
        return Ok(Tried::Again(form, 422, captcha));
    }
    let outcome = match &identifier {
        Ok(identifier) => {
            sign_in(app, &Attempt { identifier, password: &password, asker: &visit.asker, known }).await?
        }
        // What has no form of an identifier is nobody's.
        Err(_) => reject(app, params.text("identifier"), &password, &visit.asker).await?,
    };
    let status = match outcome {
        Outcome::SignedIn(account) | Outcome::Closing(account, false) => return Ok(Tried::SignedIn(account)),
        Outcome::SecondStep(account) | Outcome::Closing(account, true) => return Ok(Tried::SecondStep(account)),
        refused => refuse(&mut form, "identifier", &refused, "login-rejected"),
    };
    let captcha = captcha_due(app, visit, identifier.as_ref().ok(), known).await?.then_some(kind);
    Ok(Tried::Again(form, status, captcha))
}

async fn captcha_due(
    app: &App,
    visit: &Visit,
    identifier: Option<&SignInIdentifier>,
    known: &KnownBrowser,
) -> Stored<bool> {
    match identifier {
        Some(identifier) => needs_captcha_here(app, identifier, &visit.asker, known).await,
        None => needs_captcha(app, None, &visit.asker).await,
    }
}

/// Puts into a form why a try came to nothing, beside a field; `rejected` is the text where the password was wrong. The status
/// of the page.
pub fn refuse(form: &mut Form, field: &'static str, outcome: &Outcome, rejected: &str) -> u16 {
    match outcome {
        Outcome::Limited(wait) => {
            form.fault_for(field, "login-limited", *wait);
            429
        }
        Outcome::Busy => {
            form.fault_of_load(field, "login-busy");
            503
        }
        Outcome::Rejected | Outcome::SignedIn(_) | Outcome::SecondStep(_) | Outcome::Closing(..) => {
            form.fault(field, rejected);
            422
        }
    }
}

/// Only the password, of an account that the page is about already: whether it is right, even where a sign-in would
/// go on to a second step. What is wrong stands in the form then.
///
/// # Errors
/// The store's own.
pub async fn is_own_password(
    app: &App,
    visit: &Visit,
    account: &Account,
    params: &Params,
    form: &mut Form,
) -> Stored<bool> {
    let password = Secret::new(params.text("password"));
    if password.expose().is_empty() {
        form.fault("password", "login-password-empty");
        return Ok(false);
    }
    let identifier = SignInIdentifier::UserName(account.user_name.clone());
    if needs_captcha(app, Some(&identifier), &visit.asker).await? && !passes_captcha(app, visit, params, form).await? {
        return Ok(false);
    }
    let known = KnownBrowser::default();
    let attempt = Attempt { identifier: &identifier, password: &password, asker: &visit.asker, known: &known };
    match sign_in(app, &attempt).await? {
        Outcome::SignedIn(who) | Outcome::SecondStep(who) if who.id == account.id => return Ok(true),
        refused => refuse(form, "password", &refused, "existing-password-wrong"),
    };
    Ok(false)
}
