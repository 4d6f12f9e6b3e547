//! Another password. Whoever changes it has proven themselves lately; everything that was begun with the one of before ends
//! elsewhere (ASVS 5.0, 7.4.3), and every channel of the account is told.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::confirm::proven;
use crate::app::App;
use crate::domain::account::{Account, PasswordOrigin, StoredPassword};
use crate::domain::recovery::Kind;
use crate::domain::session::Session;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::notify::{texts, told};
use crate::pages::{Form, Page, Rendered, Visit, new_password, own_data};
use crate::sign_in::recovery::{self, Pen};
use crate::sign_in::session::end_all;
use crate::storage::{Stored, accounts, audit};

const BACK: &str = "/account/password";

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    page: Page,
    form: Form,
    /// For password managers.
    user_name: String,
}

fn page(visit: &Visit, account: &Account, form: Form, status: u16) -> Reply {
    let (user_name, retry_after) = (account.user_name.as_str().to_owned(), form.retry_after());
    let template = PasswordPage { page: visit.page("change-password-title"), form, user_name };
    Reply::page(Rendered::new(status, &template).retrying(retry_after))
}

/// `GET /account/password`
pub(in crate::http) async fn show(visit: Visit) -> Reply {
    match proven(&visit, BACK) {
        Ok((_, account)) => page(&visit, account, Form::default(), 200),
        Err(elsewhere) => elsewhere,
    }
}

/// `POST /account/password`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (here, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut form = Form::default();
    match new_password(&app, &params, &own_data(account), &mut form).await {
        Ok(hash) => change(&app, &visit, (account, here), hash).await?,
        Err(status) => return Ok(page(&visit, account, form, status)),
    }
    Ok(Reply::to("/account"))
}

async fn change(app: &App, visit: &Visit, (account, here): (&Account, &Session), hash: String) -> Stored<()> {
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let site = &app.config.site;
    let text = texts::password_changed(&site.sms_signature, &told.whose, &site.hotline);
    let (pen, now, id) = (Pen::of(app), visit.now, account.id.clone());
    let (here, new) = (here.clone(), StoredPassword { hash, origin: PasswordOrigin::Chosen });
    let forget = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                recovery::supersede(tx, &pen, &id, Kind::Password).await?;
                accounts::reset_password(tx, &id, Some(&new), now).await?;
                let ended = end_all(tx, &id, Some(&here), now).await?;
                let who = format!("account:{id}");
                audit::record(tx, &pen.random, now, "password.changed", (&who, &who), &serde_json::json!({})).await?;
                told.tell(tx, (&pen.keys, &pen.random), (texts::PASSWORD_SUBJECT, &text), now).await?;
                Stored::Ok(ended)
            })
        })
        .await?;
    forget.iter().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(())
}
