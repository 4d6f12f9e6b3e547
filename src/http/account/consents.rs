//! What was consented to, to whom, since when, and the way to take it back.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde_json::{Value, json};

use super::{client_name, date, person, to_login};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::{AccountId, ClientId};
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::scope::Scope;
use crate::storage::consents::Key;
use crate::storage::{Stored, audit, consents, grants};

#[derive(Template)]
#[template(path = "account/consents.html")]
struct ConsentsPage {
    page: Page,
    consents: Vec<Row>,
}

struct Row {
    client: String,
    /// Whose data: the account itself, or a unit that the person acts for.
    account: String,
    unit: Option<String>,
    name: String,
    since: String,
    scopes: Vec<Item>,
}

/// A scope in words.
struct Item {
    label: String,
    /// Its name, if it can be taken out of the consent alone.
    alone: Option<&'static str>,
}

/// `GET /account/consents`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let consents = consents::of_actor(&mut app.db.read().await?, &account.id).await?;
    let mut rows = Vec::new();
    for consent in consents {
        let (kind, unit) = match consent.account == account.id {
            true => (account.kind(), None),
            false => (AccountKind::LegalPerson, Some(unit_name(&app, &visit, &consent.account).await?)),
        };
        rows.push(Row {
            name: client_name(&app, consent.client.as_str(), visit.locale).await?,
            client: consent.client.0,
            account: consent.account.0,
            unit,
            since: date(consent.granted_at),
            scopes: consent.scopes.iter().filter_map(|scope| item(&visit, scope, kind)).collect(),
        });
    }
    let page = ConsentsPage { page: visit.page("consents-title"), consents: rows };
    Ok(Reply::page(Rendered::new(200, &page)))
}

fn item(visit: &Visit, scope: Scope, kind: AccountKind) -> Option<Item> {
    let label = visit.locale.scope(scope, kind)?;
    Some(Item { label, alone: (scope != Scope::Openid).then(|| scope.as_str()) })
}

async fn unit_name(app: &App, visit: &Visit, id: &AccountId) -> Stored<String> {
    let unit = app.caches.account(id).await?;
    Ok(unit.map_or_else(|| visit.locale.t("consents-unit-gone"), |unit| unit.shown_name()))
}

/// `POST /account/consents/revoke`: the consent, or one scope of it, and every token that rests on it end.
pub(in crate::http) async fn revoke(
    State(app): State<Arc<App>>,
    visit: Visit,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let (_, account) = match person(&visit) {
        Ok(signed_in) => signed_in,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (actor, client) = (account.id.clone(), ClientId::from(params.text("client")));
    // The data may be a unit's; the consent is nobody's but the signed-in account's own.
    let account = params.get("account").map_or_else(|| actor.clone(), AccountId::from);
    let key = Key { account, actor, client };
    let by = key.actor.clone();
    let only = params.get("scope");
    let scope = only.and_then(Scope::from_text);
    // A part of it that there isn't is no reason to end the whole.
    if only.is_some() == scope.is_some() {
        let detail = match scope {
            None => json!({ "client": key.client, "account": key.account }),
            Some(scope) => json!({ "client": key.client, "account": key.account, "scope": scope.as_str() }),
        };
        end(&app, key, scope, (by, detail)).await?;
    }
    Ok(Reply::to("/account/consents"))
}

/// Ends a consent, or one scope of it, and every grant that rests on it, if there is one: taken back `by` its actor, or by
/// the guardian.
pub(super) async fn end(app: &App, key: Key, only: Option<Scope>, (by, detail): (AccountId, Value)) -> Stored<()> {
    let (consent, random, now) = (key.cache_key(), app.random.clone(), app.clock.now());
    let ended = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let (ended, event) = match only {
                    None => (consents::revoke(tx, &key, now).await?, "consent.revoked"),
                    Some(scope) => (consents::narrow(tx, &key, scope, now).await?, "consent.narrowed"),
                };
                let Some(ended) = ended else { return Stored::Ok(Vec::new()) };
                let (by, of) = (format!("account:{by}"), format!("account:{}", key.actor));
                audit::record(tx, &random, now, event, (&by, &of), &detail).await?;
                Ok(ended)
            })
        })
        .await?;
    app.caches.forget(&consent);
    for grant in &ended {
        app.caches.forget(&grants::cache_key(grant));
    }
    Ok(())
}
