//! One child: its old accounts, where it is signed in, and what its guardian has consented to.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::{LIST, mine, relation, to_sign_in};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::http::account::{client_name, date, moment, system_name};
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::SessionId;
use crate::pages::{Page, Rendered, Visit};
use crate::sign_in::session;
use crate::storage::{consents, links, sessions};

#[derive(Template)]
#[template(path = "account/child.html")]
struct ChildPage {
    page: Page,
    id: String,
    name: String,
    user_name: String,
    relation: String,
    links: Vec<String>,
    sessions: Vec<Session>,
    consents: Vec<Consent>,
}

struct Session {
    id: String,
    device: String,
    begun: String,
    seen: String,
}

struct Consent {
    client: String,
    name: String,
    since: String,
    scopes: Vec<String>,
}

/// `GET /account/children/{child}`
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, child, guardianship)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    let mut conn = app.db.read().await?;
    let links = links::of_account(&mut conn, &child.id).await?;
    let sessions = sessions::of_account(&mut conn, &child.id, visit.now).await?;
    let consents = consents::of_actor(&mut conn, &child.id).await?;
    let device = |device: String| if device.is_empty() { visit.locale.t("session-unknown") } else { device };
    let mut rows = Vec::new();
    for consent in consents {
        rows.push(Consent {
            name: client_name(&app, consent.client.as_str(), visit.locale).await?,
            client: consent.client.0,
            since: date(consent.granted_at),
            scopes: consent.scopes.iter().filter_map(|s| visit.locale.scope(s, AccountKind::Individual)).collect(),
        });
    }
    let page = ChildPage {
        page: visit.page("child-title"),
        name: child.shown_name(),
        user_name: child.user_name.masked(),
        relation: relation(&visit, &guardianship),
        links: links.iter().map(|link| system_name(&app, &link.system, visit.locale)).collect(),
        sessions: sessions
            .into_iter()
            .map(|listed| Session {
                id: listed.id.0,
                device: device(listed.device),
                begun: moment(listed.authenticated_at),
                seen: moment(listed.seen_at),
            })
            .collect(),
        consents: rows,
        id: child.id.0.clone(),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /account/children/{child}/sessions/end`: one of the child's sign-ins.
pub(in crate::http) async fn end_session(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((me, child, _)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    session::end_by(&app, &me, &child.id, &SessionId::from(params.text("session")), "guardian").await?;
    Ok(Reply::to(format!("/account/children/{}", child.id)))
}
