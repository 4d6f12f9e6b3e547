//! The registry of organisations: says whether name, credit code and legal representative of a unit belong together.
//!
//! `POST /v1/unit-checks`, signed both ways. A unit's standing is public, so it is told whatever else differs; who
//! represents it is told to nobody who doesn't know its name. Its page changes representative and standing, so that a
//! demonstration can show what becomes of an account then.

use std::sync::{Arc, Mutex, MutexGuard};

use askama::Template;
use axum::Router;
use axum::extract::{Form, FromRef, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::lock;
use super::outage::{Mode, Switch};
use super::page::page;
use super::people::{UnitRecord, UnitStatus};
use super::signed::{Call, Gate};
use crate::clock::{Clock, Timestamp};
use crate::domain::document::{Document, DocumentType};
use crate::domain::person::PersonName;
use crate::domain::unit::UnitName;
use crate::secret::Secret;

/// What the registry holds on one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitEntry {
    /// 统一社会信用代码, as it was issued.
    pub credit_code: String,
    /// 名称.
    pub name: String,
    /// 类型, the two characters of GB 32100-2015.
    pub unit_type: String,
    /// 住所.
    pub address: String,
    /// 成立日期.
    pub registered_on: String,
    /// 法定代表人, or who stands in that place.
    pub representative: String,
    /// The kind of that person's document.
    pub document_type: DocumentType,
    /// Who issued it, ISO 3166-1 alpha-3.
    pub document_country: String,
    /// Its number.
    pub document_number: String,
    /// 登记状态.
    pub status: UnitStatus,
}

impl From<&UnitRecord> for UnitEntry {
    fn from(record: &UnitRecord) -> Self {
        let UnitRecord { unit, representative, status } = record;
        Self {
            credit_code: unit.credit_code.into(),
            name: unit.name.into(),
            unit_type: unit.unit_type.into(),
            address: unit.address.into(),
            registered_on: unit.registered_on.into(),
            representative: representative.name.into(),
            document_type: representative.document_type,
            document_country: representative.country.into(),
            document_number: representative.document_number.into(),
            status: *status,
        }
    }
}

/// The registry's state.
#[derive(Clone, Debug)]
pub struct RegistryState {
    gate: Gate,
    switch: Switch,
    units: Arc<Mutex<Vec<UnitEntry>>>,
}

impl RegistryState {
    /// A registry that answers `client`.
    pub fn new(client: &str, secret: Secret, units: Vec<UnitEntry>, clock: Clock) -> Self {
        let units = Arc::new(Mutex::new(units));
        Self { gate: Gate::new(client, secret, clock), switch: Switch::default(), units }
    }

    /// Up, down or slow.
    pub fn set_mode(&self, mode: Mode) {
        self.switch.set(mode);
    }

    /// Every unit, as it is held now.
    pub fn units(&self) -> Vec<UnitEntry> {
        self.held().clone()
    }

    /// Gives a unit another legal representative, with a resident ID; `false` if there is no such unit.
    pub fn set_representative(&self, credit_code: &str, name: &str, document_number: &str) -> bool {
        self.change(credit_code, |unit| {
            unit.representative = name.to_owned();
            unit.document_type = DocumentType::ResidentId;
            unit.document_country = "CHN".to_owned();
            unit.document_number = document_number.to_owned();
        })
    }

    /// Changes how a unit stands; `false` if there is no such unit.
    pub fn set_status(&self, credit_code: &str, status: UnitStatus) -> bool {
        self.change(credit_code, |unit| unit.status = status)
    }

    /// Gives a unit another name; `false` if there is no such unit.
    pub fn set_name(&self, credit_code: &str, name: &str) -> bool {
        self.change(credit_code, |unit| unit.name = name.to_owned())
    }

    fn held(&self) -> MutexGuard<'_, Vec<UnitEntry>> {
        lock(&self.units)
    }

    fn change(&self, credit_code: &str, change: impl FnOnce(&mut UnitEntry)) -> bool {
        self.held().iter_mut().find(|unit| unit.credit_code == credit_code).map(change).is_some()
    }

    fn look_up(&self, check: &UnitCheck) -> Outcome {
        let held = self.held();
        let Some(unit) = held.iter().find(|unit| unit.credit_code == check.credit_code) else {
            return Outcome::NotFound;
        };
        let who = &check.representative;
        let same_document = (unit.document_type, &unit.document_country, &unit.document_number)
            == (who.document_type, &who.document_country, &who.document_number);
        let unit_name = |name: &str| UnitName::parse(name).ok().map(|name| name.fold());
        let person_name = |name: &str| PersonName::parse(name).ok().map(|name| name.fold());
        match unit.status {
            UnitStatus::Revoked => Outcome::Revoked,
            UnitStatus::Dissolved => Outcome::Dissolved,
            UnitStatus::Moved => Outcome::Moved,
            UnitStatus::Registered if unit_name(&unit.name) != unit_name(&check.name) => Outcome::NameMismatch,
            UnitStatus::Registered if same_document && person_name(&unit.representative) == person_name(&who.name) => {
                Outcome::Match
            }
            UnitStatus::Registered => Outcome::RepresentativeMismatch,
        }
    }
}

impl FromRef<RegistryState> for Gate {
    fn from_ref(state: &RegistryState) -> Self {
        state.gate.clone()
    }
}

/// The registry's routes. Its forms work in every mode, as its page does.
pub fn router(state: RegistryState) -> Router {
    let api = Router::new().route("/v1/unit-checks", post(check)).with_state(state.clone());
    let office = Router::new()
        .route("/", get(home))
        .route("/representative", post(change_representative))
        .route("/status", post(change_status))
        .with_state(state.clone());
    state.switch.guard(api).merge(office)
}

#[derive(Deserialize)]
struct UnitCheck {
    request_id: String,
    name: String,
    credit_code: String,
    representative: Representative,
}

#[derive(Deserialize)]
struct Representative {
    name: String,
    document_type: DocumentType,
    document_country: String,
    document_number: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    request_id: &'a str,
    result: Outcome,
    checked_at: Timestamp,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Match,
    NameMismatch,
    RepresentativeMismatch,
    NotFound,
    Revoked,
    Dissolved,
    Moved,
}

async fn check(State(state): State<RegistryState>, call: Call<UnitCheck>) -> Response {
    let result = state.look_up(&call.body);
    let answer = Answer { request_id: &call.body.request_id, result, checked_at: state.gate.now() };
    call.answer(StatusCode::OK, &answer)
}

#[derive(Template)]
#[template(path = "demo/registry.html")]
struct Home {
    mode: Mode,
    units: Vec<UnitEntry>,
}

async fn home(State(state): State<RegistryState>) -> Response {
    page(StatusCode::OK, &Home { mode: state.switch.mode(), units: state.units() })
}

#[derive(Deserialize)]
struct NewRepresentative {
    credit_code: String,
    name: String,
    document_number: String,
}

async fn change_representative(State(state): State<RegistryState>, Form(form): Form<NewRepresentative>) -> Response {
    let today = time::OffsetDateTime::from_unix_timestamp(state.gate.now().seconds()).map(time::OffsetDateTime::date);
    let number =
        today.ok().and_then(|today| Document::parse(DocumentType::ResidentId, &form.document_number, today).ok());
    let (Ok(name), Some(number)) = (PersonName::parse(&form.name), number) else {
        let text = "姓名或居民身份证号码有误 / no name, or no resident ID number\n";
        return (StatusCode::UNPROCESSABLE_ENTITY, text).into_response();
    };
    changed(state.set_representative(&form.credit_code, name.as_str(), number.number()), &form.credit_code)
}

#[derive(Deserialize)]
struct NewStatus {
    credit_code: String,
    status: UnitStatus,
}

async fn change_status(State(state): State<RegistryState>, Form(form): Form<NewStatus>) -> Response {
    changed(state.set_status(&form.credit_code, form.status), &form.credit_code)
}

/// Back to the unit on the page.
fn changed(known: bool, credit_code: &str) -> Response {
    if known {
        Redirect::to(&format!("/#{credit_code}")).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
