//! The captcha of a form: shown in the kind that the person asked for, and judged with its error beside it.

use super::{Form, Visit};
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::protocol::params::Params;
use crate::storage::Stored;

/// A new captcha, of the kind that the form asks for.
///
/// # Errors
/// If it can't be sealed.
pub fn captcha(app: &App, visit: &Visit, form: &Form) -> Stored<View> {
    let kind = Kind::named(form.value("captcha_kind"));
    ticket::issue(app, kind, &visit.browser, visit.locale.is_english())
}

/// Whether the captcha was answered; an error beside it otherwise.
///
/// # Errors
/// The store's own.
pub async fn passes_captcha(app: &App, visit: &Visit, params: &Params, form: &mut Form) -> Stored<bool> {
    let typed = params.text("captcha");
    let right = ticket::answer(app, params.text("captcha_ticket"), &visit.browser, typed).await?;
    if !right {
        form.fault("captcha", if typed.is_empty() { "captcha-empty" } else { "captcha-wrong" });
    }
    Ok(right)
}
