//! Consent, with the masked values that would go out, and the choice of the account.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::authorize::{Waiting, find, proceed, refuse};
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::Account;
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::scope::Scope;
use crate::provider::authorize::{Addressed, guardian};
use crate::storage::{audit, consents};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    page: Page,
    interaction: String,
    client: String,
    user: String,
    items: Vec<Item>,
}

struct Item {
    label: String,
    value: String,
}

#[derive(Template)]
#[template(path = "select_account.html")]
struct SelectPage {
    page: Page,
    interaction: String,
    client: String,
    user: String,
}

/// The consent page of an interaction.
pub(super) fn page(app: &App, visit: &Visit, waiting: &Waiting, addressed: &Addressed<'_>) -> Result<Reply, Mishap> {
    let (_, account) = visit.signed_in.as_ref().ok_or(Mishap::Internal)?;
    let scopes = waiting.request.asked().intersection(&addressed.client.scopes);
    let owned = addressed.client.owns_system.as_ref().and_then(|id| app.systems.get(id));
    let owned = owned.map(|system| system.name(visit.locale.is_english()));
    let page = ConsentPage {
        page: visit.page("consent-title"),
        interaction: waiting.id.0.clone(),
        client: addressed.client.name(visit.locale.is_english()).to_owned(),
        user: account.user_name.masked(),
        items: scopes.iter().map(|scope| item(visit, account, owned, scope)).collect(),
    };
    Ok(Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin())))
}

fn item(visit: &Visit, account: &Account, owned: Option<&str>, scope: Scope) -> Item {
    let none = || visit.locale.t("consent-nothing");
    let value = match scope {
        Scope::Openid => visit.locale.t("consent-openid-value"),
        Scope::Profile => account.user_name.as_str().to_owned(),
        Scope::Phone => account.phone().map_or_else(none, |phone| phone.masked()),
        Scope::Email => account.email().map_or_else(none, |email| email.masked()),
        Scope::RealName => account
            .person()
            .map_or_else(none, |person| format!("{} {}", person.name.masked(), person.document.masked_public())),
        Scope::LegacyAccounts => owned.map_or_else(none, str::to_owned),
    };
    Item { label: visit.locale.scope(scope), value }
}

/// `POST /interaction/{id}/consent`
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    let Some((_, account)) = &visit.signed_in else { return Ok(Reply::to(format!("/interaction/{id}"))) };
    if params.text("decision") != "allow" {
        let denied = OAuthError::new(ErrorCode::AccessDenied, "the person did not consent");
        return refuse(&app, &waiting, &denied);
    }
    let asked = waiting.request.asked();
    if guardian::consents(account, &asked, visit.now.date()) {
        return Ok(Reply::to(format!("/interaction/{id}")));
    }
    let (account, client) = (account.id.clone(), waiting.request.client_id.clone());
    let (random, now) = (app.random.clone(), visit.now);
    let subject = consents::cache_key(&account, &client);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let scopes = consents::grant(tx, &account, &client, &asked, now).await?;
                let who = format!("account:{account}");
                let detail = serde_json::json!({ "client": client, "scopes": scopes.to_string() });
                audit::record(tx, &random, now, "consent.granted", (&who, &who), &detail).await
            })
        })
        .await?;
    app.caches.forget(&subject);
    proceed(&app, &visit, &waiting, true, true).await
}

#[derive(Template)]
#[template(path = "guardian_consents.html")]
struct GuardianPage {
    page: Page,
    interaction: String,
    client: String,
    scopes: Vec<String>,
}

/// The page that tells a child that its guardian consents, and to what.
pub(super) fn guardian_page(visit: &Visit, waiting: &Waiting, addressed: &Addressed<'_>) -> Reply {
    let asked = waiting.request.asked().intersection(&addressed.client.scopes);
    let page = GuardianPage {
        page: visit.page("guardian-consents-title"),
        interaction: waiting.id.0.clone(),
        client: addressed.client.name(visit.locale.is_english()).to_owned(),
        scopes: asked.iter().filter(|scope| *scope != Scope::Openid).map(|scope| visit.locale.scope(scope)).collect(),
    };
    Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin()))
}

/// The page that asks which account.
pub(super) fn select_page(visit: &Visit, waiting: &Waiting, addressed: &Addressed<'_>) -> Reply {
    let page = SelectPage {
        page: visit.page("select-title"),
        interaction: waiting.id.0.clone(),
        client: addressed.client.name(visit.locale.is_english()).to_owned(),
        user: visit.signed_in.as_ref().map(|(_, a)| a.user_name.masked()).unwrap_or_default(),
    };
    Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin()))
}

/// `POST /interaction/{id}/account`
pub(super) async fn select(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    if params.text("choice") == "other" {
        return Ok(Reply::to(format!("/login?interaction={}", waiting.id)));
    }
    proceed(&app, &visit, &waiting, false, true).await
}
