//! A unit's pages: who it is, who may act for it, where it is signed in, what happened. They are for whoever has a mandate
//! of the unit that is in force now, looked up for each request; the unit's own sign-in may read them, and change nothing.

pub(super) mod grant;
pub(super) mod log;
pub(super) mod members;
pub(super) mod mine;
pub(super) mod sessions;
pub(super) mod words;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};

use super::account::{date, moment, system_name, to_login};
use super::mishap::Mishap;
use super::posted::Posted;
use super::reply::Reply;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::mandate::{Mandate, Role};
use crate::domain::unit::Standing;
use crate::ids::AccountId;
use crate::mandates::Refusal;
use crate::mandates::recheck::{self, Outcome};
use crate::pages::{Page, Rendered, Visit};
use crate::storage::{Stored, accounts, links, mandates, units};
use words::Words;

/// By what somebody looks at a unit's page.
enum Viewer {
    /// A person's mandate, in force now.
    Acting(Mandate),
    /// The unit's own sign-in: nobody acts.
    Own,
}

/// A unit whose page somebody may see.
struct Entered {
    unit: Arc<Account>,
    viewer: Viewer,
}

impl Entered {
    /// The mandate of a representative or an administrator.
    fn manager(&self) -> Option<&Mandate> {
        match &self.viewer {
            Viewer::Acting(mandate) if mandate.terms.role != Role::Agent => Some(mandate),
            Viewer::Acting(_) | Viewer::Own => None,
        }
    }

    /// Whether members, sign-ins and history may be seen: an agent sees the unit and the own mandate.
    fn sees_all(&self) -> bool {
        matches!(self.viewer, Viewer::Own) || self.manager().is_some()
    }

    /// Whether the registry calls the unit in order.
    async fn may_act(&self, app: &App) -> Stored<bool> {
        Ok(app.caches.unit_standing(&self.unit.id).await? == Some(Standing::Registered))
    }

    fn path(&self, end: &str) -> String {
        format!("/units/{}{end}", self.unit.id)
    }
}

/// An identifier from a path: what none can look like isn't asked of the database.
fn identifier(text: &str) -> Result<&str, Mishap> {
    let looks = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if looks { Ok(text) } else { Err(Mishap::NotFound) }
}

/// Lets somebody in; everybody else gets the page of what doesn't exist.
async fn enter(app: &App, visit: &Visit, account: &Account, id: &str) -> Result<Entered, Mishap> {
    let id = AccountId::from(identifier(id)?);
    let unit = app.caches.account(&id).await?.filter(|unit| unit.unit().is_some()).ok_or(Mishap::NotFound)?;
    if account.id == id {
        return Ok(Entered { unit, viewer: Viewer::Own });
    }
    let held = mandates::held(&mut app.db.read().await?, &id, &account.id).await?;
    let mandate = held.filter(|mandate| mandate.is_in_force(visit.now)).ok_or(Mishap::NotFound)?;
    Ok(Entered { unit, viewer: Viewer::Acting(mandate) })
}

impl From<Refusal> for Mishap {
    /// What a person is told who has no business there. Refusals with words of their own are worded by their page.
    fn from(_: Refusal) -> Self {
        Self::NotFound
    }
}

#[derive(Template)]
#[template(path = "units/overview.html")]
struct Overview {
    page: Page,
    id: String,
    credit_code: String,
    unit_type: String,
    address: String,
    registered_on: String,
    /// Masked; none: the registry names another one.
    representative: Option<String>,
    /// The key of how it stands, and of what that means, unless it is in order.
    standing: String,
    explained: Option<String>,
    checked: String,
    links: Vec<(String, String)>,
    /// The viewer's own mandate; none: the unit's own sign-in.
    mine: Option<Words>,
    manager: bool,
    /// The viewer is the legal representative.
    represents: bool,
    all: bool,
    notice: String,
}

async fn overview(app: &App, visit: &Visit, entered: &Entered, notice: &str, status: u16) -> Result<Reply, Mishap> {
    let (id, locale) = (&entered.unit.id, visit.locale);
    let mut conn = app.db.read().await?;
    let unit = entered.unit.unit().ok_or(Mishap::NotFound)?;
    let standing = units::standing(&mut conn, id).await?.ok_or(Mishap::NotFound)?;
    let representative = match mandates::representative(&mut conn, id).await? {
        Some(mandate) => accounts::find(&mut conn, &app.keys, &mandate.person).await?.map(|who| who.shown_name()),
        None => None,
    };
    let linked = links::of_account(&mut conn, id).await?;
    let checked = units::checked_at(&mut conn, id).await?;
    let mut page = visit.page("acting-unit");
    page.title = entered.unit.name().to_owned();
    let template = Overview {
        page,
        id: id.0.clone(),
        credit_code: unit.credit_code.as_str().to_owned(),
        unit_type: unit.unit_type.name(locale.is_english()).to_owned(),
        address: unit.address.as_str().to_owned(),
        registered_on: unit.registered_on.to_string(),
        representative,
        standing: format!("acting-standing-{}", standing.as_str()),
        explained: (standing != Standing::Registered).then(|| format!("acting-standing-{}-text", standing.as_str())),
        checked: checked.map(moment).unwrap_or_default(),
        links: linked.iter().map(|link| (system_name(app, &link.system, locale), date(link.linked_at))).collect(),
        mine: match &entered.viewer {
            Viewer::Acting(mandate) => Some(Words::of(app, locale, &mandate.terms)),
            Viewer::Own => None,
        },
        manager: entered.manager().is_some(),
        represents: entered.manager().is_some_and(|mandate| mandate.terms.role == Role::LegalRepresentative),
        all: entered.sees_all(),
        notice: notice.to_owned(),
    };
    Ok(Reply::page(Rendered::new(status, &template)))
}

/// `GET /units/{id}`
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, Path(id): Path<String>) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    overview(&app, &visit, &entered, "", 200).await
}

/// `POST /units/{id}/check`: has the registry asked now.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    _: Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let entered = enter(&app, &visit, account, &id).await?;
    let (notice, status) = match recheck::check_now(&app, (&account.id, &entered.unit.id)).await? {
        Ok(Outcome::Confirmed | Outcome::Standing(_)) => return Ok(Reply::to(entered.path(""))),
        // Whoever asked has no mandate any more: what has ended, and why, stands on the own page.
        Ok(Outcome::Replaced) => return Ok(Reply::to("/account/units")),
        Ok(Outcome::Doubtful) => ("acting-check-doubtful", 200),
        Ok(Outcome::Nobody) => ("acting-check-nobody", 200),
        Ok(Outcome::Unavailable) => ("acting-check-unavailable", 200),
        Err(Refusal::Limited) => ("acting-check-limited", 429),
        Err(refusal) => return Err(refusal.into()),
    };
    overview(&app, &visit, &entered, notice, status).await
}
