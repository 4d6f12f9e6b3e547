//! 由谁办理: a unit's own password is right; who acts for it proves themselves. Afterwards the session is the person's, with
//! this unit chosen for whichever client waits: a unit's password alone is no privilege of a person.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::authorize::{Step, find, proceed};
use super::login::{begun, tried, waiting};
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use super::{second_factor, select};
use crate::app::App;
use crate::captcha::Kind;
use crate::captcha::ticket::{self, View};
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::mandate::{Actor, Mandate};
use crate::domain::principal::Principal;
use crate::domain::session::Method;
use crate::pages::door::Tried;
use crate::pages::{Form, Page, Rendered, Visit, login as login_path};
use crate::protocol::params::Params;
use crate::provider::authorize::Choice;
use crate::sign_in::needs_captcha;
use crate::sign_in::second_factor::{Goal, Pending};
use crate::sign_in::session::NewSession;
use crate::storage::units::Standing;
use crate::storage::{Stored, audit, mandates};

#[derive(Template)]
#[template(path = "login_actor.html")]
struct ActorPage {
    page: Page,
    form: Form,
    interaction: String,
    unit: String,
    client: Option<String>,
    /// The sealed first step, where there is no session of the unit's.
    ticket: String,
    /// It may go on without a person.
    alone: bool,
    /// The waiting client takes no units.
    individuals_only: bool,
    captcha: Option<View>,
}

#[derive(Template)]
#[template(path = "unit_stopped.html")]
struct StoppedPage {
    page: Page,
    unit: String,
    dissolved: bool,
}

/// The page for a unit that the registry has called revoked or dissolved; only whoever knew its password sees it.
pub(super) async fn stopped(app: &App, visit: &Visit, account: &Account) -> Result<Option<Reply>, Mishap> {
    if account.kind() == AccountKind::Individual {
        return Ok(None);
    }
    let dissolved = match app.caches.unit_standing(&account.id).await? {
        Some(Standing::Registered) => return Ok(None),
        Some(Standing::Revoked) => false,
        Some(Standing::Dissolved) | None => true,
    };
    let title = if dissolved { "unit-dissolved-title" } else { "unit-revoked-title" };
    let page = StoppedPage { page: visit.page(title), unit: account.shown_name(), dissolved };
    Ok(Some(Reply::page(Rendered::new(403, &page))))
}

/// A unit whose password was right just now.
struct SignedUnit {
    account: Arc<Account>,
    /// The sealed first step; empty: the browser has a session of the unit's.
    ticket: String,
}

async fn signed_unit(app: &App, visit: &Visit, ticket: &str) -> Result<Option<SignedUnit>, Mishap> {
    let account = match ticket {
        "" => visit.signed_in.as_ref().map(|(_, account)| Arc::clone(account)),
        ticket => {
            let opened = Pending::open(app, ticket, &visit.browser).await?;
            opened.filter(|opened| opened.goal == Goal::SignIn).map(|opened| opened.account)
        }
    };
    let unit = account.filter(|account| account.kind() == AccountKind::LegalPerson);
    Ok(unit.map(|account| SignedUnit { account, ticket: ticket.to_owned() }))
}

/// Instead of a code that can't be sent: nothing begins before a person has proven themselves.
pub(super) async fn instead_of_code(
    app: &App,
    visit: &Visit,
    params: &Params,
    unit: &Arc<Account>,
) -> Result<Reply, Mishap> {
    if let Some(stopped) = stopped(app, visit, unit).await? {
        return Ok(stopped);
    }
    let unit = SignedUnit {
        account: Arc::clone(unit),
        ticket: Pending::begin(app, unit, &visit.browser, Goal::SignIn, &[Method::Password])?,
    };
    page(app, visit, &unit, params.text("interaction"), (Form::default(), 200, None)).await
}

/// `GET /login/actor`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Queried(query): Queried) -> Result<Reply, Mishap> {
    let Some(unit) = signed_unit(&app, &visit, "").await? else {
        return Ok(Reply::to(login_path(query.get("interaction"))));
    };
    if let Some(stopped) = stopped(&app, &visit, &unit.account).await? {
        return Ok(stopped);
    }
    let captcha = needs_captcha(&app, None, &visit.asker).await?.then_some(Kind::Picture);
    page(&app, &visit, &unit, query.text("interaction"), (Form::default(), 200, captcha)).await
}

async fn page(
    app: &App,
    visit: &Visit,
    unit: &SignedUnit,
    interaction: &str,
    (form, status, captcha): (Form, u16, Option<Kind>),
) -> Result<Reply, Mishap> {
    let waiting = waiting(app, visit, interaction).await?;
    let client = waiting.asker.as_deref();
    let english = visit.locale.is_english();
    let retry_after = form.retry_after();
    let page = ActorPage {
        page: visit.page("actor-title"),
        form,
        interaction: interaction.to_owned(),
        unit: unit.account.shown_name(),
        alone: may_stay_alone(unit, client),
        individuals_only: client.is_some_and(|client| !client.takes(AccountKind::LegalPerson)),
        client: client.map(|client| client.name(english).to_owned()),
        ticket: unit.ticket.clone(),
        captcha: captcha.map(|kind| ticket::issue(app, kind, &visit.browser, english)).transpose()?,
    };
    Ok(Reply::page(Rendered::new(status, &page).leading_to(waiting.origin.unwrap_or_default()).retrying(retry_after)))
}

/// Without a session of the unit's a person has to come; with one, the client decides.
fn may_stay_alone(unit: &SignedUnit, client: Option<&Client>) -> bool {
    unit.ticket.is_empty() && client.is_none_or(|client| client.units_alone && client.takes(AccountKind::LegalPerson))
}

/// `POST /login/actor`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let interaction = params.get("interaction");
    let Some(unit) = signed_unit(&app, &visit, params.text("unit")).await? else { return Err(Mishap::Expired) };
    if let Some(stopped) = stopped(&app, &visit, &unit.account).await? {
        return Ok(stopped);
    }
    if params.get("alone").is_some() {
        let client = waiting(&app, &visit, params.text("interaction")).await?.asker;
        return match (may_stay_alone(&unit, client.as_deref()), interaction) {
            (true, Some(id)) => Ok(Reply::to(format!("/interaction/{id}"))),
            (true, None) => Ok(Reply::to("/account")),
            (false, _) => page(&app, &visit, &unit, params.text("interaction"), (Form::default(), 422, None)).await,
        };
    }
    match tried(&app, &visit, &headers, &params).await? {
        Tried::SignedIn(person) => proven(&app, &visit, &params, &person, (&[Method::Password], None)).await,
        Tried::SecondStep(person) => {
            second_factor::begin(&app, &visit, &params, &person, (Goal::SignIn, &[Method::Password])).await
        }
        Tried::Again(form, status, captcha) => {
            page(&app, &visit, &unit, params.text("interaction"), (form, status, captcha)).await
        }
    }
}

/// A person has proven themselves: with a mandate of this unit they go on as who acts for it. The refusal tells them
/// about themselves alone, and nothing about the unit's people.
pub(super) async fn proven(
    app: &App,
    visit: &Visit,
    params: &Params,
    person: &Arc<Account>,
    (methods, known): (&[Method], Option<String>),
) -> Result<Reply, Mishap> {
    let unit = signed_unit(app, visit, params.text("unit")).await?.ok_or(Mishap::Expired)?;
    let interaction = params.get("interaction");
    let client = waiting(app, visit, params.text("interaction")).await?.asker;
    let client = client.as_deref().filter(|client| client.takes(AccountKind::LegalPerson));
    let Some(mandate) = held(app, &unit.account, person, client).await? else {
        refused(app, &unit.account, person).await?;
        let mut form = Form::typed(params);
        form.fault("identifier", "actor-refused");
        return page(app, visit, &unit, params.text("interaction"), (form, 422, None)).await;
    };
    let mut new = NewSession::new(&person.id, methods, visit.place(), visit.now, &app.random);
    let choice = client.map(|_| Choice::Mandate(mandate.id.clone()));
    if let Some(client) = client {
        new.session.acting = new.session.acting.choosing(&client.id, Some(&mandate.id));
    }
    let actor = Actor { person: person.id.clone(), mandate: mandate.id.clone() };
    let principal = Principal { account: unit.account.id.clone(), actor: Some(actor) };
    let (stored, keys, random, now) = (new.clone(), Arc::clone(&app.keys), app.random.clone(), visit.now);
    let (who, client) = (person.id.clone(), client.map(|client| client.id.clone()));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                stored.store(tx, &keys, &random).await?;
                if let Some(client) = &client {
                    select::chosen(tx, &random, now, (&who, client), Some(&principal)).await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    // The page that comes stands at the request's own address, where the other language finds it.
    let path = interaction.map_or_else(|| visit.path.clone(), |id| format!("/interaction/{id}"));
    let here = Visit {
        signed_in: Some((new.session.clone(), Arc::clone(person))),
        held: Arc::new(visit.held.replacing(&new.cookie())),
        path,
        ..visit.clone()
    };
    let reply = match interaction {
        // They have just said for whom: it isn't asked again.
        Some(id) => proceed(app, &here, &find(app, &here, id).await?, Step { choice, ..Step::default() }).await?,
        None => Reply::to(format!("/units/{}", unit.account.id)),
    };
    begun(app, visit, (&new, false), known, reply).await
}

/// The person's mandate of this unit, if it serves now: at the client, if one waits.
async fn held(app: &App, unit: &Account, person: &Account, client: Option<&Client>) -> Stored<Option<Arc<Mandate>>> {
    let own = mandates::of_person(&mut app.db.read().await?, &person.id).await?;
    let Some(found) = own.into_iter().find(|mandate| mandate.unit == unit.id) else { return Ok(None) };
    let mandate = app.caches.mandate(&found.id).await?;
    Ok(mandate.filter(|mandate| client.is_none_or(|client| mandate.serves(&client.id, app.clock.now()))))
}

async fn refused(app: &App, unit: &Account, person: &Account) -> Stored<()> {
    let (random, now) = (app.random.clone(), app.clock.now());
    let (who, subject) = (format!("account:{}", person.id), format!("account:{}", unit.id));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let detail = serde_json::json!({});
                audit::record(tx, &random, now, "unit.actor_refused", (&who, &subject), &detail).await
            })
        })
        .await
}
