//! The authoritative source: says whether a name belongs to a document number, and nothing else.
//!
//! `POST /v1/person-checks`, signed both ways. A wrong name is a plain mismatch whatever the record's standing, so that
//! the number alone tells nothing about its holder.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::outage::{Mode, Switch};
use super::page::page;
use super::people::{Record, Standing};
use super::signed::{Call, Gate};
use crate::clock::{Clock, Timestamp};
use crate::domain::document::DocumentType;
use crate::secret::Secret;

/// The source's state.
#[derive(Clone, Debug)]
pub struct SourceState {
    gate: Gate,
    switch: Switch,
    records: Arc<Vec<Record>>,
}

impl SourceState {
    /// A source that answers `client`.
    pub fn new(client: &str, secret: Secret, records: Vec<Record>, clock: Clock) -> Self {
        Self { gate: Gate::new(client, secret, clock), switch: Switch::default(), records: Arc::new(records) }
    }

    /// Up, down or slow.
    pub fn set_mode(&self, mode: Mode) {
        self.switch.set(mode);
    }

    fn look_up(&self, check: &PersonCheck) -> Outcome {
        let same = |record: &&Record| {
            record.document_type == check.document_type
                && record.country == check.document_country
                && record.document_number == check.document_number
        };
        match self.records.iter().find(same) {
            None => Outcome::NotFound,
            Some(record) if record.name != check.name => Outcome::Mismatch,
            Some(record) => match record.standing {
                Standing::Alive => Outcome::Match,
                Standing::Deceased => Outcome::Deceased,
                Standing::Cancelled => Outcome::Cancelled,
                Standing::Duplicate => Outcome::Duplicate,
            },
        }
    }
}

impl FromRef<SourceState> for Gate {
    fn from_ref(state: &SourceState) -> Self {
        state.gate.clone()
    }
}

/// The source's routes.
pub fn router(state: SourceState) -> Router {
    let api = Router::new().route("/v1/person-checks", post(check)).with_state(state.clone());
    let home = Router::new().route("/", get(home)).with_state(state.clone());
    state.switch.guard(api).merge(home)
}

#[derive(Deserialize)]
struct PersonCheck {
    request_id: String,
    document_type: DocumentType,
    document_country: String,
    document_number: String,
    name: String,
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
    Mismatch,
    NotFound,
    Deceased,
    Cancelled,
    Duplicate,
}

async fn check(State(state): State<SourceState>, call: Call<PersonCheck>) -> Response {
    let result = state.look_up(&call.body);
    let answer = Answer { request_id: &call.body.request_id, result, checked_at: state.gate.now() };
    call.answer(StatusCode::OK, &answer)
}

#[derive(Template)]
#[template(path = "demo/source.html")]
struct Home<'a> {
    mode: Mode,
    records: &'a [Record],
}

async fn home(State(state): State<SourceState>) -> Response {
    page(StatusCode::OK, &Home { mode: state.switch.mode(), records: &state.records })
}
