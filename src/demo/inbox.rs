//! The SMS and mail gateway, which delivers into a page: the phones of the demonstration's people.
//!
//! `POST /sms` and `POST /mail`, signed both ways and idempotent by the message's identifier, so that a sender who
//! wasn't told the outcome may simply send again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use askama::Template;
use axum::extract::{FromRef, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use time::UtcOffset;

use super::lock;
use super::outage::{Mode, Switch};
use super::page::page;
use super::signed::{Call, Gate};
use crate::clock::{Clock, Timestamp};
use crate::secret::Secret;

/// More are forgotten, the oldest first.
const CAPACITY: usize = 1000;

/// The gateway's state.
#[derive(Clone, Debug)]
pub struct InboxState {
    gate: Gate,
    switch: Switch,
    messages: Arc<Mutex<VecDeque<Message>>>,
}

/// A message that was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender's identifier of it.
    pub id: String,
    /// Which way it came.
    pub kind: Channel,
    /// A phone or a mail address.
    pub to: String,
    /// Empty for an SMS.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// When it was delivered.
    pub at: Timestamp,
}

/// The kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 短信.
    Sms,
    /// 电子邮件.
    Mail,
}

impl InboxState {
    /// A gateway that takes messages from `client`.
    pub fn new(client: &str, secret: Secret, clock: Clock) -> Self {
        Self { gate: Gate::new(client, secret, clock), switch: Switch::default(), messages: Arc::default() }
    }

    /// Up, down or slow.
    pub fn set_mode(&self, mode: Mode) {
        self.switch.set(mode);
    }

    /// The messages to `recipient`, or all, newest first.
    pub fn messages(&self, recipient: Option<&str>) -> Vec<Message> {
        let messages = lock(&self.messages);
        messages.iter().filter(|message| recipient.is_none_or(|to| message.to == to)).cloned().collect()
    }

    fn deliver(&self, message: Message) {
        let mut messages = lock(&self.messages);
        if messages.iter().all(|known| known.id != message.id) {
            messages.push_front(message);
            messages.truncate(CAPACITY);
        }
    }
}

impl FromRef<InboxState> for Gate {
    fn from_ref(state: &InboxState) -> Self {
        state.gate.clone()
    }
}

/// The gateway's routes.
pub fn router(state: InboxState) -> Router {
    let api = Router::new().route("/sms", post(sms)).route("/mail", post(mail)).with_state(state.clone());
    let pages = Router::new().route("/", get(home)).route("/messages", get(list)).with_state(state.clone());
    state.switch.guard(api).merge(pages)
}

#[derive(Deserialize)]
struct Sms {
    id: String,
    to: String,
    text: String,
}

#[derive(Deserialize)]
struct Mail {
    id: String,
    to: String,
    subject: String,
    text: String,
}

async fn sms(State(state): State<InboxState>, call: Call<Sms>) -> Response {
    let Sms { id, to, text } = &call.body;
    state.deliver(message(Channel::Sms, [id, to, "", text], state.gate.now()));
    accepted(&call)
}

async fn mail(State(state): State<InboxState>, call: Call<Mail>) -> Response {
    let Mail { id, to, subject, text } = &call.body;
    state.deliver(message(Channel::Mail, [id, to, subject, text], state.gate.now()));
    accepted(&call)
}

fn message(kind: Channel, [id, to, subject, text]: [&str; 4], at: Timestamp) -> Message {
    Message { id: id.into(), kind, to: to.into(), subject: subject.into(), text: text.into(), at }
}

fn accepted<T>(call: &Call<T>) -> Response {
    call.answer(StatusCode::ACCEPTED, &serde_json::json!({ "accepted": true }))
}

#[derive(Default, Deserialize)]
struct Filter {
    #[serde(default)]
    phone: String,
    /// The page stands still, so that a filter can be typed or a text be read out.
    #[serde(default)]
    still: bool,
}

impl Filter {
    fn recipient(&self) -> Option<&str> {
        Some(self.phone.trim()).filter(|phone| !phone.is_empty())
    }
}

async fn list(State(state): State<InboxState>, Query(filter): Query<Filter>) -> Json<Vec<Message>> {
    Json(state.messages(filter.recipient()))
}

#[derive(Template)]
#[template(path = "demo/inbox.html")]
struct Home<'a> {
    mode: Mode,
    phone: &'a str,
    still: bool,
    messages: Vec<Message>,
}

async fn home(State(state): State<InboxState>, Query(filter): Query<Filter>) -> Response {
    let messages = state.messages(filter.recipient());
    let (mode, phone) = (state.switch.mode(), filter.phone.trim());
    page(StatusCode::OK, &Home { mode, phone, still: filter.still, messages })
}

impl Message {
    /// The Beijing time of day, for the page.
    fn clock_time(&self) -> String {
        let offset = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
        time::OffsetDateTime::from_unix_timestamp(self.at.seconds())
            .map(|at| at.to_offset(offset))
            .map(|at| format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()))
            .unwrap_or_default()
    }
}
