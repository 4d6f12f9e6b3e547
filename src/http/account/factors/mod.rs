//! 登录方式: the second factors of an account, what setting one up and removing one takes. Whoever does either has proven
//! themselves lately, as strongly as the account can; every channel is told.

mod codes;
mod passkey;
mod totp;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::confirm::{confirmation, proven};
use super::{moment, to_login};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::authenticator::{Authenticator, AuthenticatorKind};
use crate::domain::session::{Method, Session};
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::AuthenticatorId;
use crate::notify::{texts, told};
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::second_factor::recovery_codes;
use crate::storage::{Stored, audit, authenticators};

pub(in crate::http) use codes::renew;
pub(in crate::http) use passkey::{show as passkey, take as take_passkey};
pub(in crate::http) use totp::{show as totp, take as take_totp};

const BACK: &str = "/account/factors";
/// The longest name of an authenticator, in characters.
const LONGEST_LABEL: usize = 40;

#[derive(Template)]
#[template(path = "account/factors.html")]
struct FactorsPage {
    page: Page,
    authenticators: Vec<Row>,
    /// Passkeys can be had at this address.
    passkeys: bool,
    /// How many recovery codes are left.
    codes: i64,
    /// The phone that gets codes by SMS.
    phone: Option<String>,
}

struct Row {
    id: String,
    label: String,
    kind: &'static str,
    added: String,
    used: Option<String>,
}

fn row(authenticator: Authenticator) -> Row {
    Row {
        id: authenticator.id.0,
        label: authenticator.label,
        kind: authenticator.kind.as_str(),
        added: moment(authenticator.added_at),
        used: authenticator.used_at.map(moment),
    }
}

/// `GET /account/factors`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = visit.signed_in.as_ref().filter(|(_, account)| account.person().is_some()) else {
        return Ok(to_login());
    };
    let mut conn = app.db.read().await?;
    let stored = authenticators::of_account(&mut conn, &app.keys, &account.id).await?;
    let page = FactorsPage {
        page: visit.page("factors-title"),
        authenticators: stored.into_iter().map(|stored| row(stored.shown)).collect(),
        passkeys: app.passkeys.is_some(),
        codes: authenticators::codes_left(&mut conn, &account.id).await?,
        phone: account.phone().map(|phone| phone.masked()),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// What its owner calls it: as it was typed, or by its kind.
fn label(visit: &Visit, typed: &str, kind: AuthenticatorKind) -> String {
    let typed: String = typed.trim().chars().filter(|c| !c.is_control()).take(LONGEST_LABEL).collect();
    match typed.is_empty() {
        true => visit.locale.t(&format!("factor-{}", kind.as_str())),
        false => typed,
    }
}

/// Stores a new authenticator, and with the first one recovery codes, which are shown now and never again. `None` if it can't be
/// stored: there are as many as there may be, or the passkey is known already.
async fn add(
    app: &App,
    visit: &Visit,
    account: &Account,
    (shown, secret, credential, step): (Authenticator, String, Option<String>, Option<i64>),
) -> Stored<Option<Vec<String>>> {
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let site = &app.config.site;
    let text = texts::factor_added(&site.sms_signature, shown.kind, &told.whose, &site.hotline);
    let (keys, random, now, id) = (Arc::clone(&app.keys), app.random.clone(), visit.now, account.id.clone());
    let added = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let first = authenticators::codes_left(tx, &id).await? == 0;
                if !authenticators::insert(tx, &keys, (&id, &shown), &secret, credential.as_deref()).await? {
                    return Stored::Ok(None);
                }
                if let Some(step) = step {
                    authenticators::use_step(tx, &shown.id, step, now).await?;
                }
                let who = format!("account:{id}");
                let detail = serde_json::json!({ "kind": shown.kind.as_str(), "authenticator": shown.id });
                audit::record(tx, &random, now, "factor.added", (&who, &who), &detail).await?;
                told.tell(tx, (&keys, &random), (texts::FACTOR_SUBJECT, &text), now).await?;
                match first {
                    true => Ok(Some(recovery_codes::renew(tx, (&keys, &random), &id, now).await?)),
                    false => Ok(Some(Vec::new())),
                }
            })
        })
        .await?;
    app.caches.forget(&crate::storage::accounts::cache_key(&account.id));
    app.outbox.notify_one();
    Ok(added)
}

/// After one was added: its recovery codes, if they are new, or the list.
fn added(visit: &Visit, codes: Vec<String>) -> Reply {
    match codes.is_empty() {
        true => Reply::to(BACK),
        false => codes::page(visit, codes),
    }
}

/// Whether one of the factors that were set up, or what was written down for their loss, was shown in this session.
fn shows_one(session: &Session) -> bool {
    let set_up = [Method::Passkey, Method::AuthenticatorApp, Method::RecoveryCode];
    Method::split(&session.methods).iter().any(|method| set_up.contains(method))
}

/// `POST /account/factors/{id}/remove`
pub(in crate::http) async fn remove(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok((session, account)) if shows_one(session) => (session, account),
        // What is weaker takes nothing stronger away.
        Ok(_) => return Ok(confirmation(BACK)),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let site = &app.config.site;
    let text = texts::factor_removed(&site.sms_signature, &told.whose, &site.hotline);
    let (keys, random, now, account) = (Arc::clone(&app.keys), app.random.clone(), visit.now, account.id.clone());
    let whose = account.clone();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let authenticator = AuthenticatorId(id);
                if authenticators::remove(tx, &keys, &account, &authenticator, now).await? {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "authenticator": authenticator });
                    audit::record(tx, &random, now, "factor.removed", (&who, &who), &detail).await?;
                    told.tell(tx, (&keys, &random), (texts::FACTOR_SUBJECT, &text), now).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.caches.forget(&crate::storage::accounts::cache_key(&whose));
    app.outbox.notify_one();
    Ok(Reply::to(BACK))
}
