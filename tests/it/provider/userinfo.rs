//! Userinfo: how the token may come, and how the answer may be signed.

use axum::body::Body;
use axum::http::Request;
use guiyi::protocol::signing::SigningAlgorithm;
use serde_json::Value;
use tower::ServiceExt;

use super::claims::payload;
use super::keys::checked;
use super::*;
use crate::support::{BOOKING, pkce};

async fn tokens(world: &World, browser: &mut Browser) -> Value {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    redeem(world, &code, &verifier).await.1
}

/// Status, content type and body.
async fn ask(world: &World, request: Request<Body>) -> (u16, String, String) {
    let response = world.router.clone().oneshot(request).await.unwrap();
    let media = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, media, String::from_utf8(body.to_vec()).unwrap())
}

fn form() -> axum::http::request::Builder {
    Request::post("/userinfo").header("content-type", "application/x-www-form-urlencoded")
}

both! {
    async fn the_token_comes_in_the_header_or_the_form_and_never_in_the_query(world) {
        let mut browser = signed_in(&world).await;
        let tokens = tokens(&world, &mut browser).await;
        let access = tokens["access_token"].as_str().unwrap();
        let (header, body) = (format!("Bearer {access}"), format!("access_token={access}"));
        for request in [
            Request::get("/userinfo").header("authorization", &header).body(Body::empty()),
            Request::post("/userinfo").header("authorization", &header).body(Body::empty()),
            form().header("authorization", &header).body(Body::empty()),
            form().body(Body::from(body.clone())),
        ] {
            let (status, media, answer) = ask(&world, request.unwrap()).await;
            assert_eq!((status, media.as_str()), (200, "application/json"));
            assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["sub"], payload(&tokens)["sub"]);
        }
        let twice = form().header("authorization", &header).body(Body::from(body.clone())).unwrap();
        let (status, _, answer) = ask(&world, twice).await;
        assert_eq!((status, answer.contains("invalid_request")), (400, true));
        let repeated = form().body(Body::from(format!("{body}&{body}"))).unwrap();
        assert_eq!(ask(&world, repeated).await.0, 400);
        for path in [format!("/userinfo?{body}"), "/userinfo".to_owned()] {
            assert_eq!(ask(&world, Request::get(&path).body(Body::empty()).unwrap()).await.0, 401);
            assert_eq!(ask(&world, Request::post(&path).body(Body::empty()).unwrap()).await.0, 401);
        }
        let json = Request::post("/userinfo").header("content-type", "application/json").body(Body::from(body)).unwrap();
        assert_eq!(ask(&world, json).await.0, 401, "no form");
    }

    async fn userinfo_is_signed_for_a_client_that_is_registered_so(world) {
        let mut world = world;
        world.restart_with(|c| c.clients[0].metadata.userinfo_signed_response_alg = Some(SigningAlgorithm::RS256)).await;
        let mut browser = signed_in(&world).await;
        let tokens = tokens(&world, &mut browser).await;
        let header = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let request = Request::get("/userinfo").header("authorization", header).body(Body::empty()).unwrap();
        let (status, media, token) = ask(&world, request).await;
        assert_eq!((status, media.as_str()), (200, "application/jwt"));
        assert_eq!(jsonwebtoken::decode_header(&token).unwrap().alg, jsonwebtoken::Algorithm::RS256);
        let claims = checked(&world, &token).await;
        assert_eq!((&claims["iss"], &claims["aud"]), (&"http://localhost:8080".into(), &BOOKING.into()));
        assert_eq!((&claims["sub"], claims["preferred_username"].as_str()), (&payload(&tokens)["sub"], Some("liming")));
        assert!(claims.get("nonce").is_none());
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &token)])).await;
        assert_eq!(param(&browser, "error").as_deref(), Some("login_required"), "it is no ID token");
    }
}
