//! A unit's history in plain words, with who did what: masked names, and the unit's own doings without one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde_json::Value;

use super::enter;
use super::members::Names;
use crate::app::App;
use crate::http::account::log::{READ, Row, SHOWN, row};
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::audit::{self, Entry};

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
    for mut entry in entries {
        if entered.manager().is_none() {
            entry.detail = without_phone(&entry.detail);
        }
        let entry = &entry;
        let Some(mut row) = row(&app, visit.locale, entry).await? else { continue };
        let mut who = Vec::new();
        for id in concerned(entry).into_iter().filter(|id| *id != entered.unit.id) {
            who.push(names.of(&app, &mut conn, &id).await?);
        }
        who.extend(Some(row.note).filter(|note| !note.is_empty()));
        row.note = who.join(" · ");
        rows.push(row);
        if rows.len() >= SHOWN {
            break;
        }
    }
    let template =
        LogPage { page: visit.page("acting-log-title"), unit: entered.unit.name().to_owned(), id, entries: rows };
    Ok(Reply::page(Rendered::new(200, &template)))
}

/// Who did it, and to whom.
fn concerned(entry: &Entry) -> Vec<AccountId> {
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let actor = entry.actor.strip_prefix("account:");
    let person = detail.get("person").and_then(Value::as_str).filter(|person| Some(*person) != actor);
    actor.into_iter().chain(person).map(AccountId::from).collect()
}

/// What the unit's own sign-in may read: names are masked, and phones left out.
fn without_phone(detail: &str) -> String {
    let mut detail: Value = serde_json::from_str(detail).unwrap_or_default();
    if let Some(members) = detail.as_object_mut() {
        members.remove("phone");
    }
    detail.to_string()
}
