//! A unit's history in plain words, with who did what: masked names, and the unit's own doings without one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::enter;
use super::members::Names;
use crate::app::App;
use crate::http::account::log::{READ, Row, SHOWN, row};
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::audit;

#[derive(Template)]
#[template(path = "units/log.html")]
struct LogPage {
    page: Page,
    unit: String,
    id: String,
    entries: Vec<Row>,
}

/// `GET /units/{id}/log`
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    if !entered.sees_all() {
        return Err(Mishap::NotFound);
    }
    let mut conn = app.db.read().await?;
    let subject = format!("account:{}", entered.unit.id);
    let mut entries = audit::of_subject(&mut conn, &subject, READ).await?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let (mut rows, mut names) = (Vec::new(), Names::default());
    for entry in &entries {
        let Some(mut row) = row(&app, visit.locale, entry) else { continue };
        if let Some(actor) = entry.actor.strip_prefix("account:").filter(|_| entry.actor != subject) {
            let name = names.of(&app, &mut conn, &AccountId::from(actor)).await?;
            row.note = if row.note.is_empty() { name } else { format!("{name} · {}", row.note) };
        }
        rows.push(row);
        if rows.len() >= SHOWN {
            break;
        }
    }
    let template =
        LogPage { page: visit.page("acting-log-title"), unit: entered.unit.name().to_owned(), id, entries: rows };
    Ok(Reply::page(Rendered::new(200, &template)))
}
