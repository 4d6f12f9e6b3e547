//! The relying party against a provider of a few lines, whose every answer a test may choose.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use guiyi::clock::Random;
use guiyi::demo::relying_party::{RelyingParty, RelyingPartyConfig, router};
use guiyi::demo::serve;
use guiyi::secret::Secret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::{NOW, clock, send, text};

struct Provider {
    issuer: String,
    key: EcdsaKeyPair,
    nonce: Mutex<String>,
    subject_of_info: Mutex<&'static str>,
    form: Mutex<String>,
    authorization: Mutex<String>,
}

async fn provider() -> Arc<Provider> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let state = Arc::new(Provider {
        issuer: format!("http://{}", listener.local_addr().unwrap()),
        key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        nonce: Mutex::default(),
        subject_of_info: Mutex::new("s1"),
        form: Mutex::default(),
        authorization: Mutex::default(),
    });
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .route("/userinfo", get(user_info))
        .with_state(state.clone());
    tokio::spawn(serve(listener, routes, std::future::pending()));
    state
}

async fn metadata(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let point = provider.key.public_key().as_ref();
    let (x, y) = (B64.encode(&point[1..33]), B64.encode(&point[33..]));
    Json(json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1", "x": x, "y": y}]}))
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, form: String) -> Json<Value> {
    *provider.form.lock().unwrap() = form;
    *provider.authorization.lock().unwrap() = headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
    let now = NOW.seconds();
    let claims = json!({
        "iss": provider.issuer, "sub": "s1", "aud": "rp", "iat": now, "exp": now + 300,
        "nonce": *provider.nonce.lock().unwrap(), "acr": "urn:guiyi:i2:a1", "sid": "session-1",
    });
    let id_token = signed(&provider.key, &json!({"alg": "ES256", "kid": "k1"}), &claims);
    Json(json!({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
}

fn signed(key: &EcdsaKeyPair, head: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", B64.encode(head.to_string()), B64.encode(claims.to_string()));
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", B64.encode(signature.as_ref()))
}

async fn user_info(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let sub = *provider.subject_of_info.lock().unwrap();
    Json(json!({"sub": sub, "name": "李明", "legacy_accounts": ["hf10000001"], "x": "<script>"}))
}

fn party(issuer: &str) -> Router {
    let config = RelyingPartyConfig {
        issuer: issuer.to_owned(),
        base_url: "http://rp.test".to_owned(),
        client_id: "rp".to_owned(),
        client_secret: Secret::new("s3cret"),
        scopes: vec!["openid".into(), "profile".into()],
    };
    router(RelyingParty::new(config, clock(), Random::seeded(7)).unwrap())
}

/// A browser at the relying party.
struct Browser {
    party: Router,
    cookie: String,
}

struct Page {
    status: StatusCode,
    location: Option<String>,
    html: String,
}

impl Browser {
    fn new(issuer: &str) -> Self {
        Self { party: party(issuer), cookie: String::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder) -> Page {
        let request: Request<Body> = request
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::empty())
            .unwrap();
        let response = send(&self.party, request).await;
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly; SameSite=Lax"));
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        let location = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        Page { status: response.status(), location, html: text(response).await }
    }

    async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path)).await
    }

    /// Goes to the provider; answers the parameters of the request.
    async fn login(&mut self, provider: &Provider, path: &str) -> std::collections::HashMap<String, String> {
        let url = Url::parse(&self.get(path).await.location.unwrap()).unwrap();
        assert_eq!(url.path(), "/authorize");
        let parameters: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
        provider.nonce.lock().unwrap().clone_from(&parameters["nonce"]);
        parameters
    }
}

fn back(provider: &Provider, state: &str, rest: &str) -> String {
    let mut url = Url::parse("http://rp.test/callback").unwrap();
    url.query_pairs_mut().append_pair("state", state).append_pair("iss", &provider.issuer);
    format!("/callback?{}&{rest}", url.query().unwrap())
}

#[tokio::test]
async fn a_person_signs_in_sees_the_claims_and_signs_out_at_the_portal() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    assert!(browser.get("/").await.html.contains("使用统一门户登录"));

    let asked = browser.login(&provider, "/login?account_kind=legal_person&ui_locales=en").await;
    assert_eq!(asked["scope"], "openid profile");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], "http://rp.test/callback");
    assert_eq!((asked["account_kind"].as_str(), asked["ui_locales"].as_str()), ("legal_person", "en"));

    let before = browser.cookie.clone();
    let page = browser.get(&back(&provider, &asked["state"], "code=c1")).await;
    assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert_ne!(browser.cookie, before);
    assert_eq!(*provider.authorization.lock().unwrap(), "Basic cnA6czNjcmV0");
    assert!(provider.form.lock().unwrap().contains("code_verifier="));

    let html = browser.get("/").await.html;
    for seen in ["李明", "urn:guiyi:i2:a1", "hf10000001", "s1"] {
        assert!(html.contains(seen), "{seen}");
    }
    assert!(!html.contains("<script>"));

    let out = browser.send(Request::post("/logout")).await.location.unwrap();
    let out = Url::parse(&out).unwrap();
    let sent: std::collections::HashMap<_, _> = out.query_pairs().into_owned().collect();
    assert_eq!(out.path(), "/end-session");
    assert_eq!(sent["post_logout_redirect_uri"], "http://rp.test/logged-out");
    assert!(sent["id_token_hint"].matches('.').count() == 2 && sent.contains_key("state"));
    assert!(browser.get("/logged-out?state=zh").await.html.contains("已退出"));
    assert!(browser.get("/").await.html.contains("使用统一门户登录"));
}

#[tokio::test]
async fn a_state_is_good_once_and_in_its_own_browser() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    let asked = browser.login(&provider, "/login").await;
    let callback = back(&provider, &asked["state"], "code=c1");
    let mut other = Browser { party: browser.party.clone(), cookie: String::new() };
    assert_eq!(other.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get(&callback).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/callback").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_issuer_another_nonce_or_another_subject_is_refused() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    for iss in ["&iss=http://evil.test", ""] {
        let asked = browser.login(&provider, "/login").await;
        let page = browser.get(&format!("/callback?code=c1&state={}{iss}", asked["state"])).await;
        assert!(page.status == StatusCode::BAD_REQUEST && page.html.contains("不是来自统一门户"));
    }

    let asked = browser.login(&provider, "/login").await;
    "another".clone_into(&mut provider.nonce.lock().unwrap());
    let page = browser.get(&back(&provider, &asked["state"], "code=c1")).await;
    assert!(page.status == StatusCode::BAD_GATEWAY && page.html.contains("未通过校验"));

    *provider.subject_of_info.lock().unwrap() = "s2";
    let asked = browser.login(&provider, "/login").await;
    assert_eq!(browser.get(&back(&provider, &asked["state"], "code=c1")).await.status, StatusCode::BAD_GATEWAY);
    assert!(browser.get("/").await.html.contains("使用统一门户登录"));
}

#[tokio::test]
async fn a_refusal_and_an_unreachable_portal_are_pages() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    let asked = browser.login(&provider, "/login?lang=en").await;
    assert_eq!(asked["ui_locales"], "en");
    let page = browser.get(&back(&provider, &asked["state"], "error=access_denied")).await;
    assert!(page.status == StatusCode::OK && page.html.contains("cancelled") && page.html.contains("lang=\"en\""));

    let mut alone = Browser::new("http://127.0.0.1:9");
    let page = alone.get("/login").await;
    assert!(page.status == StatusCode::BAD_GATEWAY && page.html.contains("暂时无法连接统一门户"));
}

/// A logout token that is in order, but for what a test changes.
fn logout_token(provider: &Provider, key: &EcdsaKeyPair, change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let now = NOW.seconds();
    let mut head = json!({"alg": "ES256", "kid": "k1", "typ": "logout+jwt"});
    let mut claims = json!({
        "iss": provider.issuer, "aud": "rp", "sub": "s1", "sid": "session-1", "iat": now, "exp": now + 120, "jti": "j1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    change(&mut head, &mut claims);
    signed(key, &head, &claims)
}

async fn tell(party: &Router, token: &str) -> StatusCode {
    let request = Request::post("/backchannel-logout")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("logout_token={token}")))
        .unwrap();
    send(party, request).await.status()
}

#[tokio::test]
async fn a_logout_token_ends_the_session_and_none_that_is_forged_unsigned_stale_or_another_s() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    let asked = browser.login(&provider, "/login").await;
    browser.get(&back(&provider, &asked["state"], "code=c1")).await;
    let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let own = |change: fn(&mut Value, &mut Value)| logout_token(&provider, &provider.key, change);
    let good = own(|_, _| ());
    let unsigned = format!(
        "{}.{}.",
        B64.encode(r#"{"alg":"none","kid":"k1","typ":"logout+jwt"}"#),
        good.split('.').nth(1).unwrap()
    );
    let bad = [
        logout_token(&provider, &stranger, |_, _| ()),
        unsigned,
        own(|head, _| head["typ"] = json!("JWT")),
        own(|_, claims| claims["iss"] = json!("https://evil.example")),
        own(|_, claims| claims["aud"] = json!("another")),
        own(|_, claims| claims["exp"] = json!(NOW.seconds())),
        own(|_, claims| claims["events"] = json!({})),
        own(|_, claims| claims["nonce"] = json!("n")),
        "nonsense".to_owned(),
    ];
    for token in bad {
        assert_eq!(tell(&browser.party, &token).await, StatusCode::BAD_REQUEST, "{token}");
    }
    assert_eq!(tell(&browser.party, &own(|_, claims| claims["sid"] = json!("session-2"))).await, StatusCode::OK);
    assert!(browser.get("/").await.html.contains("李明"), "another session's");
    assert_eq!(tell(&browser.party, &good).await, StatusCode::OK);
    assert!(browser.get("/").await.html.contains("使用统一门户登录"), "signed out");
}

#[tokio::test]
async fn the_front_channel_ends_the_session_that_it_names_and_the_portal_can_begin_one() {
    let provider = provider().await;
    let mut browser = Browser::new(&provider.issuer);
    let issuer: String = url::form_urlencoded::byte_serialize(provider.issuer.as_bytes()).collect();
    let page = browser.get(&format!("/initiate?iss={issuer}")).await;
    assert_eq!(page.location.as_deref(), Some("/login"));
    assert_eq!(browser.get("/initiate?iss=https%3A%2F%2Fevil.example").await.status, StatusCode::BAD_REQUEST);
    let asked = browser.login(&provider, "/login").await;
    browser.get(&back(&provider, &asked["state"], "code=c1")).await;
    let nobody = format!("?iss={issuer}");
    for wrong in ["", nobody.as_str(), "?iss=https%3A%2F%2Fevil.example&sid=session-1"] {
        assert_eq!(browser.get(&format!("/frontchannel-logout{wrong}")).await.status, StatusCode::BAD_REQUEST);
    }
    assert!(browser.get("/").await.html.contains("李明"));
    assert_eq!(browser.get(&format!("/frontchannel-logout?iss={issuer}&sid=session-1")).await.status, StatusCode::OK);
    assert!(browser.get("/").await.html.contains("使用统一门户登录"), "signed out");
}
