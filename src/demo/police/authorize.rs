//! The authorization endpoint: a sign-in page of its own, and the way back.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::{Granted, PoliceState};
use crate::demo::lock;
use crate::demo::page::page;
use crate::demo::people::POLICE;
use crate::secret::same;

/// The request (RFC 6749, section 4.1.1; RFC 7636, section 4.3).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Request {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(flatten)]
    request: Request,
    #[serde(default)]
    account: String,
    #[serde(default)]
    password: String,
    cancel: Option<String>,
}

#[derive(Template)]
#[template(path = "demo/police_sign_in.html")]
struct SignInPage<'a> {
    /// The request's parameters, for the form.
    hidden: Vec<(&'static str, &'a str)>,
    account: &'a str,
    wrong: bool,
}

impl Request {
    /// The portal's own request, to its own address, with PKCE; anything else is never redirected.
    fn is_fit(&self, state: &PoliceState) -> bool {
        let config = &state.0.config;
        self.client_id == config.client_id
            && self.redirect_uri == config.redirect_uri
            && self.response_type == "code"
            && self.code_challenge_method == "S256"
            && !self.code_challenge.is_empty()
    }

    fn page(&self, account: &str, wrong: bool) -> Response {
        let hidden = vec![
            ("response_type", self.response_type.as_str()),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ];
        page(
            if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK },
            &SignInPage { hidden, account, wrong },
        )
    }

    /// Back, with `iss` (RFC 9207).
    fn back(&self, state: &PoliceState, answer: (&str, &str)) -> Response {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([answer, ("state", &self.state), ("iss", &state.0.config.issuer)]);
        Redirect::to(&format!("{}?{}", self.redirect_uri, query.finish())).into_response()
    }
}

fn unfit() -> Response {
    (StatusCode::BAD_REQUEST, "请求不正确 / not a request of a known relying party\n").into_response()
}

pub(super) async fn show(State(state): State<PoliceState>, Query(request): Query<Request>) -> Response {
    if request.is_fit(&state) { request.page("", false) } else { unfit() }
}

pub(super) async fn submit(State(state): State<PoliceState>, Form(form): Form<SignIn>) -> Response {
    let SignIn { request, account, password, cancel } = form;
    if !request.is_fit(&state) {
        return unfit();
    }
    if cancel.is_some() {
        return request.back(&state, ("error", "access_denied"));
    }
    let known = POLICE.iter().find(|person| person.account == account);
    let Some(person) = known.filter(|person| same(person.password.as_bytes(), password.as_bytes())) else {
        return request.page(&account, true);
    };
    let code = state.0.random.token::<24>();
    let granted = Granted {
        person,
        nonce: request.nonce.clone(),
        challenge: request.code_challenge.clone(),
        at: state.0.clock.now(),
    };
    lock(&state.0.codes).insert(code.clone(), granted);
    request.back(&state, ("code", &code))
}
