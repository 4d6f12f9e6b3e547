//! The systems that the portal calls, its own address, and what clients name. What the database is doesn't matter to them.

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use guiyi::clock::{Clock, Random};
use guiyi::demo::Mode;
use guiyi::demo::legacy::{self, LegacyState};
use serde_json::json;
use url::Url;

use super::{Patient, exactly};
use crate::support::{Engine, listen};

const NOBODY: &str = "http://127.0.0.1:1/";

async fn patient() -> Patient {
    Patient::new(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_are_down_elsewhere_or_do_not_take_the_signature() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    patient.neighbours.source.set_mode(Mode::Down);
    exactly(&patient, &[], &["service.reachable"]).await;
    patient.neighbours.source.set_mode(Mode::Up);
    for (name, url) in [
        ("gateway", patient.places.inbox.to_string()),
        ("source", patient.places.source.to_string()),
        ("registry", patient.places.registry.to_string()),
    ] {
        for (from, to, id) in [
            (format!("url = \"{url}\", client"), format!("url = \"{NOBODY}\", client"), "service.reachable"),
            (format!("url = \"{url}\", client"), format!("url = \"{url}elsewhere/\", client"), "service.protocol"),
            (
                format!("url = \"{url}\", client = \"guiyi\""),
                format!("url = \"{url}\", client = \"x\""),
                "service.signature",
            ),
        ] {
            patient.text = text.clone();
            patient.edit(&from, &to);
            let said = exactly(&patient, &[], &[id]).await;
            assert!(said.about(id)[0]["what"].as_str().unwrap().starts_with(name), "{}", said.text);
        }
        let config = &patient.app.config;
        let secret = match name {
            "gateway" => &config.gateway.secret,
            "source" => &config.source.secret,
            _ => &config.registry.secret,
        };
        let (secret, other) = (secret.expose().to_owned(), Random::system().token::<24>());
        patient.text = text.clone();
        patient.edit(&secret, &other);
        exactly(&patient, &[], &["service.signature"]).await;
    }
    assert!(patient.neighbours.inbox.messages(None).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_api_that_is_down_another_one_or_does_not_know_the_portal() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    patient.neighbours.legacy.set_mode(Mode::Down);
    exactly(&patient, &[], &["upstream.reachable"]).await;
    // Switched off, nobody looks at it.
    patient.edit("id = \"hefei\"", "id = \"hefei\"\nenabled = false");
    exactly(&patient, &[], &[]).await;
    patient.neighbours.legacy.set_mode(Mode::Up);
    let url = patient.places.legacy.to_string();
    for (from, to, id) in [
        (url.clone(), NOBODY.to_owned(), "upstream.reachable"),
        (url, patient.places.source.to_string(), "upstream.protocol"),
        ("service_code = \"hfzwfw\"".to_owned(), "service_code = \"other\"".to_owned(), "upstream.secret"),
    ] {
        patient.text = text.clone();
        patient.edit(&from, &to);
        exactly(&patient, &[], &[id]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_of_another_name_or_another_signature() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    let police = patient.places.police.as_str().trim_end_matches('/').to_owned();
    let metadata = |issuer: &str, algorithm: &str| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{police}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [algorithm],
        })
    };
    let provider = async |issuer: Option<&str>, algorithm: &str| {
        let mut own = String::new();
        listen(|url| {
            own = url.as_str().trim_end_matches('/').to_owned();
            let said = metadata(issuer.unwrap_or(&own), algorithm);
            Router::new().route("/.well-known/openid-configuration", get(async move || Json(said)))
        })
        .await;
        own
    };
    for (other, id) in [
        (provider(Some("https://elsewhere.example"), "ES256").await, "upstream.issuer"),
        (provider(None, "HS256").await, "upstream.algorithms"),
        (patient.places.source.as_str().trim_end_matches('/').to_owned(), "upstream.protocol"),
        (NOBODY.trim_end_matches('/').to_owned(), "upstream.reachable"),
    ] {
        patient.text = text.clone();
        patient.edit(&format!("issuer = \"{police}\""), &format!("issuer = \"{other}\""));
        exactly(&patient, &[], &[id]).await;
    }
    let good = provider(None, "RS256").await;
    patient.text = text;
    patient.edit(&format!("issuer = \"{police}\""), &format!("issuer = \"{good}\""));
    exactly(&patient, &[], &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_table_that_is_gone_other_or_open_to_all() {
    use std::os::unix::fs::PermissionsExt;
    let mut patient = patient().await;
    let text = patient.text.clone();
    for (from, to, id) in [
        ("exam.db", "gone.db", "upstream.file"),
        ("exam.db", "guiyi.toml", "upstream.columns"),
        ("table = \"exam_user\"", "table = \"users\"", "upstream.columns"),
        ("subject = \"uid\"", "subject = \"user_id\"", "upstream.columns"),
        ("document_number = \"id_card\"", "document_number = \"id_number\"", "upstream.columns"),
    ] {
        patient.text = text.clone();
        patient.edit(from, to);
        let said = patient.examine(&[]).await;
        let found = said.troubles();
        assert!(found.contains(id) || (to == "guiyi.toml" && found.contains("upstream.file")), "{to}: {}", said.text);
        assert_eq!(found.len(), 1, "{to}: {}", said.text);
    }
    patient.text = text;
    std::fs::set_permissions(&patient.places.exam, std::fs::Permissions::from_mode(0o666)).unwrap();
    exactly(&patient, &[], &["upstream.file"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_differ() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    let registry = patient.places.registry.to_string();
    for (seconds, severity) in [(20, "warning"), (-600, "fault")] {
        let now = std::time::SystemTime::now();
        let off = std::time::Duration::from_secs(i64::unsigned_abs(seconds));
        let date = httpdate::fmt_http_date(if seconds < 0 { now - off } else { now + off });
        let answer = move || async move { (StatusCode::BAD_REQUEST, [("date", date.clone())]).into_response() };
        let url = listen(|_| Router::new().fallback(answer)).await;
        patient.text = text.clone();
        patient.edit(&registry, url.as_str());
        let said = exactly(&patient, &[], &["clock.neighbours"]).await;
        assert_eq!(said.about("clock.neighbours")[0]["severity"], severity, "{}", said.text);
    }
    // A ticket API that says so itself.
    let guiyi::config::Connector::Ticket { service_password, .. } = patient.app.config.systems[0].connector.clone()
    else {
        unreachable!()
    };
    let clock = Clock::fixed(guiyi::clock::Timestamp(Clock::System.now().0 - 3_600_000));
    let state = LegacyState::new("old", ("hfzwfw", service_password), &[], clock, Random::system());
    let url = listen(|_| legacy::router(state)).await;
    let legacy = patient.places.legacy.to_string();
    patient.text = text;
    patient.edit(&legacy, url.as_str());
    let said = exactly(&patient, &[], &["clock.neighbours"]).await;
    assert!(said.text.contains("1002"), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issuer_s_own_address_only_ever_warns() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    let issuer = patient.places.issuer.as_str().trim_end_matches('/').to_owned();
    let somebody = crate::support::listen_tls(Router::new()).await;
    let other = crate::support::listen_tls(Router::new().route(
        "/.well-known/openid-configuration",
        get(async || Json(json!({ "issuer": "https://elsewhere.example" }))),
    ))
    .await;
    for (to, id) in [
        ("https://localhost:1".to_owned(), "issuer.reachable"),
        (format!("https://localhost:{somebody}"), "issuer.metadata"),
        (format!("https://localhost:{other}"), "issuer.metadata"),
    ] {
        patient.text = text.clone();
        patient.edit(&format!("issuer = \"{issuer}\""), &format!("issuer = \"{to}\""));
        let said = exactly(&patient, &[], &[id]).await;
        assert!(said.faults().is_empty(), "{}", said.text);
    }
    patient.text = text;
    // A key that the node there hasn't got.
    let hour = std::time::Duration::from_secs(3600);
    let algorithms = [guiyi::protocol::signing::SigningAlgorithm::ES256];
    guiyi::keys::rotate(&patient.keys(), &algorithms, hour, Clock::System.now()).unwrap();
    let said = exactly(&patient, &[], &["issuer.keys"]).await;
    assert!(said.faults().is_empty(), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_that_are_not_plausible() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    for (from, to, count) in [
        ("trusted_proxies = [\"127.0.0.1\"]", "trusted_proxies = []", 1),
        ("trusted_proxies = [\"127.0.0.1\"]", "trusted_proxies = [\"0.0.0.0\"]", 1),
        ("trusted_proxies = [\"127.0.0.1\"]", "trusted_proxies = [\"8.8.8.8\", \"127.0.0.1\"]", 1),
        ("listen = \"127.0.0.1:8080\"", "listen = \"0.0.0.0:8080\"", 1),
    ] {
        patient.text = text.clone();
        patient.edit(from, to);
        let said = exactly(&patient, &[], &["proxies.trusted"]).await;
        assert_eq!((said.about("proxies.trusted").len(), said.faults().len()), (count, 0), "{to}: {}", said.text);
    }
    patient.text = text;
    patient.edit("trusted_proxies = [\"127.0.0.1\"]", "trusted_proxies = [\"10.0.0.5\"]");
    patient.edit("listen = \"127.0.0.1:8080\"", "listen = \"0.0.0.0:8080\"");
    exactly(&patient, &[], &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_clients_name_and_the_way_out_to_it() {
    let mut patient = patient().await;
    let text = patient.text.clone();
    let keys = json!({ "keys": [] });
    let party = crate::support::listen_tls(
        Router::new()
            .route("/keys", get(async move || Json(keys)))
            .route("/page", get(async || "no keys"))
            .route("/other", get(async || Json(json!({})))),
    )
    .await;
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/tls/ca.pem");
    let allowed = Url::parse(&format!("https://localhost:{party}/")).unwrap();
    let with = |text: &str, jwks: &str| {
        let settings = format!("[egress]\nca = \"{ca}\"\nallow = [\"localhost:{party}\", ");
        let client = format!("name_zh = \"不动产登记预约\"\njwks_uri = \"{jwks}\"");
        text.replace("[egress]\nallow = [", &settings).replace("name_zh = \"不动产登记预约\"", &client)
    };
    for (path, troubles) in
        [("keys", &[][..]), ("page", &["clients.keys"]), ("other", &["clients.keys"]), ("gone", &["clients.keys"])]
    {
        patient.text = with(&text, allowed.join(path).unwrap().as_str());
        let said = exactly(&patient, &[], troubles).await;
        assert!(said.faults().is_empty(), "a client's outage is no fault of the portal: {}", said.text);
    }
    for (url, severity) in [
        ("https://10.0.0.1/keys", "fault"),
        ("https://localhost:4711/keys", "fault"),
        ("https://keys.example.invalid/keys", "warning"),
    ] {
        patient.text = with(&text, url);
        let said = exactly(&patient, &[], &["clients.address"]).await;
        assert_eq!(said.about("clients.address")[0]["severity"], severity, "{url}: {}", said.text);
    }
    patient.text = text.replace("[egress]\nallow = [", "[egress]\nallow = [\"keys.example.invalid:443\", ");
    exactly(&patient, &[], &["egress.allow"]).await;
    patient.text = text.replace("[egress]\n", "[egress]\nca = \"/nowhere/ca.pem\"\n");
    exactly(&patient, &[], &["egress.ca"]).await;
}
