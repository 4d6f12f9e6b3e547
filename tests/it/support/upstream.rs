//! Federated systems from the outside: the demonstration's police, and a provider that does as it is told.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guiyi::config::{CarryOver, Connector, OpenidConnect, ProfileNames, System};
use guiyi::demo::police::Signer;
use guiyi::ids::SystemId;
use guiyi::secret::Secret;
use serde_json::{Value, json};

use super::Browser;
use super::world::listen;

const SECRET: &str = "the-secret-of-the-rogue-provider";

/// A parameter of the address that the browser was sent to.
pub fn parameter(browser: &Browser, name: &str) -> String {
    let left = browser.left.as_ref().unwrap_or_else(|| panic!("still at {}: {}", browser.at, browser.body));
    let url = url::Url::parse(left).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_else(|| panic!("no {name}"))
}

/// Signs in on the police's own page, to which the portal has led; gives the way back.
pub async fn at_police(browser: &Browser, account: &str, password: &str) -> String {
    let left = browser.left.as_ref().unwrap_or_else(|| panic!("still at {}: {}", browser.at, browser.body));
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = http.get(left).send().await.unwrap();
    assert!(page.status().is_success() && page.text().await.unwrap().contains("name=\"nonce\""));
    let url = url::Url::parse(left).unwrap();
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    match account {
        "" => form.push(("cancel".into(), "yes".into())),
        account => form.extend([("account".into(), account.into()), ("password".into(), password.into())]),
    }
    let answer = http.post(url.join("/authorize").unwrap()).form(&form).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    back.strip_prefix("http://localhost:8080").unwrap().to_owned()
}

/// How an ID token is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Signed,
    /// By another key of the same name.
    Foreign,
    /// `alg: none`
    None,
    /// `alg: HS256` with the client's secret.
    Hmac,
}

/// What comes of a refresh.
#[derive(Clone, Debug, PartialEq)]
pub enum Refresh {
    /// Tokens, with an ID token in which these claims are others.
    Tokens(Value),
    /// Tokens without an ID token.
    WithoutIdToken,
    /// Tokens with an ID token that another key has signed.
    Foreign,
    /// `invalid_grant`
    Refused,
    /// An error page.
    Down,
    /// An answer that comes too late.
    Slow,
}

/// A provider that does as it is told.
#[derive(Clone)]
pub struct Rogue {
    pub issuer: String,
    inner: Arc<Inner>,
}

struct Inner {
    signer: Signer,
    other: Signer,
    told: Mutex<Told>,
}

#[derive(Clone)]
struct Told {
    challenge: String,
    token: Token,
    claims: Value,
    info: Value,
    redeemed: Vec<String>,
    refresh: Refresh,
    /// The refresh token that is good, once one is given out, and those that were brought.
    good: String,
    refreshed: Vec<String>,
    /// It gives none, whoever asks.
    stingy: bool,
}

impl Rogue {
    pub async fn start() -> Self {
        let told = Told {
            challenge: String::new(),
            token: Token::Signed,
            claims: json!({}),
            info: json!({}),
            redeemed: Vec::new(),
            refresh: Refresh::Tokens(json!({})),
            good: String::new(),
            refreshed: Vec::new(),
            stingy: false,
        };
        let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
        let inner = Arc::new(Inner { signer, other, told: Mutex::new(told) });
        let (state, mut issuer) = (Arc::clone(&inner), String::new());
        listen(|url| {
            issuer = url.as_str().trim_end_matches('/').to_owned();
            Self { issuer: issuer.clone(), inner: state }.router()
        })
        .await;
        Self { issuer, inner }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(async |State(rogue): State<Self>| Json(json!({ "keys": [rogue.inner.signer.jwk()] }))))
            .route("/token", post(token))
            .route("/userinfo", get(async |State(rogue): State<Self>| Json(rogue.told().info)))
            .with_state(self)
    }

    fn told(&self) -> Told {
        self.inner.told.lock().unwrap().clone()
    }

    /// The system that it is in the portal's configuration.
    pub fn system(&self, id: &str) -> System {
        System {
            id: SystemId::from(id),
            name_zh: None,
            name_en: None,
            vouches: true,
            carry_over: CarryOver::No,
            sign_in: true,
            holds: None,
            connector: Connector::OpenidConnect(OpenidConnect {
                issuer: self.issuer.clone(),
                client_id: "portal".into(),
                client_secret: Secret::new(SECRET),
                scopes: String::new(),
                refresh_after: 600,
                userinfo: true,
                account: "preferred_username".into(),
                claims: ProfileNames::default(),
                verified_claim: Some("verified".into()),
                verified_value: "true".into(),
                origins: Vec::new(),
            }),
            enabled: true,
        }
    }

    /// Prepares the answer to what the browser was sent with, changed by `claims`; gives the way back with `code`.
    pub fn answer(&self, browser: &Browser, token: Token, claims: &Value, info: &Value, code: &str) -> String {
        let now = 1_795_485_600;
        let merge = |base: Value, more: &Value| {
            let (Value::Object(mut all), Value::Object(more)) = (base, more.clone()) else { unreachable!() };
            all.extend(more);
            Value::Object(all)
        };
        let usual = json!({
            "iss": self.issuer, "aud": "portal", "sub": "rogue-1", "iat": now, "exp": now + 300,
            "nonce": parameter(browser, "nonce"),
        });
        let usual_info = json!({
            "sub": "rogue-1", "preferred_username": "rogue", "verified": true, "name": "汪芳",
            "document_type": "resident_id", "document_number": "340111198507049989",
        });
        let mut told = self.inner.told.lock().unwrap();
        told.challenge = parameter(browser, "code_challenge");
        told.token = token;
        told.claims = merge(usual, claims);
        told.info = merge(usual_info, info);
        let state = parameter(browser, "state");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", code), ("state", &state), ("iss", &self.issuer)])
            .finish();
        format!("/upstream/callback?{query}")
    }

    /// What comes of refreshes from now on; `now` is their ID tokens' time.
    pub fn on_refresh(&self, refresh: Refresh, now: i64) {
        let mut told = self.inner.told.lock().unwrap();
        told.refresh = refresh;
        let Value::Object(claims) = &mut told.claims else { unreachable!() };
        claims.remove("nonce");
        claims.extend([("iat".to_owned(), json!(now)), ("exp".to_owned(), json!(now + 300))]);
    }

    /// No refresh tokens from now on.
    pub fn gives_no_refresh_tokens(&self) {
        self.inner.told.lock().unwrap().stingy = true;
    }

    /// The refresh tokens that were brought to it.
    pub fn refreshed(&self) -> Vec<String> {
        self.told().refreshed
    }

    /// The nonce of the sign-in that it has prepared an answer to.
    pub fn nonce(&self) -> String {
        self.told().claims["nonce"].as_str().unwrap().to_owned()
    }

    /// Changes what userinfo says.
    pub fn says(&self, info: Value) {
        self.inner.told.lock().unwrap().info = info;
    }

    /// The codes that were brought to it.
    pub fn redeemed(&self) -> Vec<String> {
        self.told().redeemed
    }
}

async fn metadata(State(rogue): State<Rogue>) -> Json<Value> {
    let issuer = &rogue.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn token(State(rogue): State<Rogue>, Form(form): Form<Vec<(String, String)>>) -> Response {
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    if field("grant_type") == "refresh_token" {
        return refresh(&rogue, field("refresh_token")).await;
    }
    rogue.inner.told.lock().unwrap().redeemed.push(field("code"));
    let told = rogue.told();
    if guiyi::crypto::sha256(&field("code_verifier")) != told.challenge {
        return (axum::http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "kid": "police-1" });
        [header, told.claims.clone()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
    };
    let id_token = match told.token {
        Token::Signed => rogue.inner.signer.sign(&told.claims).unwrap(),
        Token::Foreign => rogue.inner.other.sign(&told.claims).unwrap(),
        Token::None => format!("{}.", unsigned("none")),
        Token::Hmac => {
            let text = unsigned("HS256");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes());
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
        }
    };
    rogue.answer_with(Some(id_token))
}

impl Rogue {
    /// Tokens with the next refresh token: the one before isn't good any more.
    fn answer_with(&self, id_token: Option<String>) -> Response {
        let mut told = self.inner.told.lock().unwrap();
        told.good = format!("refresh-token-{}", told.refreshed.len());
        let mut tokens = json!({ "access_token": "t", "token_type": "Bearer", "refresh_token": told.good });
        let Value::Object(members) = &mut tokens else { unreachable!() };
        if told.stingy {
            members.remove("refresh_token");
        }
        members.extend(id_token.map(|id_token| ("id_token".to_owned(), json!(id_token))));
        Json(tokens).into_response()
    }
}

async fn refresh(rogue: &Rogue, token: String) -> Response {
    rogue.inner.told.lock().unwrap().refreshed.push(token.clone());
    let told = rogue.told();
    let refused = || (axum::http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    if token != told.good {
        return refused();
    }
    match told.refresh {
        Refresh::Tokens(others) => {
            let (Value::Object(mut claims), Value::Object(others)) = (told.claims, others) else { unreachable!() };
            claims.extend(others);
            claims.retain(|_, value| !value.is_null());
            rogue.answer_with(Some(rogue.inner.signer.sign(&Value::Object(claims)).unwrap()))
        }
        Refresh::WithoutIdToken => rogue.answer_with(None),
        Refresh::Foreign => rogue.answer_with(Some(rogue.inner.other.sign(&told.claims).unwrap())),
        Refresh::Refused => refused(),
        Refresh::Down => (axum::http::StatusCode::BAD_GATEWAY, "down").into_response(),
        Refresh::Slow => {
            tokio::time::sleep(std::time::Duration::from_secs(7)).await;
            rogue.answer_with(Some(rogue.inner.signer.sign(&told.claims).unwrap()))
        }
    }
}
