//! The phone as a sign-in name. A phone is the contact of up to three accounts and signs in one of them; moving that to
//! another account takes proof on both: a code to the phone, and the password of the account that has it now.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{person, to_login};
use crate::app::App;
use crate::captcha::ticket::View;
use crate::domain::account::Account;
use crate::domain::contact::Phone;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::typed::compact;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::notify::codes::{Binding, Recipient, Sent, Verified, verify};
use crate::notify::texts::Purpose;
use crate::pages::door::refuse;
use crate::pages::{Form, Page, Rendered, Visit, captcha, passes_captcha};
use crate::secret::Secret;
use crate::sign_in::{Attempt, KnownBrowser, Outcome, needs_captcha, sign_in};
use crate::storage::{StorageError, accounts, audit};

#[derive(Template)]
#[template(path = "account/phone.html")]
struct PhonePage {
    page: Page,
    form: Form,
    phone: String,
    /// It signs in this account.
    mine: bool,
    captcha: View,
}

async fn page(app: &App, visit: &Visit, account: &Account, form: Form, status: u16) -> Result<Reply, Mishap> {
    let Some(phone) = account.phone() else { return Ok(Reply::to("/account")) };
    let template = PhonePage {
        page: visit.page("phone-name-title"),
        phone: phone.masked(),
        mine: accounts::signs_in(&mut app.db.read().await?, &app.keys, phone, &account.id).await?,
        captcha: captcha(app, visit, &form)?,
        form,
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

fn binding(visit: &Visit, account: &Account, phone: &Phone) -> Binding {
    let transaction = format!("{}:{}", account.id, visit.browser);
    Binding { purpose: Purpose::MovePhone, transaction, to: Recipient::Phone(phone.clone()) }
}

/// `GET /account/phone`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    page(&app, &visit, account, Form::default(), 200).await
}

/// `POST /account/phone`: sends the code, or takes both proofs. A captcha comes before either.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(phone) = account.phone().cloned() else { return Ok(Reply::to("/account")) };
    let mut form = Form::typed(&params);
    if params.get("captcha_kind").is_some() {
        return page(&app, &visit, account, form, 200).await;
    }
    let sending = params.text("action") == "send";
    let identifier = SignInIdentifier::Phone(phone.clone());
    let asked = sending || needs_captcha(&app, Some(&identifier), &visit.asker).await?;
    if asked && !passes_captcha(&app, &visit, &params, &mut form).await? {
        return page(&app, &visit, account, form, 422).await;
    }
    if sending {
        match app.send_code(binding(&visit, account, &phone), visit.asker.clone()).await? {
            Sent::Sent | Sent::TooSoon => {}
            Sent::Wait => form.fault("captcha", "code-wait"),
            Sent::Limited => form.fault("captcha", "code-limited"),
        }
        let status = if form.is_faulty() { 429 } else { 200 };
        return page(&app, &visit, account, form, status).await;
    }
    let password = Secret::new(params.text("password"));
    let attempt =
        Attempt { identifier: &identifier, password: &password, asker: &visit.asker, known: &KnownBrowser::default() };
    let holder = match sign_in(&app, &attempt).await? {
        Outcome::SignedIn(holder) | Outcome::SecondStep(holder) if holder.id != account.id => holder.id.clone(),
        refused => {
            let status = refuse(&mut form, "password", &refused, "phone-name-password-wrong");
            return page(&app, &visit, account, form, status).await;
        }
    };
    let tried = moved(&app, &visit, (&account.id, &holder), binding(&visit, account, &phone), &params).await?;
    match tried {
        Verified::Right => Ok(Reply::to("/account/phone")),
        Verified::Wrong => fault(&app, &visit, account, form, ("code", "code-wrong")).await,
        Verified::Spent => fault(&app, &visit, account, form, ("code", "code-spent")).await,
        Verified::Limited => fault(&app, &visit, account, form, ("code", "code-limited")).await,
    }
}

async fn fault(
    app: &App,
    visit: &Visit,
    account: &Account,
    mut form: Form,
    (field, key): (&'static str, &str),
) -> Result<Reply, Mishap> {
    form.fault(field, key);
    page(app, visit, account, form, 422).await
}

/// Tries the code, and moves the sign-in name in the same transaction.
async fn moved(
    app: &App,
    visit: &Visit,
    (to, from): (&AccountId, &AccountId),
    binding: Binding,
    params: &crate::protocol::params::Params,
) -> Result<Verified, StorageError> {
    let (keys, random, now, asker) = (Arc::clone(&app.keys), app.random.clone(), visit.now, visit.asker.clone());
    let (typed, to, from) = (compact(params.text("code")), to.clone(), from.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let tried = verify(tx, &keys, (&binding, &asker), &typed, now).await?;
                let Recipient::Phone(phone) = &binding.to else { return Ok(Verified::Spent) };
                if tried == Verified::Right && accounts::move_sign_in(tx, &keys, phone, (&from, &to)).await? {
                    for account in [&from, &to] {
                        let (who, subject) = (format!("account:{to}"), format!("account:{account}"));
                        let detail = serde_json::json!({ "from": from, "to": to });
                        audit::record(tx, &random, now, "phone.moved", (&who, &subject), &detail).await?;
                    }
                }
                Ok::<_, StorageError>(tried)
            })
        })
        .await
}
