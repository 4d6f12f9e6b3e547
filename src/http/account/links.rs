//! Linked old accounts, and the way to undo a 确认绑定.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::{date, person, system_name, to_login};
use crate::app::App;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::LinkId;
use crate::notify::{texts, told};
use crate::pages::{Page, Rendered, Visit};
use crate::storage::links::{self, Link};
use crate::storage::{Stored, audit};

#[derive(Template)]
#[template(path = "account/links.html")]
struct LinksPage {
    page: Page,
    links: Vec<Row>,
}

#[derive(Template)]
#[template(path = "account/unlink.html")]
struct UnlinkPage {
    page: Page,
    link: Row,
}

struct Row {
    id: String,
    system: String,
    linked_on: String,
}

fn row(app: &App, visit: &Visit, link: &Link) -> Row {
    Row { id: link.id.0.clone(), system: system_name(app, &link.system, visit.locale), linked_on: date(link.linked_at) }
}

/// `GET /account/links`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let links = links::of_account(&mut app.db.read().await?, &account.id).await?;
    let links = links.iter().map(|link| row(&app, &visit, link)).collect();
    Ok(Reply::page(Rendered::new(200, &LinksPage { page: visit.page("links-title"), links })))
}

/// `GET /account/links/{id}`: what undoing it means.
pub(in crate::http) async fn ask(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let links = links::of_account(&mut app.db.read().await?, &account.id).await?;
    let link = links.iter().find(|link| link.id.as_str() == id).ok_or(Mishap::NotFound)?;
    let page = UnlinkPage { page: visit.page("unlink-title"), link: row(&app, &visit, link) };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /account/links/{id}`: undoes it.
pub(in crate::http) async fn unlink(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let about = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let (link, account) = (LinkId(id), account.id.clone());
    let (random, now, keys, told) = (app.random.clone(), visit.now, Arc::clone(&app.keys), Arc::clone(&app));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if let Some(system) = links::unlink(tx, &link, &account, now).await? {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "link": link, "system": system });
                    audit::record(tx, &random, now, "legacy.unlinked", (&who, &who), &detail).await?;
                    let site = &told.config.site;
                    let name = told.systems.get(&system).map_or(system.as_str(), |s| s.name(false));
                    let text = texts::unlinked(&site.sms_signature, name, &about.whose, &site.hotline);
                    about.tell(tx, (&keys, &random), (texts::UNLINKED_SUBJECT, &text), now).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    Ok(Reply::to("/account/links"))
}
