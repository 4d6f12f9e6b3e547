//! A guardian's children: who they are, and the beginning of a child's journey. What a guardian may do ends on the child's
//! 14th birthday: that is computed at each request, and stored nowhere.

pub(in crate::http) mod child;
pub(in crate::http) mod close;
pub(in crate::http) mod consents;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::date;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::guardianship::Guardianship;
use crate::http::cookies::Cookie;
use crate::http::mishap::Mishap;
use crate::http::posted::{Posted, Queried};
use crate::http::reply::Reply;
use crate::ids::AccountId;
use crate::journeys::guardian::{self, Unfit};
use crate::journeys::{Goal, engine};
use crate::pages::{Page, Rendered, Visit};
use crate::storage::{Stored, accounts, consents as consented, guardianships, links, sessions};

/// How long a sign-in may take that leads back to the children.
const AFTER: Duration = Duration::from_secs(10 * 60);
/// The cookie's value for the list.
const LIST: &str = "children";

#[derive(Template)]
#[template(path = "account/children.html")]
struct ChildrenPage {
    page: Page,
    children: Vec<Row>,
    /// Why nothing can be begun: the key of a text.
    unfit: Option<String>,
    /// Whether signing in again is what helps.
    stale: bool,
}

struct Row {
    id: String,
    name: String,
    relation: String,
    since: String,
    /// Whether the child is 14: the guardian has no rights any more.
    grown: bool,
    /// Whether the account is being closed.
    closing: bool,
    links: usize,
    sessions: usize,
    consents: usize,
}

/// The guardian, the child's account, what ties them.
pub(in crate::http::account) type Mine = (AccountId, Arc<Account>, Guardianship);

/// A child whom the signed-in person looks after, and may: the child is under 14, and its account active. `None` if nobody
/// is signed in.
pub(in crate::http::account) async fn mine(app: &App, visit: &Visit, child: &str) -> Result<Option<Mine>, Mishap> {
    let Some((_, me)) = &visit.signed_in else { return Ok(None) };
    let found = guardianships::find(&mut app.db.read().await?, &AccountId::from(child), &me.id).await?;
    let guardianship = found.ok_or(Mishap::NotFound)?;
    let account = app.caches.account(&guardianship.child).await?;
    let account = account.filter(|account| account.is_childs(app.today())).ok_or(Mishap::NotFound)?;
    Ok(Some((me.id.clone(), account, guardianship)))
}

fn relation(visit: &Visit, guardianship: &Guardianship) -> String {
    visit.locale.t(&format!("relation-{}", guardianship.relation.as_str()))
}

async fn row(app: &App, visit: &Visit, guardianship: &Guardianship) -> Stored<Option<Row>> {
    let mut conn = app.db.read().await?;
    let Some(child) = accounts::find(&mut conn, &app.keys, &guardianship.child).await? else { return Ok(None) };
    Ok(Some(Row {
        name: child.shown_name(),
        relation: relation(visit, guardianship),
        since: date(guardianship.since),
        grown: !child.is_active() || !child.is_childs(app.today()),
        closing: child.is_closing() && child.is_childs(app.today()),
        links: links::of_account(&mut conn, &child.id).await?.len(),
        sessions: sessions::of_account(&mut conn, &child.id, visit.now).await?.len(),
        consents: consented::of_actor(&mut conn, &child.id).await?.len(),
        id: child.id.0,
    }))
}

/// `GET /account/children`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, me)) = &visit.signed_in else { return Ok(to_sign_in(&app, LIST)) };
    let mut children = Vec::new();
    for guardianship in guardianships::of_guardian(&mut app.db.read().await?, &me.id).await? {
        children.extend(row(&app, &visit, &guardianship).await?);
    }
    let unfit = guardian::may_begin(&visit, app.today()).err();
    let page = ChildrenPage {
        page: visit.page("children-title"),
        children,
        stale: unfit == Some(Unfit::Stale),
        unfit: unfit.map(|why| format!("children-{why}")),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /account/children`: begins a child's migration or registration. Whoever may not is told so by the list.
pub(in crate::http) async fn begin(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let goal = match params.text("goal") {
        "migration" => Goal::Migration,
        "registration" => Goal::Registration,
        _ => return Ok(Reply::to("/account/children")),
    };
    let Ok(answers) = guardian::begun(&visit, goal, app.today()) else { return Ok(Reply::to("/account/children")) };
    let id = engine::begin(&app, &visit, answers, None).await?;
    Ok(Reply::to(format!("/journey/{id}")))
}

/// `GET /account/children/sign-in`: the login page, which leads back here, or to the child's journey that is named.
pub(in crate::http) async fn sign_in(State(app): State<Arc<App>>, Queried(query): Queried) -> Reply {
    to_sign_in(&app, query.get("journey").filter(|id| is_id(id)).unwrap_or(LIST))
}

fn to_sign_in(app: &App, after: &str) -> Reply {
    Reply::to("/login").cookie(Cookie::After.set(&app.config, after, Some(AFTER)))
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Where a sign-in leads that began at a page of this folder: nowhere but to the list or a journey, which the engine shows
/// to its own browser alone.
pub(in crate::http) fn after(app: &App, headers: &HeaderMap) -> Option<String> {
    let after = Cookie::After.read(&app.config, headers).filter(|after| is_id(after))?;
    Some(if after == LIST { "/account/children".to_owned() } else { format!("/journey/{after}") })
}
