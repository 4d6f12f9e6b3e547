//! 我的单位: for which units a person may act, who asks the person to, and what the person has granted.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};

use super::identifier;
use super::words::{Words, in_force, state};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::mandate::{Mandate, Role};
use crate::domain::unit::Standing;
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::ids::{AccountId, MandateId};
use crate::mandates::{Invited, Offer, Refusal, accept, decline, invitation, invitations_of, resign};
use crate::pages::{Locale, Page, Rendered, Visit};
use crate::storage::mandates::{self, Entry};
use crate::storage::{Conn, Stored, accounts, units};

/// Ended mandates are shown for so long.
const SHOWN: Duration = Duration::from_secs(90 * 24 * 60 * 60);

#[derive(Template)]
#[template(path = "units/mine.html")]
struct MinePage {
    page: Page,
    invitations: Vec<Row>,
    held: Vec<Row>,
    granted: Vec<Row>,
    ended: Vec<Row>,
}

/// A mandate as the person sees it.
struct Row {
    id: String,
    unit: String,
    unit_id: String,
    /// Whom it was granted to.
    to: String,
    words: Words,
    state: String,
    /// What keeps the unit from acting.
    standing: Option<String>,
    /// The unit's page can be opened.
    open: bool,
    /// It can be given up.
    own: bool,
}

/// A unit's name, whether it may act, and why not.
struct UnitWords {
    name: String,
    active: bool,
    standing: Option<String>,
}

async fn unit_words(app: &App, conn: &mut Conn, id: &AccountId, locale: Locale) -> Stored<UnitWords> {
    let account = accounts::find(conn, &app.keys, id).await?;
    let active = account.as_ref().is_some_and(Account::is_active);
    let standing = match units::standing(conn, id).await? {
        _ if !active => Some(locale.t("acting-unit-stopped")),
        Some(standing @ (Standing::Revoked | Standing::Dissolved)) => {
            Some(locale.t(&format!("acting-standing-{}", standing.as_str())))
        }
        Some(Standing::Registered) | None => None,
    };
    Ok(UnitWords { name: account.map(|a| a.name().to_owned()).unwrap_or_default(), active, standing })
}

fn row(visit: &Visit, (id, unit_id): (&MandateId, &AccountId), unit: UnitWords, words: Words) -> Row {
    let UnitWords { name, active, standing } = unit;
    Row {
        id: id.0.clone(),
        unit: name,
        unit_id: unit_id.0.clone(),
        to: String::new(),
        words,
        state: visit.locale.t("acting-state-in-force"),
        standing,
        open: active,
        own: true,
    }
}

async fn held_row(app: &App, visit: &Visit, conn: &mut Conn, mandate: &Mandate) -> Stored<Row> {
    let unit = unit_words(app, conn, &mandate.unit, visit.locale).await?;
    let words = Words::of(app, visit.locale, &mandate.terms);
    let base = row(visit, (&mandate.id, &mandate.unit), unit, words);
    Ok(Row {
        state: in_force(visit.locale, &mandate.terms.validity, visit.now),
        open: base.open && mandate.is_in_force(visit.now),
        own: mandate.terms.role != Role::LegalRepresentative,
        ..base
    })
}

async fn entry_row(app: &App, visit: &Visit, conn: &mut Conn, entry: &Entry) -> Stored<Row> {
    let unit = unit_words(app, conn, &entry.unit, visit.locale).await?;
    let words = Words::of(app, visit.locale, &entry.terms);
    let to = match &entry.person {
        Some(person) => accounts::find(conn, &app.keys, person).await?.map(|account| account.shown_name()),
        None => Invited::of(&app.keys, entry)?.map(|invited| invited.name.masked()),
    };
    let base = row(visit, (&entry.id, &entry.unit), unit, words);
    Ok(Row { to: to.unwrap_or_default(), state: state(visit.locale, entry, visit.now), open: false, ..base })
}

/// `GET /account/units`
pub(in crate::http) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    if account.unit().is_some() {
        return Ok(Reply::to(format!("/units/{}", account.id)));
    }
    let offers = invitations_of(&app, account).await?;
    let mut conn = app.db.read().await?;
    let (mut invitations, mut held, mut granted, mut ended) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Offer { entry, .. } in &offers {
        invitations.push(entry_row(&app, &visit, &mut conn, entry).await?);
    }
    for mandate in mandates::of_person(&mut conn, &account.id).await? {
        held.push(held_row(&app, &visit, &mut conn, &mandate).await?);
        if mandate.terms.role == Role::Agent || !mandate.is_in_force(visit.now) {
            continue;
        }
        for entry in mandates::granted(&mut conn, &mandate.id).await? {
            granted.push(entry_row(&app, &visit, &mut conn, &entry).await?);
        }
    }
    for entry in mandates::ended_of_person(&mut conn, &account.id, visit.now.minus(SHOWN)).await? {
        ended.push(entry_row(&app, &visit, &mut conn, &entry).await?);
    }
    let template = MinePage { page: visit.page("acting-title"), invitations, held, granted, ended };
    Ok(Reply::page(Rendered::new(200, &template)))
}

#[derive(Template)]
#[template(path = "units/invitation.html")]
struct InvitationPage {
    page: Page,
    row: Row,
    /// Why this person can't accept it.
    refusal: Option<&'static str>,
    /// Nor decline it: it names somebody else.
    foreign: bool,
}

fn refusal_key(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Name => "acting-refused-name",
        Refusal::UnderAge => "acting-refused-under-age",
        Refusal::Unverified => "acting-refused-unverified",
        Refusal::Holds => "acting-refused-holds",
        Refusal::Standing(Standing::Dissolved) => "acting-refused-dissolved",
        Refusal::Standing(_) => "acting-refused-revoked",
        Refusal::Unknown | Refusal::Grant(_) | Refusal::Limited => "acting-refused",
    }
}

async fn invitation_page(app: &App, visit: &Visit, offer: &Offer, refusal: Option<Refusal>) -> Result<Reply, Mishap> {
    let row = entry_row(app, visit, &mut app.db.read().await?, &offer.entry).await?;
    let status = if refusal.is_some() && refusal != offer.refusal { 422 } else { 200 };
    let template = InvitationPage {
        page: visit.page("acting-invitation-title"),
        row,
        refusal: refusal.map(refusal_key),
        foreign: refusal == Some(Refusal::Name),
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

/// `GET /account/invitations/{id}`: what accepting and declining mean.
pub(in crate::http) async fn ask(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let offer = invitation(&app, account, &MandateId::from(identifier(&id)?)).await?.ok_or(Mishap::NotFound)?;
    invitation_page(&app, &visit, &offer, offer.refusal).await
}

/// `POST /account/invitations/{id}`: accepts or declines it.
pub(in crate::http) async fn answer(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let id = MandateId::from(identifier(&id)?);
    let offer = invitation(&app, account, &id).await?;
    let done = match params.text("answer") {
        "accept" => accept(&app, &account.id, &id).await?.map(drop),
        "decline" => decline(&app, &account.id, &id).await?,
        _ => return Err(Mishap::BadRequest),
    };
    match (done, offer) {
        (Ok(()), _) => Ok(Reply::to("/account/units")),
        (Err(Refusal::Unknown), _) => {
            // Sent twice: the person has answered it already.
            let entry = mandates::find(&mut app.db.read().await?, &id).await?;
            let mine = entry.is_some_and(|entry| entry.person.as_ref() == Some(&account.id));
            if mine { Ok(Reply::to("/account/units")) } else { Err(Mishap::NotFound) }
        }
        (Err(refusal), Some(offer)) => invitation_page(&app, &visit, &offer, Some(refusal)).await,
        (Err(_), None) => Err(Mishap::NotFound),
    }
}

#[derive(Template)]
#[template(path = "units/resign.html")]
struct ResignPage {
    page: Page,
    row: Row,
    /// How many rest on it.
    resting: usize,
}

/// `GET /account/mandates/{id}`: what giving it up means.
pub(in crate::http) async fn leave(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let mut conn = app.db.read().await?;
    let held = mandates::of_person(&mut conn, &account.id).await?;
    let mandate = held.into_iter().find(|mandate| mandate.id.as_str() == id).ok_or(Mishap::NotFound)?;
    let row = held_row(&app, &visit, &mut conn, &mandate).await?;
    if !row.own {
        return Err(Mishap::NotFound);
    }
    let resting = mandates::granted(&mut conn, &mandate.id).await?.len();
    Ok(Reply::page(Rendered::new(200, &ResignPage { page: visit.page("acting-resign-title"), row, resting })))
}

/// `POST /account/mandates/{id}`: gives it up.
pub(in crate::http) async fn resigned(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let id = MandateId::from(identifier(&id)?);
    match resign(&app, &account.id, &id).await? {
        Ok(()) => Ok(Reply::to("/account/units")),
        Err(refusal) => {
            // Sent twice: it has ended already.
            let entry = mandates::find(&mut app.db.read().await?, &id).await?;
            let mine = |entry: Entry| entry.person.as_ref() == Some(&account.id) && entry.ended.is_some();
            if entry.is_some_and(mine) { Ok(Reply::to("/account/units")) } else { Err(refusal.into()) }
        }
    }
}
