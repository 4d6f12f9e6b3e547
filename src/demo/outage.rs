//! The switch of a demonstration server: up, down or slow, so that an outage can be tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};

/// How a server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At once.
    #[default]
    Up,
    /// 503.
    Down,
    /// After 15 seconds: longer than a caller should wait.
    Slow,
}

/// A server's mode, shared by its clones.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<AtomicU8>);

impl Switch {
    /// The present mode.
    pub fn mode(&self) -> Mode {
        match self.0.load(Ordering::SeqCst) {
            0 => Mode::Up,
            1 => Mode::Down,
            _ => Mode::Slow,
        }
    }

    /// Changes it.
    pub fn set(&self, mode: Mode) {
        self.0.store(mode as u8, Ordering::SeqCst);
    }

    /// `api` behind this switch, and `POST /switch`, which stays reachable in every mode.
    pub fn guard(&self, api: Router) -> Router {
        let turn = Router::new().route("/switch", post(turn)).with_state(self.clone());
        api.route_layer(from_fn_with_state(self.clone(), pass)).merge(turn)
    }
}

const SLOW: Duration = Duration::from_secs(15);

async fn pass(State(switch): State<Switch>, request: Request, next: Next) -> Response {
    match switch.mode() {
        Mode::Up => {}
        Mode::Down => return (StatusCode::SERVICE_UNAVAILABLE, "演示停机 / out of service\n").into_response(),
        Mode::Slow => tokio::time::sleep(SLOW).await,
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct Turn {
    mode: Mode,
}

async fn turn(State(switch): State<Switch>, Form(form): Form<Turn>) -> Redirect {
    switch.set(form.mode);
    Redirect::to("/")
}
