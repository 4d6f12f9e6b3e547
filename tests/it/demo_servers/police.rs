//! The police's OpenID Connect provider takes the portal's own, whole requests only.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guiyi::clock::Random;
use guiyi::demo::police::{PoliceConfig, PoliceState, router};
use guiyi::secret::Secret;
use serde_json::json;

use super::{clock, get, minutes, send, text};

const BACK: &str = "https://portal.example/upstream/callback";

fn provider(clock: guiyi::clock::Clock) -> Router {
    let config = PoliceConfig {
        issuer: "https://police.example".into(),
        client_id: "guiyi".into(),
        client_secret: Secret::new("secret-of-the-portal"),
        redirect_uri: BACK.into(),
    };
    router(PoliceState::new(config, clock, Random::seeded(1)).unwrap())
}

fn request(change: (&str, &str)) -> String {
    let challenge = guiyi::crypto::sha256("verifier");
    let usual = [
        ("response_type", "code"),
        ("client_id", "guiyi"),
        ("redirect_uri", BACK),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("account", "fangjing"),
        ("password", "Quiet+garden+61"),
    ];
    let changed = usual.map(|(name, value)| (name, if name == change.0 { change.1 } else { value }));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(changed).finish()
}

async fn post(router: &Router, path: &str, basic: &str, body: String) -> axum::response::Response {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, format!("Basic {basic}"));
    send(router, request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn only_the_portal_s_whole_request_is_answered_and_a_code_is_good_once() {
    use base64::Engine;
    let clock = clock();
    let router = provider(clock.clone());
    assert_eq!(get(&router, &format!("/authorize?{}", request(("", "")))).await.0, StatusCode::OK);
    for change in [
        ("client_id", "other"),
        ("redirect_uri", "https://portal.example/upstream/callback/"),
        ("response_type", "token"),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
    ] {
        let answer = post(&router, "/authorize", "", request(change)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{change:?}");
    }
    let wrong = post(&router, "/authorize", "", request(("password", "wrong"))).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let code = async || {
        let answer = post(&router, "/authorize", "", request(("", ""))).await;
        let back = url::Url::parse(answer.headers()[header::LOCATION].to_str().unwrap()).unwrap();
        assert!(back.as_str().starts_with(BACK));
        let parameters: std::collections::BTreeMap<_, _> = back.query_pairs().into_owned().collect();
        assert_eq!((parameters["state"].as_str(), parameters["iss"].as_str()), ("s", "https://police.example"));
        parameters["code"].clone()
    };
    let right = base64::engine::general_purpose::STANDARD.encode("guiyi:secret-of-the-portal");
    let redeem = async |basic: &str, code: &str, verifier: &str| {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = post(&router, "/token", basic, body).await;
        (answer.status(), serde_json::from_str::<serde_json::Value>(&text(answer).await).unwrap())
    };
    assert_eq!(redeem("x", &code().await, "verifier").await.1, json!({ "error": "invalid_client" }));
    assert_eq!(redeem(&right, &code().await, "other").await.1, json!({ "error": "invalid_grant" }));
    let late = code().await;
    clock.advance(minutes(2));
    assert_eq!(redeem(&right, &late, "verifier").await.1, json!({ "error": "invalid_grant" }));
    let good = code().await;
    let (status, answer) = redeem(&right, &good, "verifier").await;
    assert!(status == StatusCode::OK && answer["id_token"].is_string() && answer["access_token"].is_string());
    assert_eq!(redeem(&right, &good, "verifier").await.1, json!({ "error": "invalid_grant" }), "once");
    assert_eq!(get(&router, "/userinfo").await.0, StatusCode::UNAUTHORIZED);
}
