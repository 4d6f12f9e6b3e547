//! Where a unit's own account is signed in, and the way to end that.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::enter;
use crate::app::App;
use crate::http::account::{methods, moment, to_login};
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::SessionId;
use crate::mandates::end_sign_in;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::sessions;

#[derive(Template)]
#[template(path = "units/sessions.html")]
struct SessionsPage {
    page: Page,
    unit: String,
    id: String,
    manager: bool,
    sessions: Vec<Row>,
}

struct Row {
    id: String,
    device: String,
    begun: String,
    seen: String,
    methods: String,
}

/// `GET /units/{id}/sessions`
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
    let listed = sessions::of_account(&mut app.db.read().await?, &entered.unit.id, visit.now).await?;
    let rows = listed.into_iter().map(|listed| Row {
        id: listed.id.0,
        device: if listed.device.is_empty() { visit.locale.t("session-unknown") } else { listed.device },
        begun: moment(listed.authenticated_at),
        seen: moment(listed.seen_at),
        methods: methods(visit.locale, &listed.methods),
    });
    let template = SessionsPage {
        page: visit.page("acting-sessions-title"),
        unit: entered.unit.name().to_owned(),
        id,
        manager: entered.manager().is_some(),
        sessions: rows.collect(),
    };
    Ok(Reply::page(Rendered::new(200, &template)))
}

/// `POST /units/{id}/sessions/end`: one of them.
pub(in crate::http) async fn end(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    end_sign_in(&app, (&account.id, &entered.unit.id), &SessionId::from(params.text("session"))).await??;
    Ok(Reply::to(entered.path("/sessions")))
}
