//! The account page: who am I, which old accounts are linked, where I am signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::mishap::Mishap;
use super::reply::Reply;
use crate::app::App;
use crate::pages::{Page, Rendered, Visit};
use crate::storage::links;

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
    links: Vec<(String, String)>,
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
                (name.unwrap_or_else(|| link.system.0.clone()), date(link.linked_at))
            })
            .collect(),
    };
    Ok(Reply::page(Rendered::new(200, &page)))
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
