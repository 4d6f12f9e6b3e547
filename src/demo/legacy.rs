//! The legacy system: an older portal with its own users, its own md5 passwords and its ticket API. The demonstration has
//! two, a city's and the one where companies are registered.
//!
//! `POST /api/ticket` takes an account and its password for a ticket (once, 60 seconds), `POST /api/token` the ticket
//! for a token, `POST /api/userinfo` the token for the user's row. Every call carries
//! `sign = md5hex(servicecode + servicepwd + time)`. Outcomes are codes in the body; the status is always 200, as such
//! systems do.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::page;
use super::people::{Kind, Person, State as AccountState};
use crate::domain::unit::UnitType;

mod beijing;
mod state;

pub use beijing::{beijing_time, read_beijing_time};
pub use state::LegacyState;

use super::Mode;

/// The signature of a call: lower-case hex of the MD5 of the three texts, one after the other.
pub fn sign(service_code: &str, service_password: &str, time: &str) -> String {
    md5_hex(&[service_code, service_password, time].concat())
}

/// What goes wrong, with the API's own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 1001.
    BadSign,
    /// 1002: more than five minutes off, or no time at all.
    StaleTime,
    /// 2001.
    UnknownUser,
    /// 2002.
    WrongPassword,
    /// 2003.
    Locked,
    /// 2004.
    Disabled,
    /// 3001: unknown, used or expired.
    BadTicket,
    /// 3002: unknown or expired.
    BadToken,
}

impl Fault {
    fn code_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::BadSign => ("1001", "签名错误"),
            Self::StaleTime => ("1002", "请求时间已过期"),
            Self::UnknownUser => ("2001", "用户不存在"),
            Self::WrongPassword => ("2002", "密码错误"),
            Self::Locked => ("2003", "账号已锁定"),
            Self::Disabled => ("2004", "账号已停用"),
            Self::BadTicket => ("3001", "票据无效或已过期"),
            Self::BadToken => ("3002", "令牌无效或已过期"),
        }
    }
}

/// The legacy system's routes.
pub fn router(state: LegacyState) -> Router {
    let api = Router::new()
        .route("/api/ticket", post(ticket))
        .route("/api/token", post(token))
        .route("/api/userinfo", post(user_info))
        .with_state(state.clone());
    let home = Router::new().route("/", get(home)).with_state(state.clone());
    state.switch().guard(api).merge(home)
}

/// What every call carries.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    servicecode: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    sign: String,
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    account: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct Swap {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    token: String,
}

/// A call: the envelope, and what is particular to it.
type Call<T> = (State<LegacyState>, Form<Both<T>>);

#[derive(Deserialize)]
struct Both<T> {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(flatten)]
    rest: T,
}

async fn ticket((State(state), Form(call)): Call<Credentials>) -> Json<Value> {
    let Credentials { account, password, kind } = &call.rest;
    let ticket = state.check(&call.envelope).and_then(|()| state.issue_ticket(kind, account, password));
    answer("ticket", ticket.map(Value::from))
}

async fn token((State(state), Form(call)): Call<Swap>) -> Json<Value> {
    let token = state.check(&call.envelope).and_then(|()| state.swap_ticket(&call.rest.ticket));
    answer("token", token.map(Value::from))
}

async fn user_info((State(state), Form(call)): Call<Swap>) -> Json<Value> {
    let user = state.check(&call.envelope).and_then(|()| state.user(&call.rest.token));
    answer("user", user.map(row))
}

fn answer(name: &str, outcome: Result<Value, Fault>) -> Json<Value> {
    Json(match outcome {
        Ok(value) => json!({ "result": "0", name: value }),
        Err(fault) => {
            let (code, text) = fault.code_and_text();
            json!({ "result": code, "errmsg": text })
        }
    })
}

fn row(person: &Person) -> Value {
    let common = json!({
        "userid": person.user_id,
        "authlevel": person.auth_level.to_string(),
        "mobile": person.mobile,
        "email": person.email,
    });
    let particular = match &person.unit {
        None => json!({
            "idtype": person.truth.document_type.as_str(),
            "username": person.name,
            "idnum": person.id_number,
            "birthday": person.birth_date,
            "sex": person.gender,
            "nation": person.ethnic_code,
        }),
        Some(unit) => json!({
            "CompanyName": unit.row.name,
            "CompanyType": UnitType::parse(unit.row.unit_type).map_or("", |unit_type| unit_type.name(false)),
            "uniscid": unit.row.credit_code,
            "CompanyAddress": unit.row.address,
            "EstablishDate": unit.row.registered_on,
            "CompanyLegRep": person.name,
            "CompanyLegRepIdType": person.truth.document_type.as_str(),
            "CompanyLegRepIdNum": person.id_number,
        }),
    };
    match (common, particular) {
        (Value::Object(mut all), Value::Object(more)) => {
            all.extend(more);
            Value::Object(all)
        }
        (other, _) => other,
    }
}

pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[derive(Template)]
#[template(path = "demo/legacy.html")]
struct Home<'a> {
    name: &'static str,
    mode: Mode,
    users: Vec<(&'a Person, AccountState)>,
}

async fn home(State(state): State<LegacyState>) -> Response {
    page(StatusCode::OK, &Home { name: state.name(), mode: state.switch().mode(), users: state.users() })
}
