//! 切换账号: several accounts of one person's, or of a family's, in one browser. One is the current one; the others wait, and are
//! chosen without signing in again. A service hall's browser never holds more than one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::account::to_login;
use super::cookies::holding;
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::ids::SessionId;
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::held::MOST;
use crate::sign_in::{Held, held, session};
use crate::storage::Stored;

/// An account of this browser's that isn't the current one.
pub(super) struct Aside {
    /// Its session.
    pub(super) id: String,
    /// Its masked user name.
    pub(super) user: String,
    /// Whose it is: a person's name masked, a unit's in full.
    pub(super) name: String,
}

/// Those that can be chosen.
pub(super) async fn aside(app: &App, visit: &Visit) -> Stored<Vec<Aside>> {
    let found = held::aside(app, &visit.held).await?;
    let aside = found.into_iter().map(|(session, account)| Aside {
        id: session.id.0,
        user: account.user_name.masked(),
        name: account.shown_name(),
    });
    Ok(aside.collect())
}

/// What the browser holds once another account is the current one; `None` if that one isn't signed in here any more.
pub(super) async fn switched(app: &App, visit: &Visit, to: &SessionId) -> Stored<Option<Held>> {
    let found = held::aside(app, &visit.held).await?;
    let lives = found.iter().any(|(session, _)| session.id == *to);
    Ok(visit.held.switched(to).filter(|_| lives))
}

#[derive(Template)]
#[template(path = "account/switch.html")]
struct SwitchPage {
    page: Page,
    user: String,
    name: String,
    aside: Vec<Aside>,
    /// There is room for another one.
    room: bool,
    /// In a service hall there is one account at a time.
    hall: bool,
}

/// `GET /account/switch`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let aside = aside(&app, &visit).await?;
    let page = SwitchPage {
        page: visit.page("switch-title"),
        user: account.user_name.masked(),
        name: account.shown_name(),
        room: aside.len() + 1 < MOST,
        hall: visit.is_in_hall(),
        aside,
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /account/switch`: another account becomes the current one; a request that waits is looked at again as theirs.
pub(super) async fn take(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let interaction = params.get("interaction").filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()));
    let to = match interaction.filter(|id| !id.is_empty()) {
        Some(id) => format!("/interaction/{id}"),
        None => "/account".to_owned(),
    };
    let held = switched(&app, &visit, &SessionId::from(params.text("session"))).await?;
    Ok(match held {
        Some(held) => Reply::to(to).cookies(holding(&app, &held, &visit.held)),
        None => Reply::to(to),
    })
}

/// `POST /account/switch/end`: signs one of the others out.
pub(super) async fn end(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let id = SessionId::from(params.text("session"));
    let found = held::aside(&app, &visit.held).await?;
    if let Some((session, _)) = found.iter().find(|(session, _)| session.id == id) {
        session::end(&app, session, "person").await?;
    }
    let held = Held { current: visit.held.current.clone(), ..visit.held.without(&id) };
    Ok(Reply::to("/account/switch").cookies(holding(&app, &held, &visit.held)))
}
