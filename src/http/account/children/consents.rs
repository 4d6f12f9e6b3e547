//! A guardian's consent for a child: to one application, scope by scope, and taken back. The row is the child's: it is
//! listed at the child's own account too.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde_json::json;

use super::{LIST, mine, to_sign_in};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::domain::client::Client;
use crate::domain::principal::Principal;
use crate::http::account::consents::end;
use crate::http::mishap::Mishap;
use crate::http::posted::{Posted, Queried};
use crate::http::reply::Reply;
use crate::ids::ClientId;
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::scope::{Scope, Scopes};
use crate::provider::authorize::guardian;
use crate::storage::consents::Key;
use crate::storage::{audit, consents};

#[derive(Template)]
#[template(path = "account/child_consents.html")]
struct ConsentsPage {
    page: Page,
    child: String,
    name: String,
    /// Id and name of the applications that can be chosen.
    clients: Vec<(String, String)>,
    /// The one that was chosen.
    chosen: Option<Chosen>,
    form: Form,
}

struct Chosen {
    id: String,
    name: String,
    /// Scope and its words.
    scopes: Vec<(&'static str, String)>,
}

/// What of a client needs the guardian's consent.
fn offered(client: &Client) -> impl Iterator<Item = Scope> + '_ {
    client.scopes.iter().filter(|scope| guardian::tells(*scope))
}

/// `GET /account/children/{child}/consents`: the applications; with `client` what that one may be allowed.
pub(in crate::http) async fn ask(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    Queried(query): Queried,
) -> Result<Reply, Mishap> {
    page(&app, &visit, &child, query.text("client"), Form::default(), 200).await
}

async fn page(app: &App, visit: &Visit, child: &str, client: &str, form: Form, status: u16) -> Result<Reply, Mishap> {
    let Some((_, child, _)) = mine(app, visit, child).await? else { return Ok(to_sign_in(app, LIST)) };
    let english = visit.locale.is_english();
    let takes = |client: &&Client| client.takes(AccountKind::Individual) && offered(client).next().is_some();
    let clients = app.clients.all().into_iter().filter(takes);
    let page = ConsentsPage {
        page: visit.page("child-consent-title"),
        name: child.shown_name(),
        child: child.id.0.clone(),
        clients: clients.map(|client| (client.id.0.clone(), client.name(english).to_owned())).collect(),
        chosen: app.client(client).await?.map(|client| Chosen {
            id: client.id.0.clone(),
            name: client.name(english).to_owned(),
            scopes: offered(&client)
                .filter_map(|scope| Some((scope.as_str(), visit.locale.scope(scope, AccountKind::Individual)?)))
                .collect(),
        }),
        form,
    };
    Ok(Reply::page(Rendered::new(status, &page)))
}

/// `POST /account/children/{child}/consents`: allows what was ticked.
pub(in crate::http) async fn grant(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((me, child, _)) = mine(&app, &visit, &id).await? else { return Ok(to_sign_in(&app, LIST)) };
    let here = format!("/account/children/{}", child.id);
    let Some(client) = app.client(params.text("client")).await? else {
        return Ok(Reply::to(format!("{here}/consents")));
    };
    let ticked: Scopes = offered(&client).filter(|scope| params.get(scope.as_str()).is_some()).collect();
    if ticked == Scopes::default() {
        let mut form = Form::typed(&params);
        form.fault("scopes", "child-consent-empty");
        return page(&app, &visit, &id, client.id.as_str(), form, 422).await;
    }
    // What tells nothing of the child goes along, so that a request with it is covered.
    let rest: Scopes = client.scopes.iter().filter(|scope| !guardian::tells(*scope)).collect();
    let scopes = ticked.union(&rest);
    let (child, client, random, now) = (child.id.clone(), client.id.clone(), app.random.clone(), visit.now);
    let key = Key::of(&Principal::own(child.clone()), &client);
    let consent = key.cache_key();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let all = consents::grant(tx, &key, &scopes, now).await?;
                let who = (format!("account:{me}"), format!("account:{child}"));
                let detail = json!({ "client": client, "scopes": all.to_string(), "by": "guardian" });
                audit::record(tx, &random, now, "consent.granted", (&who.0, &who.1), &detail).await
            })
        })
        .await?;
    app.caches.forget(&consent);
    Ok(Reply::to(here))
}

/// `POST /account/children/{child}/consents/revoke`: the consent and every token that rests on it end.
pub(in crate::http) async fn revoke(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(child): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((me, child, _)) = mine(&app, &visit, &child).await? else { return Ok(to_sign_in(&app, LIST)) };
    let here = format!("/account/children/{}", child.id);
    let key = Key::of(&Principal::own(child.id.clone()), &ClientId::from(params.text("client")));
    let detail = json!({ "client": key.client, "by": "guardian" });
    end(&app, key, None, (me, detail)).await?;
    Ok(Reply::to(here))
}
