//! Recovery codes, shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::BACK;
use crate::app::App;
use crate::http::account::confirm::proven;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::second_factor::recovery_codes;

#[derive(Template)]
#[template(path = "account/recovery_codes.html")]
struct CodesPage {
    page: Page,
    codes: Vec<String>,
}

pub(super) fn page(visit: &Visit, codes: Vec<String>) -> Reply {
    Reply::page(Rendered::new(200, &CodesPage { page: visit.page("recovery-codes-title"), codes }))
}

/// `POST /account/factors/codes`: ten new ones; those of before are good for nothing any more.
pub(in crate::http) async fn renew(State(app): State<Arc<App>>, visit: Visit, _: Posted) -> Result<Reply, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok((session, account)) if account.second_factors.any() => (session, account),
        Ok(_) => return Ok(Reply::to(BACK)),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (keys, random, now, id) = (Arc::clone(&app.keys), app.random.clone(), visit.now, account.id.clone());
    let codes = app
        .db
        .write(move |tx| Box::pin(async move { recovery_codes::renew(tx, (&keys, &random), &id, now).await }))
        .await?;
    Ok(page(&visit, codes))
}
