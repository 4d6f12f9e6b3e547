//! Where the person is signed in, and the way to sign out there: one by one, all others, or everywhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::{methods, moment, to_login};
use crate::app::App;
use crate::http::logged_out;
use crate::http::logout::forget;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::SessionId;
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::acr::SignInLevel;
use crate::sign_in::session;
use crate::storage::sessions;

#[derive(Template)]
#[template(path = "account/sessions.html")]
struct SessionsPage {
    page: Page,
    sessions: Vec<Row>,
}

struct Row {
    id: String,
    device: String,
    here: bool,
    begun: String,
    seen: String,
    until: String,
    methods: String,
    /// How strong it is: the key of a text.
    level: &'static str,
}

fn level(level: SignInLevel) -> &'static str {
    match level {
        SignInLevel::OneFactor => "session-level-1",
        SignInLevel::TwoFactors => "session-level-2",
        SignInLevel::PhishingResistant => "session-level-3",
    }
}

/// `GET /account/sessions`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((here, account)) = &visit.signed_in else { return Ok(to_login()) };
    let listed = sessions::of_account(&mut app.db.read().await?, &account.id, visit.now).await?;
    let mut rows: Vec<Row> = listed
        .into_iter()
        .map(|listed| Row {
            here: listed.id == here.id,
            id: listed.id.0,
            device: if listed.device.is_empty() { visit.locale.t("session-unknown") } else { listed.device },
            begun: moment(listed.authenticated_at),
            seen: moment(listed.seen_at),
            until: moment(listed.expires_at),
            level: level(listed.level),
            methods: methods(visit.locale, &listed.methods),
        })
        .collect();
    rows.sort_by_key(|row| !row.here);
    Ok(Reply::page(Rendered::new(200, &SessionsPage { page: visit.page("sessions-title"), sessions: rows })))
}

/// `POST /account/sessions/end`: one of them.
pub(in crate::http) async fn end(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    session::end_of(&app, &account.id, &SessionId::from(params.text("session")), "elsewhere").await?;
    Ok(Reply::to("/account/sessions"))
}

/// `POST /account/sessions/end-others`: all but this browser's.
pub(in crate::http) async fn end_others(State(app): State<Arc<App>>, visit: Visit, _: Posted) -> Result<Reply, Mishap> {
    let Some((here, _)) = &visit.signed_in else { return Ok(to_login()) };
    session::end_others(&app, here).await?;
    Ok(Reply::to("/account/sessions"))
}

/// `POST /account/sessions/end-all`: everywhere, here too.
pub(in crate::http) async fn end_all(State(app): State<Arc<App>>, visit: Visit, _: Posted) -> Result<Reply, Mishap> {
    let Some((here, account)) = &visit.signed_in else { return Ok(to_login()) };
    session::end_everywhere(&app, &account.id).await?;
    let reply = logged_out::page(&app, &visit, Some(&here.id), None).await?;
    Ok(forget(&app, &visit, reply))
}
