//! A password that somebody else sets: a child's by its guardian, a unit's by its legal representative. Neither has a phone that a code
//! could go to; whoever answers for them proves themselves instead.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde_json::json;

use super::children::mine;
use super::confirm::proven;
use crate::app::App;
use crate::domain::account::{Account, PasswordOrigin, StoredPassword};
use crate::domain::mandate::Role;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::notify::{texts, told};
use crate::pages::{Form, Page, Rendered, Visit, new_password, own_data};
use crate::protocol::params::Params;
use crate::sign_in::recovery::Pen;
use crate::sign_in::session::end_all;
use crate::storage::{Stored, accounts, audit, mandates};

#[derive(Template)]
#[template(path = "account/others_password.html")]
struct PasswordPage {
    page: Page,
    form: Form,
    /// Whose it is, as the page's reader sees them.
    name: String,
    /// For password managers.
    user_name: String,
    action: String,
    back: String,
    unit: bool,
}

/// Whose password it is, and by what right it is set.
struct Ward {
    account: Arc<Account>,
    by: &'static str,
    action: String,
    back: String,
}

async fn child(app: &App, visit: &Visit, id: &str) -> Result<Ward, Mishap> {
    let (_, account, _) = mine(app, visit, id).await?.ok_or(Mishap::NotFound)?;
    let account = Some(account).filter(|account| account.is_active()).ok_or(Mishap::NotFound)?;
    let back = format!("/account/children/{}", account.id);
    Ok(Ward { account, by: "guardian", action: format!("{back}/password"), back })
}

async fn unit(app: &App, visit: &Visit, me: &AccountId, id: &str) -> Result<Ward, Mishap> {
    let id = AccountId::from(id);
    let held = mandates::held(&mut app.db.read().await?, &id, me).await?;
    let may = held.is_some_and(|held| held.is_in_force(visit.now) && held.terms.role == Role::LegalRepresentative);
    let account = app.caches.account(&id).await?.filter(|unit| may && unit.unit().is_some() && unit.is_active());
    let account = account.ok_or(Mishap::NotFound)?;
    let (action, back) = (format!("/account/units/{id}/password"), format!("/units/{id}"));
    Ok(Ward { account, by: "representative", action, back })
}

fn page(visit: &Visit, ward: &Ward, form: Form, status: u16) -> Reply {
    let unit = ward.account.unit().is_some();
    let template = PasswordPage {
        page: visit.page(if unit { "unit-password-title" } else { "child-password-title" }),
        form,
        name: ward.account.shown_name(),
        user_name: ward.account.user_name.as_str().to_owned(),
        action: ward.action.clone(),
        back: ward.back.clone(),
        unit,
    };
    Reply::page(Rendered::new(status, &template))
}

/// `GET /account/children/{child}/password`
pub(in crate::http) async fn show_child(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    match proven(&visit, &visit.path) {
        Ok(_) => Ok(page(&visit, &child(&app, &visit, &id).await?, Form::default(), 200)),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/children/{child}/password`
pub(in crate::http) async fn take_child(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    match proven(&visit, &visit.path) {
        Ok((_, me)) => set(&app, &visit, &me.id, child(&app, &visit, &id).await?, &params).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `GET /account/units/{unit}/password`
pub(in crate::http) async fn show_unit(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    match proven(&visit, &visit.path) {
        Ok((_, me)) => Ok(page(&visit, &unit(&app, &visit, &me.id, &id).await?, Form::default(), 200)),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST /account/units/{unit}/password`
pub(in crate::http) async fn take_unit(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    match proven(&visit, &visit.path) {
        Ok((_, me)) => set(&app, &visit, &me.id, unit(&app, &visit, &me.id, &id).await?, &params).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn set(app: &App, visit: &Visit, me: &AccountId, ward: Ward, params: &Params) -> Result<Reply, Mishap> {
    let mut form = Form::default();
    match new_password(app, params, &own_data(&ward.account), &mut form).await {
        Ok(hash) => store(app, me, &ward, hash).await?,
        Err(status) => return Ok(page(visit, &ward, form, status)),
    }
    Ok(Reply::to(ward.back))
}

/// Whatever was begun with the former password ends, and whoever answers for the account is told.
async fn store(app: &App, me: &AccountId, ward: &Ward, hash: String) -> Stored<()> {
    let (pen, account, by) = (Pen::of(app), Arc::clone(&ward.account), ward.by);
    let who = format!("account:{me}");
    let forget = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let new = StoredPassword { hash, origin: PasswordOrigin::Chosen };
                accounts::reset_password(tx, &account.id, Some(&new), pen.now).await?;
                let forget = end_all(tx, &account.id, None, pen.now).await?;
                let subject = format!("account:{}", account.id);
                let detail = json!({ "by": by });
                audit::record(tx, &pen.random, pen.now, "password.set", (&who, &subject), &detail).await?;
                let told = told::about(tx, &pen.keys, &account, pen.today).await?;
                let (signature, hotline) = (&pen.site.sms_signature, &pen.site.hotline);
                let text = match account.unit() {
                    Some(unit) => texts::unit_password_set(signature, unit.name.as_str(), hotline),
                    None => texts::password_changed(signature, &told.whose, hotline),
                };
                told.tell(tx, (&pen.keys, &pen.random), (texts::PASSWORD_SUBJECT, &text), pen.now).await?;
                Stored::Ok(forget)
            })
        })
        .await?;
    forget.iter().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(())
}
