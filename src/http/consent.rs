//! Consent, with the masked values that would go out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::authorize::{Step, Waiting, find, proceed, refuse};
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::{Account, AccountKind};
use crate::domain::address::PostalAddress;
use crate::ids::MandateId;
use crate::pages::{Applicant, Page, Rendered, Visit};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::scope::Scope;
use crate::provider::authorize::{About, Addressed, Choice, about, guardian};
use crate::provider::bearer::Bearer;
use crate::storage::consents::Key;
use crate::storage::{audit, consents};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    page: Page,
    interaction: String,
    client: Applicant,
    user: String,
    /// The unit that the person acts for.
    unit: Option<String>,
    /// By which mandate: the consent that is given is for what this page showed.
    mandate: String,
    items: Vec<Item>,
    /// How long the answer is remembered.
    how_long: &'static str,
}

struct Item {
    label: String,
    value: String,
}

/// The consent page of an interaction.
pub(super) fn page(app: &App, visit: &Visit, waiting: &Waiting, addressed: &Addressed, bearer: &Bearer) -> Reply {
    let scopes = waiting.request.asked().intersection(&addressed.client.scopes);
    let owned = addressed.client.owns_system.as_ref().and_then(|id| app.systems.get(id));
    let owned = owned.map(|system| system.name(visit.locale.is_english()));
    let signer = bearer.actor.as_ref().map_or(&bearer.account, |(person, _)| person);
    let client = Applicant::of(&addressed.client, visit.locale);
    let picture = client.pictured_at();
    let page = ConsentPage {
        page: visit.page("consent-title"),
        interaction: waiting.id.0.clone(),
        client,
        user: signer.user_name.masked(),
        unit: bearer.is_unit().then(|| bearer.account.shown_name()),
        mandate: bearer.actor.as_ref().map(|(_, mandate)| mandate.id.0.clone()).unwrap_or_default(),
        items: scopes.iter().filter_map(|scope| item(visit, bearer, owned, scope)).collect(),
        how_long: match addressed.client.is_assured_at(&addressed.redirect_uri) {
            true => "consent-until-revoked",
            false => "consent-each-time",
        },
    };
    Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin()).picturing(picture))
}

/// What a scope would tell; `None` for one that tells nothing of this bearer.
fn item(visit: &Visit, bearer: &Bearer, owned: Option<&str>, scope: Scope) -> Option<Item> {
    let (locale, account) = (visit.locale, &bearer.account);
    let none = || locale.t("consent-nothing");
    let label = locale.scope(scope, account.kind())?;
    let value = match scope {
        Scope::Openid => locale.t("consent-openid-value"),
        Scope::Profile => account.user_name.as_str().to_owned(),
        Scope::Phone => account.phone().map_or_else(none, |phone| phone.masked()),
        Scope::Email => account.email().map_or_else(none, |email| email.masked()),
        Scope::Address => match account.unit() {
            Some(unit) => unit.address.as_str().to_owned(),
            None => account.address().map_or_else(none, PostalAddress::masked),
        },
        Scope::RealName if bearer.is_unit() => unit_names(bearer),
        Scope::RealName => person(account).unwrap_or_else(none),
        Scope::Organization => {
            let role = bearer.actor.as_ref().map(|(_, mandate)| locale.role(mandate.terms.role));
            format!("{} {}", account.shown_name(), role.unwrap_or_default()).trim().to_owned()
        }
        Scope::LegacyAccounts => owned.map_or_else(none, str::to_owned),
        Scope::OfflineAccess => locale.t("consent-offline-value"),
    };
    Some(Item { label, value })
}

fn person(account: &Account) -> Option<String> {
    account.person().map(|person| format!("{} {}", person.name.masked(), person.document.masked_public()))
}

fn unit_names(bearer: &Bearer) -> String {
    let person = bearer.actor.as_ref().and_then(|(actor, _)| person(actor));
    [Some(bearer.account.shown_name()), person].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Whom a consent page was about: what its form says, looked at again like any other choice.
fn choice(account: &Account, params: &Params) -> Option<Choice> {
    match (account.kind(), params.get("mandate")) {
        (AccountKind::LegalPerson, _) => None,
        (AccountKind::Individual, None) => Some(Choice::Oneself),
        (AccountKind::Individual, Some(id)) => Some(Choice::Mandate(MandateId::from(id))),
    }
}

/// `POST /interaction/{id}/consent`
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    let Some((session, account)) = &visit.signed_in else { return Ok(Reply::to(format!("/interaction/{id}"))) };
    if params.text("decision") != "allow" {
        let denied = OAuthError::new(ErrorCode::AccessDenied, "the person did not consent");
        return refuse(&app, &visit, &waiting, &denied).await;
    }
    let addressed = Addressed::of(&app, &waiting.request).await??;
    let choice = choice(account, &params);
    let request = &waiting.request;
    let about = about(&app, &addressed.client, request, (session, account), choice.as_ref()).await?;
    let About::Bearer(bearer) = about else { return Ok(Reply::to(format!("/interaction/{id}"))) };
    let key = Key::of(&bearer.principal(), &request.client_id);
    let (asked, cached) = (request.asked(), key.cache_key());
    if guardian::consents(&bearer.account, &asked, visit.now.date()) {
        return Ok(Reply::to(format!("/interaction/{id}")));
    }
    let (random, now) = (app.random.clone(), visit.now);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let scopes = consents::grant(tx, &key, &asked, now).await?;
                let who = format!("account:{}", key.actor);
                let detail = serde_json::json!({
                    "client": key.client, "account": key.account, "scopes": scopes.to_string(),
                });
                audit::record(tx, &random, now, "consent.granted", (&who, &who), &detail).await
            })
        })
        .await?;
    app.caches.forget(&cached);
    proceed(&app, &visit, &waiting, Step { consented_here: true, choice, ..Step::default() }).await
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
pub(super) fn guardian_page(visit: &Visit, waiting: &Waiting, addressed: &Addressed) -> Reply {
    let asked = waiting.request.asked().intersection(&addressed.client.scopes);
    let page = GuardianPage {
        page: visit.page("guardian-consents-title"),
        interaction: waiting.id.0.clone(),
        client: addressed.client.name(visit.locale.is_english()).to_owned(),
        scopes: asked
            .iter()
            .filter(|scope| *scope != Scope::Openid)
            .filter_map(|scope| visit.locale.scope(scope, AccountKind::Individual))
            .collect(),
    };
    Reply::page(Rendered::new(200, &page).leading_to(addressed.redirect_uri.origin()))
}
