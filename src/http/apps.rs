//! The connected applications: whoever is signed in begins here what they want to do. A click goes to the application, which
//! asks the portal for a sign-in like any other (OpenID Connect Core, section 4); nothing of the person is in the link.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use url::Url;

use super::mishap::Mishap;
use super::reply::Reply;
use crate::app::App;
use crate::domain::client::Client;
use crate::pages::{Page, Rendered, Visit};

#[derive(Template)]
#[template(path = "apps.html")]
struct AppsPage {
    page: Page,
    apps: Vec<Entry>,
}

struct Entry {
    name: String,
    logo: Option<String>,
    /// Where a click leads; nowhere where the application has said nothing.
    to: Option<String>,
    /// The host that this is at.
    host: String,
}

/// `GET /apps`: the applications of the configuration that take this account's kind.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to("/login")) };
    let clients: Vec<&Client> = app.clients.all().into_iter().filter(|client| client.takes(account.kind())).collect();
    let english = visit.locale.is_english();
    let mut logos: Vec<String> =
        clients.iter().filter_map(|client| client.metadata.logo_uri.as_ref()).map(origin).collect();
    logos.sort();
    logos.dedup();
    let page = AppsPage {
        page: visit.page("apps-title"),
        apps: clients.into_iter().map(|client| entry(&app, client, english)).collect(),
    };
    let pictures = (!logos.is_empty()).then(|| logos.join(" "));
    Ok(Reply::page(Rendered::new(200, &page).picturing(pictures)))
}

fn entry(app: &App, client: &Client, english: bool) -> Entry {
    let metadata = &client.metadata;
    let to = match &metadata.initiate_login_uri {
        Some(uri) => {
            let mut uri = uri.clone();
            uri.query_pairs_mut().append_pair("iss", app.config.issuer_text());
            Some(uri)
        }
        None => metadata.client_uri.clone(),
    };
    Entry {
        name: client.name(english).to_owned(),
        logo: metadata.logo_uri.as_ref().map(ToString::to_string),
        host: to.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned(),
        to: to.map(Into::into),
    }
}

fn origin(uri: &Url) -> String {
    uri.origin().ascii_serialization()
}
