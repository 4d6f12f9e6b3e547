//! Request objects by value and by reference.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use guiyi::protocol::client_metadata::{AuthMethod, ClientMetadata};
use guiyi::secret::Secret;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::*;
use crate::support::{BOOKING, Signer, changed, endpoint, listen_tls, pkce, through, unsigned};

const ISSUER: &str = "http://localhost:8080";
/// The world's fixed clock, in seconds.
const NOW: i64 = 1_795_485_600;

fn object(challenge: &str) -> Value {
    json!({
        "iss": BOOKING, "aud": ISSUER, "client_id": BOOKING, "response_type": "code", "scope": "openid profile",
        "redirect_uri": "http://localhost:8081/callback", "state": "state-inside", "nonce": "nonce-inside",
        "code_challenge": challenge, "code_challenge_method": "S256",
    })
}

async fn with(mut world: World, change: impl FnOnce(&mut ClientMetadata)) -> World {
    world.restart_with(|config| change(&mut config.clients[0].metadata)).await;
    world
}

async fn with_key(world: World, signer: &Signer) -> World {
    let jwks = signer.jwks();
    with(world, |metadata| metadata.jwks = Some(jwks)).await
}

/// A request with nothing but these parameters.
fn bare(params: &[(&str, &str)]) -> String {
    format!("/authorize?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish())
}

/// The error of a request whose open parameters tell the way back.
async fn error_of(world: &World, challenge: &str, object: &str) -> Option<String> {
    let mut browser = world.browser();
    browser.get(&query(challenge, &[("request", object), ("prompt", "none")])).await;
    let error = param(&browser, "error");
    if error.as_deref() == Some("invalid_request_object") {
        assert_eq!(param(&browser, "state").as_deref(), Some("state-1"));
    }
    error
}

both! {
    async fn an_object_alone_is_a_whole_request(world) {
        let (verifier, challenge) = pkce();
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        let mut world = world;
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256, Algorithm::EdDSA] {
            let signer = Signer::new(algorithm, "k1");
            world = with_key(world, &signer).await;
            browser.router = world.router.clone();
            let object = signer.sign(&object(&challenge));
            browser.get(&bare(&[("client_id", BOOKING), ("request", &object)])).await;
            assert_eq!(param(&browser, "state").as_deref(), Some("state-inside"));
            let code = param(&browser, "code").unwrap();
            assert_eq!(redeem(&world, &code, &verifier).await.0, 200);
        }
    }

    async fn what_is_inside_wins_and_the_query_adds_to_it(world) {
        let (_, challenge) = pkce();
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        let inside = changed(&object(&challenge), &[("max_age", json!(3600)), ("response_mode", json!("fragment")),
            ("claims", json!({"userinfo": {"preferred_username": null}}))]);
        let token = signer.sign(&inside);
        browser.get(&query(&challenge, &[("request", &token), ("redirect_uri", "https://evil.example/"), ("scope", "openid real_name"),
            ("response_mode", "query"), ("prompt", "none")])).await;
        let left = browser.left.clone().unwrap();
        assert!(left.starts_with("http://localhost:8081/callback#code="), "{left}");
        assert!(left.contains("state=state-inside"));
        let outside = signer.sign(&changed(&object(&challenge), &[("state", Value::Null), ("scope", Value::Null)]));
        browser.get(&query(&challenge, &[("request", &outside), ("prompt", "none")])).await;
        assert_eq!(param(&browser, "state").as_deref(), Some("state-1"), "what isn't inside comes from the query");
        // POST to the endpoint (OpenID Connect Core, section 3.1.2.1) takes it too.
        browser.post("/authorize", &[("client_id", BOOKING), ("request", &token), ("prompt", "none")]).await;
        assert!(browser.left.clone().unwrap().contains("#code="));
    }

    async fn an_object_that_is_not_the_client_s_own_is_refused(world) {
        let (_, challenge) = pkce();
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        let good = object(&challenge);
        let refused = Some("invalid_request_object".to_owned());
        assert_eq!(error_of(&world, &challenge, &unsigned(&good)).await, refused, "none");
        assert_eq!(error_of(&world, &challenge, &Signer::new(Algorithm::ES256, "k1").sign(&good)).await, refused);
        let hmac = Signer::shared(&signer.jwk().to_string()).headed(|header| header.kid = Some("k1".into()));
        assert_eq!(error_of(&world, &challenge, &hmac.sign(&good)).await, refused, "HS256 with a public key");
        assert_eq!(error_of(&world, &challenge, "x.y.z").await, refused);
        for change in [
            ("iss", json!("social-security")), ("iss", Value::Null), ("aud", json!("https://other.example")), ("aud", Value::Null),
            ("exp", json!(NOW)), ("exp", json!("never")), ("nbf", json!(NOW + 3600)), ("client_id", json!("social-security")),
            ("client_id", json!(7)), ("response_type", json!("token")), ("request", json!("x")), ("request_uri", json!("https://x.example/")),
            ("sub", json!(BOOKING)), ("prompt", json!(["none"])), ("nonce", json!("x".repeat(4097))), ("state", json!("a\u{0}b")),
        ] {
            let token = signer.sign(&changed(&good, std::slice::from_ref(&change)));
            if token.len() > 4096 {
                continue; // not a parameter by value
            }
            assert_eq!(error_of(&world, &challenge, &token).await, refused, "{change:?}");
        }
        assert_eq!(error_of(&world, &challenge, &signer.sign(&good)).await.as_deref(), Some("login_required"));
        let both = query(&challenge, &[("request", "x.y.z"), ("request_uri", "https://x.example/")]);
        let mut browser = world.browser();
        browser.get(&both).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"));
        browser.get(&bare(&[("client_id", BOOKING), ("request", "x.y.z")])).await;
        assert_eq!((browser.status, browser.left.is_none()), (400, true), "without a way back it is a page");
        let elsewhere = signer.sign(&changed(&good, &[("redirect_uri", json!("https://evil.example/"))]));
        browser.get(&query(&challenge, &[("request", &elsewhere)])).await;
        assert_eq!((browser.status, browser.left.is_none()), (400, true), "a redirect URI inside is proven like any other");
    }

    async fn an_assertion_is_no_request_object_and_the_reverse(world) {
        let (_, challenge) = pkce();
        let signer = Signer::new(Algorithm::ES256, "k1");
        let mut world = with_key(world, &signer).await;
        world.restart_with(|config| {
            config.clients[0].secret = None;
            config.clients[0].metadata.token_endpoint_auth_method = Some(AuthMethod::PrivateKeyJwt);
        }).await;
        let is_in = async |token: &str| {
            let form = [("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", token),
                ("client_id", BOOKING), ("token", "none")];
            endpoint(&world.router, "/revoke", None, &form).await.0 == 200
        };
        // What both have, and what tells them apart.
        let common = changed(&object(&challenge), &[("jti", json!("an-id-of-its-own")), ("iat", json!(NOW)), ("exp", json!(NOW + 60))]);
        let assertion = signer.sign(&changed(&common, &[("sub", json!(BOOKING))]));
        let object = signer.sign(&common);
        assert_eq!(error_of(&world, &challenge, &assertion).await.as_deref(), Some("invalid_request_object"));
        assert_eq!(error_of(&world, &challenge, &object).await.as_deref(), Some("login_required"));
        assert!(!is_in(&object).await);
        assert!(is_in(&assertion).await);
    }

    async fn a_client_may_fix_the_algorithm_or_require_objects(world) {
        let (_, challenge) = pkce();
        let signer = Signer::new(Algorithm::RS256, "k1");
        let jwks = signer.jwks();
        let world = with(world, |metadata| {
            metadata.jwks = Some(jwks);
            metadata.request_object_signing_alg = Some("PS256".into());
            metadata.require_signed_request_object = true;
        }).await;
        let refused = error_of(&world, &challenge, &signer.sign(&object(&challenge))).await;
        assert_eq!(refused.as_deref(), Some("invalid_request_object"));
        let world = with(world, |metadata| metadata.request_object_signing_alg = None).await;
        let mut browser = world.browser();
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_request"), "an open request");
        let token = signer.sign(&changed(&object(&challenge), &[("scope", Value::Null)]));
        browser.get(&query(&challenge, &[("request", &token)])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("invalid_scope"), "nothing of the query is added");
    }

    async fn a_list_of_resources_inside_names_each_of_them(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let mut world = with_key(world, &signer).await;
        let (tax, land) = ("https://tax.example.gov.cn", "https://land.example.gov.cn/api");
        world.restart_with(|config| config.clients[0].resources = vec![tax.into(), land.into()]).await;
        let mut browser = signed_in(&world).await;
        let secret = world.config.clients[0].secret.as_ref().unwrap().expose().to_owned();
        for (inside, outside, audience) in [
            (json!([tax, land]), "", json!([tax, land])),
            (json!([land]), "", json!(land)),
            (json!(tax), "", json!(tax)),
            // What is inside wins, and nothing of the query is added to the list.
            (json!([land]), tax, json!(land)),
            (json!([]), tax, json!(ISSUER)),
            (Value::Null, tax, json!(tax)),
        ] {
            let (verifier, challenge) = pkce();
            let token = signer.sign(&changed(&object(&challenge), &[("resource", inside.clone())]));
            let code = code(&mut browser, &challenge, &[("request", &token), ("resource", outside)]).await;
            let (_, tokens) = redeem(&world, &code, &verifier).await;
            let access = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{inside}: {tokens}"));
            let (_, told) = endpoint(&world.router, "/introspect", Some((BOOKING, &secret)), &[("token", access)]).await;
            assert_eq!(told["aud"], audience, "{inside} {outside}");
        }
        let (_, challenge) = pkce();
        for (inside, error) in [
            (json!([tax, "https://evil.example"]), "invalid_target"),
            (json!([tax, 7]), "invalid_request_object"),
            (json!([[tax]]), "invalid_request_object"),
            (json!({ "resource": tax }), "invalid_target"),
            (json!(vec![tax; 65]), "invalid_request_object"),
        ] {
            let token = signer.sign(&changed(&object(&challenge), &[("resource", inside.clone())]));
            assert_eq!(error_of(&world, &challenge, &token).await.as_deref(), Some(error), "{inside}");
        }
        // No other parameter may be a list.
        let token = signer.sign(&changed(&object(&challenge), &[("scope", json!(["openid", "profile"]))]));
        assert_eq!(error_of(&world, &challenge, &token).await.as_deref(), Some("invalid_request_object"));
    }

    async fn a_shared_secret_signs_objects_of_a_client_that_signs_with_it(world) {
        let (_, challenge) = pkce();
        let mut world = world;
        let secret = "a-secret-of-thirty-two-or-more-bytes";
        let token = Signer::shared(secret).sign(&object(&challenge));
        world.restart_with(|config| config.clients[0].secret = Some(Secret::new(secret))).await;
        assert_eq!(error_of(&world, &challenge, &token).await.as_deref(), Some("invalid_request_object"));
        let world = with(world, |metadata| metadata.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt)).await;
        assert_eq!(error_of(&world, &challenge, &token).await.as_deref(), Some("login_required"));
    }

    async fn an_object_by_reference_is_fetched_from_a_registered_place_alone(world) {
        let (_, challenge) = pkce();
        let signer = Signer::new(Algorithm::ES256, "k1");
        let asked = Arc::new(AtomicUsize::new(0));
        let served = Arc::new(Mutex::new((StatusCode::OK, signer.sign(&object(&challenge)))));
        let (answer, counter) = (Arc::clone(&served), Arc::clone(&asked));
        let port = listen_tls(Router::new().route("/object", get(async move || {
            counter.fetch_add(1, Ordering::SeqCst);
            answer.lock().unwrap().clone().into_response()
        }))).await;
        let place = format!("https://localhost:{port}/object");
        let with_fragment = format!("{place}#Yb4Rk3");
        let jwks = signer.jwks();
        let uris = vec![with_fragment.clone(), "https://127.0.0.1/object".into()];
        let mut world = with(world, |metadata| (metadata.jwks, metadata.request_uris) = (Some(jwks), uris)).await;
        let error = async |world: &World, uri: &str| {
            let mut browser = world.browser();
            browser.get(&query(&challenge, &[("request_uri", uri), ("prompt", "none")])).await;
            param(&browser, "error").unwrap()
        };
        assert_eq!(error(&world, &with_fragment).await, "invalid_request_uri", "the policy forbids this machine");
        world.restart_with(|config| config.egress = through(&[port])).await;
        for uri in [place.as_str(), "https://evil.example/object", "http://localhost/", "x", "https://127.0.0.1/object",
            "urn:ietf:params:oauth:request_uri:x", &format!("{place}?x=1#Yb4Rk3"), &format!("{place}#Yb4Rk4")] {
            assert_eq!(error(&world, uri).await, "invalid_request_uri", "{uri}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        assert_eq!(error(&world, &with_fragment).await, "login_required");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        let mut browser = signed_in(&world).await;
        code(&mut browser, &challenge, &[]).await;
        browser.get(&bare(&[("client_id", BOOKING), ("request_uri", &with_fragment), ("response_type", "code"), ("scope", "openid")])).await;
        assert_eq!(param(&browser, "state").as_deref(), Some("state-inside"));
        assert!(param(&browser, "code").is_some());
        *served.lock().unwrap() = (StatusCode::OK, "x".repeat(20_000));
        assert_eq!(error(&world, &with_fragment).await, "invalid_request_uri", "too large");
        *served.lock().unwrap() = (StatusCode::NOT_FOUND, String::new());
        assert_eq!(error(&world, &with_fragment).await, "invalid_request_uri");
        *served.lock().unwrap() = (StatusCode::OK, unsigned(&object(&challenge)));
        assert_eq!(error(&world, &with_fragment).await, "invalid_request_object");
    }

    async fn the_client_s_defaults_stand_where_the_request_says_nothing(world) {
        let (verifier, challenge) = pkce();
        let world = with(world, |metadata| {
            metadata.default_max_age = Some(600);
            metadata.default_acr_values = vec!["urn:guiyi:i2:a1".into()];
        }).await;
        let mut browser = signed_in(&world).await;
        let code = code(&mut browser, &challenge, &[]).await;
        assert_eq!(redeem(&world, &code, &verifier).await.0, 200);
        world.advance(1200);
        browser.get(&query(&challenge, &[("prompt", "none")])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "the sign-in is older than the default");
        browser.get(&query(&challenge, &[("prompt", "none"), ("max_age", "3600")])).await;
        assert!(param(&browser, "code").is_some(), "the request's own goes before");
        browser.get(&query(&challenge, &[])).await;
        let stored = world.text("SELECT request FROM interactions ORDER BY created_at DESC LIMIT 1").await;
        assert!(stored.contains("urn:guiyi:i2:a1") && stored.contains("\"max_age\":600"), "{stored}");
        world.advance(1);
        browser.get(&query(&challenge, &[("acr_values", "urn:guiyi:i1:a1")])).await;
        let stored = world.text("SELECT request FROM interactions ORDER BY created_at DESC LIMIT 1").await;
        assert!(stored.contains("[\"urn:guiyi:i1:a1\"]"), "{stored}");
    }
}
