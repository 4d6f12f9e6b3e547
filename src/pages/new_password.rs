//! A new password as a form has it, twice: the policy, and its hash.

use super::Form;
use crate::app::App;
use crate::domain::account::{Account, Holder};
use crate::passwords::PolicyFault;
use crate::protocol::params::Params;
use crate::secret::Secret;

/// The hash of the password that was typed into `new_password` and again into `new_password_again`. `own` is the person's data,
/// which mustn't be in it. Without one, what is wrong stands in the form, and the status is told.
///
/// # Errors
/// The status of the page that shows the form again.
pub async fn new_password(app: &App, params: &Params, own: &[String], form: &mut Form) -> Result<String, u16> {
    let password = Secret::new(params.text("new_password"));
    if let Err(fault) = app.passwords.check(&password, own.iter().map(String::as_str)).await {
        form.fault("new_password", fault.key());
        return Err(if fault == PolicyFault::Unchecked { 503 } else { 422 });
    }
    if !password.matches(params.text("new_password_again")) {
        form.fault("new_password_again", "password-differs");
        return Err(422);
    }
    app.passwords.hash(&password).await.map_err(|_| {
        form.fault_of_load("new_password", "login-busy");
        503
    })
}

/// An account's own data, which its password mustn't hold.
pub fn own_data(account: &Account) -> Vec<String> {
    let mut own = vec![account.user_name.as_str().to_owned(), account.name().to_owned()];
    own.extend(account.phone().map(|phone| phone.as_str().to_owned()));
    own.extend(account.email().map(|email| email.as_str().to_owned()));
    own.push(match &account.holder {
        Holder::Person(person) => person.document.number().to_owned(),
        Holder::Organisation(organisation) => organisation.unit.credit_code.to_string(),
    });
    own
}
