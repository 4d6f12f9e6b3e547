//! Who may act for a unit, and the way to take that back.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::words::{Words, state};
use super::{Entered, enter, identifier};
use crate::app::App;
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::{AccountId, MandateId};
use crate::mandates::{Invited, Refusal, may_end, revoke};
use crate::pages::{Page, Rendered, Visit};
use crate::storage::mandates::{self, Entry};
use crate::storage::{Conn, Stored, accounts};

/// How many ended mandates are listed.
const ENDED: usize = 50;

#[derive(Template)]
#[template(path = "units/members.html")]
struct MembersPage {
    page: Page,
    unit: String,
    id: String,
    /// Somebody can be invited.
    inviting: bool,
    own: bool,
    current: Vec<Row>,
    ended: Vec<Row>,
}

/// A mandate as its unit sees it.
pub(super) struct Row {
    id: String,
    name: String,
    /// Masked, of an open invitation, for whoever may manage.
    phone: String,
    words: Words,
    state: String,
    revocable: bool,
}

/// Masked names of people, each looked up once.
#[derive(Default)]
pub(super) struct Names(HashMap<AccountId, String>);

impl Names {
    pub(super) async fn of(&mut self, app: &App, conn: &mut Conn, id: &AccountId) -> Stored<String> {
        if let Some(name) = self.0.get(id) {
            return Ok(name.clone());
        }
        let name = accounts::find(conn, &app.keys, id).await?.map(|account| account.shown_name()).unwrap_or_default();
        self.0.insert(id.clone(), name.clone());
        Ok(name)
    }
}

async fn row(
    app: &App,
    visit: &Visit,
    conn: &mut Conn,
    (entered, names): (&Entered, &mut Names),
    entry: &Entry,
) -> Result<Row, Mishap> {
    let invited = Invited::of(&app.keys, entry)?;
    let name = match &entry.person {
        Some(person) => names.of(app, conn, person).await?,
        None => invited.as_ref().map(|invited| invited.name.masked()).unwrap_or_default(),
    };
    let manager = entered.manager();
    let phone = invited.filter(|_| manager.is_some() && entry.person.is_none()).map(|invited| invited.phone.masked());
    Ok(Row {
        id: entry.id.0.clone(),
        name,
        phone: phone.unwrap_or_default(),
        words: Words::of(app, visit.locale, &entry.terms),
        state: state(visit.locale, entry, visit.now),
        revocable: manager.is_some_and(|mine| may_end(mine, entry)),
    })
}

/// `GET /units/{id}/members`
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
    let mut entries = mandates::of_unit(&mut conn, &entered.unit.id).await?;
    entries.sort_by_key(|entry| (entry.ended.is_some(), entry.ended.is_none().then_some(entry.terms.role)));
    let (mut current, mut ended, mut names) = (Vec::new(), Vec::new(), Names::default());
    for entry in &entries {
        let list = if entry.ended.is_none() { &mut current } else { &mut ended };
        if entry.ended.is_some() && list.len() >= ENDED {
            break;
        }
        list.push(row(&app, &visit, &mut conn, (&entered, &mut names), entry).await?);
    }
    let template = MembersPage {
        page: visit.page("acting-members-title"),
        unit: entered.unit.name().to_owned(),
        id,
        inviting: entered.manager().is_some() && entered.may_act(&app).await?,
        own: entered.unit.id == account.id,
        current,
        ended,
    };
    Ok(Reply::page(Rendered::new(200, &template)))
}

#[derive(Template)]
#[template(path = "units/revoke.html")]
struct RevokePage {
    page: Page,
    unit: String,
    id: String,
    row: Row,
    /// An invitation that nobody has accepted.
    waiting: bool,
    /// How many rest on it.
    resting: usize,
}

/// `GET /units/{id}/mandates/{mandate}/revoke`: what taking it back means.
pub(in crate::http) async fn ask(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((id, mandate)): Path<(String, String)>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    let mut conn = app.db.read().await?;
    let entry = mandates::find(&mut conn, &MandateId::from(identifier(&mandate)?)).await?.ok_or(Mishap::NotFound)?;
    let row = row(&app, &visit, &mut conn, (&entered, &mut Names::default()), &entry).await?;
    if !row.revocable {
        return Err(Mishap::NotFound);
    }
    let template = RevokePage {
        page: visit.page("acting-revoke-title"),
        unit: entered.unit.name().to_owned(),
        id,
        waiting: entry.accepted_at.is_none(),
        resting: mandates::granted(&mut conn, &entry.id).await?.len(),
        row,
    };
    Ok(Reply::page(Rendered::new(200, &template)))
}

/// `POST /units/{id}/mandates/{mandate}/revoke`: takes it back.
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((id, mandate)): Path<(String, String)>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    let mandate = MandateId::from(identifier(&mandate)?);
    match revoke(&app, (&account.id, &entered.unit.id), &mandate).await? {
        Ok(()) => Ok(Reply::to(entered.path("/members"))),
        Err(Refusal::Unknown) => {
            // Sent twice: it has ended already.
            let entry = mandates::find(&mut app.db.read().await?, &mandate).await?;
            let ended = entry.is_some_and(|entry| entry.unit == entered.unit.id && entry.ended.is_some());
            if ended && entered.manager().is_some() {
                Ok(Reply::to(entered.path("/members")))
            } else {
                Err(Mishap::NotFound)
            }
        }
        Err(refusal) => Err(refusal.into()),
    }
}
