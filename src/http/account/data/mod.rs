//! The copy of one's data (PIPL, article 45): everything that is kept about the person, as a file or as a page, for whoever has proven
//! themselves lately. Each copy stands in the security log.

mod collect;
mod copy;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::confirm::proven;
use crate::app::App;
use crate::domain::account::Account;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::storage::limits::{self, Limit};
use crate::storage::{Stored, audit};
use copy::{Copy, Shown};

const BACK: &str = "/account/data";
const PER_DAY: Limit = Limit::new(10, 24 * 60 * 60);

#[derive(Template)]
#[template(path = "account/data.html")]
struct DataPage {
    page: Page,
    form: Form,
}

#[derive(Template)]
#[template(path = "account/data_copy.html")]
struct CopyPage {
    page: Page,
    sections: Vec<Shown>,
}

fn page(visit: &Visit, form: Form, status: u16) -> Reply {
    Reply::page(Rendered::new(status, &DataPage { page: visit.page("data-title"), form }))
}

/// `GET /account/data`
pub(in crate::http) async fn show(visit: Visit) -> Reply {
    match proven(&visit, BACK) {
        Ok(_) => page(&visit, Form::default(), 200),
        Err(elsewhere) => elsewhere,
    }
}

/// `POST /account/data`: the copy, as a file to keep (`format=json`) or as a page.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Response, Mishap> {
    let (_, account) = match proven(&visit, BACK) {
        Ok(proven) => proven,
        Err(elsewhere) => return Ok(elsewhere.into_response()),
    };
    let json = params.text("format") == "json";
    if !counted(&app, &visit, account, json).await? {
        let mut form = Form::default();
        form.fault("format", "data-limited");
        return Ok(page(&visit, form, 429).into_response());
    }
    let copy = collect::collect(&app, &visit, account).await?;
    Ok(match json {
        true => file(&visit, &copy),
        false => {
            let template = CopyPage { page: visit.page("data-copy-title"), sections: copy.shown(visit.locale) };
            Reply::page(Rendered::new(200, &template)).into_response()
        }
    })
}

fn file(visit: &Visit, copy: &Copy) -> Response {
    let name = format!("attachment; filename=\"account-data-{}.json\"", visit.now.date());
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, copy.json(visit.now)).into_response()
}

/// Counts a copy, and notes it in the log; `false` if there were enough today.
async fn counted(app: &App, visit: &Visit, account: &Account, json: bool) -> Stored<bool> {
    let (random, now, who) = (app.random.clone(), visit.now, format!("account:{}", account.id));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if !limits::hit(tx, &format!("data {who}"), PER_DAY, now).await? {
                    return Ok(false);
                }
                let detail = serde_json::json!({ "format": if json { "json" } else { "page" } });
                audit::record(tx, &random, now, "data.copied", (&who, &who), &detail).await?;
                Stored::Ok(true)
            })
        })
        .await
}
