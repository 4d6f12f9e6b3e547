//! The form by which somebody is asked to act for a unit. It offers what the granter has; what is taken is decided by the
//! domain, in the transaction that stores it.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use time::Date;

use super::words::{last_day, matter, role};
use super::{Entered, enter};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::contact::Phone;
use crate::domain::mandate::{Extent, GrantFault, Mandate, Matter, Reach, Role, Terms, Validity};
use crate::domain::person::PersonName;
use crate::domain::unit::day_from_legacy;
use crate::http::account::to_login;
use crate::http::mishap::Mishap;
use crate::http::posted::Posted;
use crate::http::reply::Reply;
use crate::mandates::{Asked, Invited, Refusal, grant};
use crate::pages::{Form, Page, Rendered, Visit};
use crate::protocol::params::Params;

const CLIENT: &str = "client_";
const MATTER: &str = "matter_";

#[derive(Template)]
#[template(path = "units/grant.html")]
struct GrantPage {
    page: Page,
    form: Form,
    unit: String,
    id: String,
    roles: Vec<(&'static str, String)>,
    /// Whether the granter has all of them, also those that come later.
    all_clients: bool,
    clients: Vec<(String, String)>,
    all_matters: bool,
    matters: Vec<(String, String)>,
    /// Up to when the granter's own mandate is good.
    own_until: Option<String>,
}

fn page(app: &App, visit: &Visit, (entered, mine): (&Entered, &Mandate), form: Form, status: u16) -> Reply {
    let locale = visit.locale;
    let Terms { role: own, reach, validity } = &mine.terms;
    let roles = [Role::Agent, Role::Administrator].into_iter().filter(|other| own.may_grant(*other));
    let clients = app.clients.all().into_iter().filter(|client| reach.clients.admits(&client.id));
    let matters = Matter::ALL.into_iter().filter(|one| reach.matters.admits(one));
    let template = GrantPage {
        page: visit.page("acting-grant-title"),
        form,
        unit: entered.unit.name().to_owned(),
        id: entered.unit.id.0.clone(),
        roles: roles.map(|other| (other.as_str(), role(locale, other))).collect(),
        all_clients: reach.clients == Extent::All,
        clients: clients
            .map(|client| (format!("{CLIENT}{}", client.id), client.name(locale.is_english()).to_owned()))
            .collect(),
        all_matters: reach.matters == Extent::All,
        matters: matters.map(|one| (format!("{MATTER}{}", one.as_str()), matter(locale, one))).collect(),
        own_until: validity.until.map(last_day),
    };
    Reply::page(Rendered::new(status, &template))
}

/// Who may grant here: a representative or an administrator of a unit that may act.
async fn granter(app: &App, entered: Entered) -> Result<(Entered, Mandate), Mishap> {
    let mine = entered.manager().cloned().ok_or(Mishap::NotFound)?;
    if entered.may_act(app).await? { Ok((entered, mine)) } else { Err(Mishap::NotFound) }
}

/// `GET /units/{id}/mandates/new`
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let (entered, mine) = granter(&app, enter(&app, &visit, account, &id).await?).await?;
    let today = app.today();
    let year = today.replace_year(today.year() + 1).unwrap_or(today).previous_day().unwrap_or(today);
    let until = match mine.terms.validity.until {
        Some(end) if end < end_of(year) => last_day(end),
        _ => year.to_string(),
    };
    let from = today.to_string();
    let form = Form::with([("role", Role::Agent.as_str()), ("from", from.as_str()), ("until", until.as_str())]);
    Ok(page(&app, &visit, (&entered, &mine), form, 200))
}

/// `POST /units/{id}/mandates/new`
pub(in crate::http) async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(id): Path<String>,
    Posted(params): Posted,
) -> Result<Reply, Mishap> {
    let Some((_, account)) = &visit.signed_in else { return Ok(to_login()) };
    let (entered, mine) = granter(&app, enter(&app, &visit, account, &id).await?).await?;
    let mut form = Form::typed(&params);
    let Some(asked) = read(&app, &visit, &mine, &params, &mut form) else {
        return Ok(page(&app, &visit, (&entered, &mine), form, 422));
    };
    let (field, key) = match grant(&app, (&account.id, &entered.unit.id), asked, &visit.asker).await? {
        Ok(_) => return Ok(Reply::to(entered.path("/members"))),
        Err(Refusal::Grant(GrantFault::Role)) => ("role", "acting-grant-role"),
        Err(Refusal::Grant(GrantFault::Nothing)) => ("clients", "acting-grant-nothing-clients"),
        Err(Refusal::Grant(GrantFault::TooWide)) => ("clients", "acting-grant-too-wide"),
        Err(Refusal::Grant(GrantFault::TooLong)) => ("until", "acting-grant-too-long"),
        Err(Refusal::Grant(GrantFault::Oneself)) => ("phone", "acting-grant-oneself"),
        Err(Refusal::Limited) => ("phone", "acting-grant-limited"),
        Err(refusal) => return Err(refusal.into()),
    };
    form.fault(field, key);
    Ok(page(&app, &visit, (&entered, &mine), form, 422))
}

/// What was typed; `None` with what is wrong beside its fields.
fn read(app: &App, visit: &Visit, mine: &Mandate, params: &Params, form: &mut Form) -> Option<Asked> {
    let name = PersonName::parse(params.text("name"))
        .map_err(|fault| form.fault("name", format!("name-{}", fault.to_string().replace('_', "-"))));
    let phone = Phone::parse(params.text("phone"))
        .map_err(|fault| form.fault("phone", format!("phone-{}", fault.to_string().replace('_', "-"))));
    let role = Role::parse(params.text("role"));
    if role.is_none() {
        form.fault("role", "acting-grant-role");
    }
    let known = |id: &str| app.clients.get(id).map(|client| client.id.clone());
    let clients = extent(params, form, ("clients", CLIENT), known);
    let matters = extent(params, form, ("matters", MATTER), Matter::parse);
    let validity = validity(app.today(), visit.now, mine, params, form);
    Some(Asked {
        invited: Invited { name: name.ok()?, phone: phone.ok()? },
        terms: Terms { role: role?, reach: Reach { clients: clients?, matters: matters? }, validity: validity? },
    })
}

/// All, or those that are ticked. Something that isn't known is more than anybody has.
fn extent<T: Ord>(
    params: &Params,
    form: &mut Form,
    (field, prefix): (&'static str, &str),
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Extent<T>> {
    let mut these = BTreeSet::new();
    for ticked in params.iter().filter_map(|(name, _)| name.strip_prefix(prefix)) {
        match parse(ticked) {
            Some(one) => these.insert(one),
            None => {
                form.fault(field, "acting-grant-too-wide");
                return None;
            }
        };
    }
    match (params.text(field), these.is_empty()) {
        ("all", true) => Some(Extent::All),
        ("all", false) => {
            form.fault(field, "acting-grant-both");
            None
        }
        (_, true) => {
            form.fault(field, format!("acting-grant-nothing-{field}"));
            None
        }
        (_, false) => Some(Extent::These(these)),
    }
}

/// From the beginning of the first day, or from now, up to the end of the last one, or of the granter's own.
fn validity(today: Date, now: Timestamp, mine: &Mandate, params: &Params, form: &mut Form) -> Option<Validity> {
    let mut day = |field: &'static str| match params.get(field) {
        None => Some(None),
        Some(text) => {
            let date = day_from_legacy(text);
            if date.is_none() {
                form.fault(field, "acting-grant-date");
            }
            date.map(Some)
        }
    };
    let (from, until) = (day("from"), day("until"));
    let (from, until) = (from?.unwrap_or(today), until?);
    if from < today {
        form.fault("from", "acting-grant-past");
        return None;
    }
    if until.is_some_and(|until| until < from) {
        form.fault("until", "acting-grant-before");
        return None;
    }
    let own = mine.terms.validity.until;
    let until = match (until, own) {
        // The granter's own last day may end before midnight.
        (Some(date), Some(own)) if date.to_string() == last_day(own) => Some(own),
        (Some(date), _) => Some(end_of(date)),
        (None, own) => own,
    };
    Some(Validity { from: now.max(start_of(from)), until })
}

/// Midnight in Beijing at the beginning of a day.
fn start_of(day: Date) -> Timestamp {
    let midnight = day.midnight().assume_offset(time::macros::offset!(+8));
    Timestamp(midnight.unix_timestamp().saturating_mul(1000))
}

/// Midnight at its end.
fn end_of(day: Date) -> Timestamp {
    day.next_day().map_or(Timestamp(i64::MAX), start_of)
}
