//! The demonstration's servers, through their own routers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the tests' helpers stop at the first surprise")]

mod legacy;
mod people;
mod police;
mod registry;
mod relying_party;
mod signed;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use guiyi::clock::{Clock, Timestamp};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// 2026-11-24 10:15:30 in Beijing.
const NOW: Timestamp = Timestamp(1_795_486_530_000);

fn clock() -> Clock {
    Clock::fixed(NOW)
}

async fn send(router: &Router, request: Request<Body>) -> Response {
    router.clone().oneshot(request).await.unwrap()
}

async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let response = send(router, Request::get(path).body(Body::empty()).unwrap()).await;
    (response.status(), text(response).await)
}

async fn post_form(router: &Router, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let form = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = send(router, Request::post(path).header(form.0, form.1).body(body.into()).unwrap()).await;
    let status = response.status();
    (status, serde_json::from_str(&text(response).await).unwrap_or_default())
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}
