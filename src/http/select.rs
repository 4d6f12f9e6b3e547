//! Whom to act for (选择身份): the person, one of their units, or another account.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::accounts::{self, Aside};
use super::authorize::{Step, Waiting, find, proceed};
use super::cookies::holding;
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::mandate::Mandate;
use crate::domain::principal::Principal;
use crate::domain::session::Session;
use crate::ids::{AccountId, ClientId, MandateId, SessionId};
use crate::pages::{Form, Page, Rendered, Visit, beijing};
use crate::provider::authorize::{Addressed, Choice};
use crate::provider::bearer::{Bearer, acting};
use crate::sign_in::held;
use crate::storage::units::Standing;
use crate::storage::{Stored, Tx, audit, mandates, sessions};

#[derive(Template)]
#[template(path = "select_account.html")]
struct SelectPage {
    page: Page,
    form: Form,
    interaction: String,
    client: String,
    user: String,
    /// What being there for oneself is called, where that may be chosen.
    oneself: Option<String>,
    /// Units can be chosen.
    takes_units: bool,
    units: Vec<Row>,
    /// Other accounts that are signed in in this browser.
    aside: Vec<Aside>,
}

struct Row {
    mandate: String,
    unit: String,
    role: String,
    until: Option<String>,
    /// Why it can't be chosen.
    closed: Option<&'static str>,
}

/// `GET /interaction/{id}/account`: also when it isn't asked for, after a sign-in on the units' tab.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    let addressed = Addressed::of(&app, &waiting.request).await??;
    let is_person = visit.signed_in.as_ref().is_some_and(|(_, account)| account.kind() == AccountKind::Individual);
    let open = addressed.client.kind_of(waiting.request.account_kind) != Some(AccountKind::Individual);
    if !is_person || !open {
        return Ok(Reply::to(format!("/interaction/{id}")));
    }
    page(&app, &visit, &waiting, &addressed, Form::default(), 200).await
}

/// The page.
pub(super) async fn page(
    app: &App,
    visit: &Visit,
    waiting: &Waiting,
    addressed: &Addressed,
    form: Form,
    status: u16,
) -> Result<Reply, Mishap> {
    let client = addressed.client.as_ref();
    let kind = client.kind_of(waiting.request.account_kind);
    let account = visit.signed_in.as_ref().map(|(_, account)| account);
    let takes_units = kind != Some(AccountKind::Individual);
    let mut units = Vec::new();
    if let Some(account) = account.filter(|account| takes_units && account.kind() == AccountKind::Individual) {
        for mandate in mandates::of_person(&mut app.db.read().await?, &account.id).await? {
            units.extend(row(app, visit, client, account, &mandate).await?);
        }
    }
    units.sort_by_key(|row| row.closed.is_some());
    let page = SelectPage {
        page: visit.page(if takes_units { "select-acting-title" } else { "select-title" }),
        form,
        interaction: waiting.id.0.clone(),
        client: client.name(visit.locale.is_english()).to_owned(),
        user: account.map(|account| account.user_name.masked()).unwrap_or_default(),
        oneself: match account {
            Some(unit) if unit.kind() == AccountKind::LegalPerson => Some(unit.shown_name()),
            _ if kind == Some(AccountKind::LegalPerson) => None,
            _ => Some(visit.locale.t("select-oneself")),
        },
        takes_units,
        units,
        aside: accounts::aside(app, visit).await?,
    };
    Ok(Reply::page(Rendered::new(status, &page).leading_to(addressed.redirect_uri.origin())))
}

/// A unit of the person's; `None` if its account is gone.
async fn row(app: &App, visit: &Visit, client: &Client, person: &Account, mandate: &Mandate) -> Stored<Option<Row>> {
    let Some(unit) = app.caches.account(&mandate.unit).await? else { return Ok(None) };
    let validity = &mandate.terms.validity;
    let closed = match app.caches.unit_standing(&unit.id).await? {
        Some(Standing::Revoked) => Some("select-unit-revoked"),
        Some(Standing::Registered) if visit.now < validity.from => Some("select-mandate-early"),
        Some(Standing::Registered) if !mandate.is_in_force(visit.now) => Some("select-mandate-over"),
        Some(Standing::Registered) if !mandate.serves(&client.id, visit.now) => Some("select-mandate-reach"),
        Some(Standing::Registered) if acting(app, client, &person.id, &mandate.id).await?.is_some() => None,
        Some(Standing::Registered) => Some("select-gone"),
        Some(Standing::Dissolved) | None => Some("select-unit-dissolved"),
    };
    Ok(Some(Row {
        mandate: mandate.id.0.clone(),
        unit: unit.shown_name(),
        role: visit.locale.role(mandate.terms.role),
        until: validity.until.map(beijing),
        closed,
    }))
}

/// `POST /interaction/{id}/account`. The mandate is looked up among the person's own: another's does nothing.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let waiting = find(&app, &visit, &id).await?;
    let addressed = Addressed::of(&app, &waiting.request).await??;
    if params.text("choice") == "other" {
        return Ok(Reply::to(format!("/login?interaction={}&keep=yes", waiting.id)));
    }
    if let Some(other) = params.text("choice").strip_prefix("account ") {
        return switch(&app, &visit, (&waiting, &addressed), &SessionId::from(other)).await;
    }
    let Some((session, account)) = &visit.signed_in else { return Ok(Reply::to(format!("/interaction/{id}"))) };
    let choice = match params.text("choice") {
        // A unit that has signed in by itself: it may be there alone, or the next page asks who acts.
        _ if account.kind() == AccountKind::LegalPerson => Choice::Oneself,
        "this" => Choice::Oneself,
        mandate => {
            let chosen = MandateId::from(mandate);
            let own = mandates::of_person(&mut app.db.read().await?, &account.id).await?;
            let bearer = match own.iter().any(|mandate| mandate.id == chosen) {
                true => acting(&app, &addressed.client, &account.id, &chosen).await?,
                false => None,
            };
            let Some(bearer) = bearer else {
                let mut form = Form::default();
                form.fault("choice", if mandate.is_empty() { "select-empty" } else { "select-gone" });
                return page(&app, &visit, &waiting, &addressed, form, 422).await;
            };
            remember(&app, session, &addressed.client, Some(&bearer)).await?;
            Choice::Mandate(chosen)
        }
    };
    if choice == Choice::Oneself && session.acting.at(&addressed.client.id).is_some() {
        remember(&app, session, &addressed.client, None).await?;
    }
    proceed(&app, &visit, &waiting, Step { choice: Some(choice), ..Step::default() }).await
}

/// Another account of this browser's becomes the current one; where units can be chosen, it is asked next whom to act for.
async fn switch(
    app: &App,
    visit: &Visit,
    (waiting, addressed): (&Waiting, &Addressed),
    to: &SessionId,
) -> Result<Reply, Mishap> {
    let aside = held::aside(app, &visit.held).await?;
    let chosen = aside.into_iter().find(|(session, _)| session.id == *to);
    let (Some(chosen), Some(held)) = (chosen, visit.held.switched(to)) else {
        return Ok(Reply::to(format!("/interaction/{}", waiting.id)));
    };
    let is_person = chosen.1.kind() == AccountKind::Individual;
    let now = Visit { signed_in: Some(chosen), held: Arc::new(held), ..visit.clone() };
    let units = addressed.client.kind_of(waiting.request.account_kind) != Some(AccountKind::Individual);
    let reply = match units && is_person {
        true => page(app, &now, waiting, addressed, Form::default(), 200).await?,
        false => proceed(app, &now, waiting, Step { choice: Some(Choice::Oneself), ..Step::default() }).await?,
    };
    Ok(reply.cookies(holding(app, &now.held, &visit.held)))
}

/// Remembers the choice in the session, with its entry in the audit log.
async fn remember(app: &App, session: &Session, client: &Client, bearer: Option<&Bearer>) -> Stored<()> {
    let (id, person, client) = (session.id.clone(), session.account.clone(), client.id.clone());
    let principal = bearer.map(Bearer::principal);
    let (random, now) = (app.random.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let mandate = principal.as_ref().and_then(|principal| principal.mandate());
                sessions::act(tx, &id, (&client, mandate), now).await?;
                chosen(tx, &random, now, (&person, &client), principal.as_ref()).await
            })
        })
        .await?;
    app.caches.forget(&sessions::cache_key(&session.id));
    Ok(())
}

/// The audit log's entry of a choice.
pub(super) async fn chosen(
    tx: &mut Tx,
    random: &Random,
    now: Timestamp,
    (person, client): (&AccountId, &ClientId),
    principal: Option<&Principal>,
) -> Stored<()> {
    let who = format!("account:{person}");
    let unit = principal.map(|principal| &principal.account);
    let mandate = principal.and_then(|principal| principal.mandate());
    let detail = serde_json::json!({ "client": client, "unit": unit, "mandate": mandate });
    audit::record(tx, random, now, "acting.chosen", (&who, &who), &detail).await
}
