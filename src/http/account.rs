//! The account page: who am I, which old accounts are linked, where I am signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::ids::LinkId;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::{Stored, audit, links};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    user_name: String,
    name: String,
    document: String,
    phone: Option<String>,
    email: Option<String>,
    email_confirmed: bool,
    level: String,
    links: Vec<LinkRow>,
}

struct LinkRow {
    id: String,
    system: String,
    linked_on: String,
}

/// `GET /account`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to("/login")) };
    let english = visit.locale.is_english();
    let linked = links::of_account(&mut app.db.read().await?, &account.id).await?;
    let person = &account.person;
    let page = AccountPage {
        page: visit.page("account-title"),
        user_name: account.user_name.as_str().to_owned(),
        name: person.name.masked(),
        document: person.document.masked_owner(),
        phone: person.phone.as_ref().map(|p| p.masked()),
        email: person.email.as_ref().map(|e| e.masked()),
        email_confirmed: account.email_verified_at.is_some(),
        level: visit.locale.t(&format!("level-{}", account.identity_level as i64)),
        links: linked
            .iter()
            .map(|link| {
                let name = app.systems.get(&link.system).map(|s| s.name(english).to_owned());
                LinkRow {
                    id: link.id.0.clone(),
                    system: name.unwrap_or_else(|| link.system.0.clone()),
                    linked_on: date(link.linked_at),
                }
            })
            .collect(),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
}

/// `POST /account/unlink`: the way to undo a binding.
pub(super) async fn unlink(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to("/login")) };
    let (link, account) = (LinkId::from(params.text("link")), account.id.clone());
    let (random, now) = (app.random.clone(), visit.now);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if links::unlink(tx, &link, &account, now).await? {
                    let who = format!("account:{account}");
                    let detail = serde_json::json!({ "link": link });
                    audit::record(tx, &random, now, "legacy.unlinked", (&who, &who), &detail).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    Ok(Reply::to("/account"))
}

/// A date in Beijing time, `2026-11-24`.
fn date(at: crate::clock::Timestamp) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::OffsetDateTime::from_unix_timestamp(at.seconds())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .to_offset(time::macros::offset!(+8))
        .format(format)
        .unwrap_or_default()
}
