//! Client assertions: `private_key_jwt` and `client_secret_jwt`, and the keys of clients.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::routing::get;
use axum::{Json, Router};
use guiyi::clock::Random;
use guiyi::config::Config;
use guiyi::protocol::client_metadata::AuthMethod;
use guiyi::secret::Secret;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::*;
use crate::support::{BOOKING, Signer, changed, endpoint, listen_tls, pkce, through, token, unsigned};

const ISSUER: &str = "http://localhost:8080";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The world's fixed clock, in seconds.
const NOW: i64 = 1_795_485_600;

fn claims() -> Value {
    let id = Random::system().token::<16>();
    json!({ "iss": BOOKING, "sub": BOOKING, "aud": ISSUER, "jti": id, "iat": NOW, "exp": NOW + 60 })
}

/// Makes the demonstration's client one that signs.
fn keyed(config: &mut Config, jwks: Value) {
    let client = &mut config.clients[0];
    client.secret = None;
    client.metadata.token_endpoint_auth_method = Some(AuthMethod::PrivateKeyJwt);
    client.metadata.jwks = Some(jwks);
}

async fn with_key(mut world: World, signer: &Signer) -> World {
    world.restart_with(|config| keyed(config, signer.jwks())).await;
    world
}

/// Whether an assertion gets a client in: a token that is none is revoked with it.
async fn is_in(world: &World, assertion: &str) -> bool {
    let form = [("client_assertion_type", TYPE), ("client_assertion", assertion), ("token", "none")];
    match endpoint(&world.router, "/revoke", None, &form).await {
        (200, _) => true,
        (401, answer) => {
            assert_eq!(answer["error"], "invalid_client");
            false
        }
        other => panic!("{other:?}"),
    }
}

both! {
    async fn a_client_redeems_introspects_and_revokes_with_its_key(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let code = code(&mut browser, &challenge, &[]).await;
        let assertion = signer.sign(&claims());
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("client_id", BOOKING),
            ("redirect_uri", "http://localhost:8081/callback"), ("code_verifier", verifier.as_str()),
            ("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())];
        let (status, tokens) = token(&world.router, None, &form).await;
        assert_eq!(status, 200, "{tokens}");
        let access = tokens["access_token"].as_str().unwrap();
        let assertion = signer.sign(&claims());
        let form = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str()), ("token", access)];
        assert_eq!(endpoint(&world.router, "/introspect", None, &form).await.1["active"], true);
        assert!(is_in(&world, &signer.sign(&claims())).await);
    }

    async fn every_registered_algorithm_of_a_key_is_taken(world) {
        let mut world = world;
        for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA] {
            let signer = Signer::new(algorithm, "k1");
            world = with_key(world, &signer).await;
            assert!(is_in(&world, &signer.sign(&claims())).await, "{algorithm:?}");
            assert!(!is_in(&world, &Signer::new(algorithm, "k1").sign(&claims())).await, "another's {algorithm:?}");
        }
    }

    async fn the_audience_of_an_assertion_is_the_issuer_alone(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let mut world = with_key(world, &signer).await;
        let endpoint = json!("http://localhost:8080/token");
        for aud in [endpoint.clone(), json!([ISSUER, "https://other.example"]), json!("https://other.example"), json!([]),
            json!(format!("{ISSUER}/")), json!("http://localhost:8080/tokens"), Value::Null] {
            assert!(!is_in(&world, &signer.sign(&changed(&claims(), &[("aud", aud.clone())]))).await, "{aud}");
        }
        assert!(is_in(&world, &signer.sign(&changed(&claims(), &[("aud", json!([ISSUER]))]))).await);
        world.restart_with(|config| config.clients[0].token_endpoint_as_audience = true).await;
        assert!(is_in(&world, &signer.sign(&changed(&claims(), &[("aud", endpoint.clone())]))).await, "by an explicit switch");
        assert!(is_in(&world, &signer.sign(&claims())).await);
        let both = json!([ISSUER, endpoint]);
        assert!(!is_in(&world, &signer.sign(&changed(&claims(), &[("aud", both)]))).await);
    }

    async fn an_assertion_is_good_once_on_every_node(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        let assertion = signer.sign(&claims());
        let mut set = tokio::task::JoinSet::new();
        let (_, other) = world.second_node().await;
        for router in [world.router.clone(), other].into_iter().cycle().take(8) {
            let assertion = assertion.clone();
            set.spawn(async move {
                let form = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str()), ("token", "none")];
                endpoint(&router, "/revoke", None, &form).await.0
            });
        }
        let won = set.join_all().await.into_iter().filter(|status| *status == 200).count();
        assert_eq!(won, 1);
        let again = changed(&claims(), &[("jti", json!("the-same"))]);
        assert!(is_in(&world, &signer.sign(&again)).await);
        assert!(!is_in(&world, &signer.sign(&changed(&again, &[("exp", json!(NOW + 50))]))).await, "the same jti, other claims");
        for jti in [Value::Null, json!(""), json!("x".repeat(257)), json!(7)] {
            assert!(!is_in(&world, &signer.sign(&changed(&claims(), &[("jti", jti)]))).await);
        }
        let kept = world.count("spent_tickets").await;
        world.advance(3600);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert!(world.count("spent_tickets").await < kept, "what has expired is swept");
    }

    async fn times_and_parties_of_an_assertion_are_looked_at(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        for change in [
            ("exp", Value::Null), ("exp", json!(NOW)), ("exp", json!(NOW - 1)), ("exp", json!(NOW + 3600)),
            ("exp", json!("soon")), ("exp", json!(1e300)), ("nbf", json!(NOW + 120)), ("nbf", json!("now")), ("iat", json!(NOW + 120)),
            ("iss", json!("social-security")), ("sub", json!("social-security")), ("iss", Value::Null), ("sub", Value::Null),
            ("sub", json!(["real-estate-booking"])),
        ] {
            assert!(!is_in(&world, &signer.sign(&changed(&claims(), std::slice::from_ref(&change)))).await, "{change:?}");
        }
        let other = changed(&claims(), &[("iss", json!("social-security")), ("sub", json!("social-security"))]);
        assert!(!is_in(&world, &signer.sign(&other)).await, "for another client");
        let form = [("client_id", "social-security"), ("client_assertion_type", TYPE),
            ("client_assertion", &signer.sign(&claims())), ("token", "none")];
        assert_eq!(endpoint(&world.router, "/revoke", None, &form).await.0, 401, "client_id must be the same");
        let assertion = signer.sign(&claims());
        let saml = [("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
            ("client_assertion", assertion.as_str()), ("token", "none")];
        assert_eq!(endpoint(&world.router, "/revoke", None, &saml).await.0, 401);
        let twice = [("client_id", BOOKING), ("client_secret", "x"), ("client_assertion_type", TYPE),
            ("client_assertion", assertion.as_str()), ("token", "none")];
        assert_eq!(endpoint(&world.router, "/revoke", None, &twice).await.1["error"], "invalid_request", "one way, not two");
        assert!(is_in(&world, &assertion).await, "none of that has used it up");
    }

    async fn algorithms_can_not_be_confused(world) {
        let mut world = world;
        let signer = Signer::new(Algorithm::RS256, "k1");
        world = with_key(world, &signer).await;
        assert!(!is_in(&world, &unsigned(&claims())).await, "none");
        let jwk = signer.jwk();
        for public in [jwk["n"].as_str().unwrap().to_owned(), jwk.to_string(), signer.jwks().to_string()] {
            let forged = Signer::shared(&public).headed(|header| header.kid = Some("k1".into()));
            assert!(!is_in(&world, &forged.sign(&claims())).await, "HS256 with a public key");
        }
        let wrong_curve = Signer::new(Algorithm::ES384, "k1");
        world = with_key(world, &wrong_curve).await;
        assert!(!is_in(&world, &wrong_curve.sign(&claims())).await, "a curve that isn't taken");
        let as_es256 = Signer::new(Algorithm::ES256, "k1");
        assert!(!is_in(&world, &as_es256.sign(&claims())).await, "a key of another curve");
        world.restart_with(|config| {
            keyed(config, signer.jwks());
            config.clients[0].metadata.token_endpoint_auth_signing_alg = Some("PS256".into());
        }).await;
        assert!(!is_in(&world, &signer.sign(&claims())).await, "not the registered algorithm");
    }

    async fn a_key_that_the_token_brings_or_points_to_is_not_used(world) {
        let own = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &own).await;
        let evil = Signer::new(Algorithm::ES256, "k1");
        let evil_keys = evil.jwks();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let port = listen_tls(Router::new().route("/jwks", get(async move || {
            counter.fetch_add(1, Ordering::SeqCst);
            Json(evil_keys)
        }))).await;
        let mut world = world;
        world.restart_with(|config| config.egress = through(&[port])).await;
        let place = format!("https://localhost:{port}/jwks");
        let jwk = serde_json::from_value(evil.jwk()).unwrap();
        for forged in [
            evil.headed(|header| header.jwk = Some(jwk)),
            evil.headed(|header| header.jku = Some(place.clone())),
            evil.headed(|header| header.x5u = Some(place.clone())),
            evil.headed(|header| header.kid = Some("../../k1".into())),
            evil.headed(|header| header.kid = Some("' OR 1=1 --".into())),
            evil.headed(|header| header.kid = None),
        ] {
            assert!(!is_in(&world, &forged.sign(&claims())).await);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        assert!(is_in(&world, &own.headed(|header| header.kid = None).sign(&claims())).await, "a kid may be missing");
    }

    async fn oversized_nested_and_mangled_assertions_are_refused(world) {
        let signer = Signer::new(Algorithm::ES256, "k1");
        let world = with_key(world, &signer).await;
        let nested = signer.headed(|header| header.cty = Some("JWT".into()));
        assert!(!is_in(&world, &nested.sign(&claims())).await);
        let critical = signer.headed(|header| header.crit = Some(vec!["exp".into()]));
        assert!(!is_in(&world, &critical.sign(&claims())).await);
        let good = signer.sign(&claims());
        for mangled in [format!("{good}.x.y"), format!("{good}A"), good.replacen('.', "..", 1), "..".into(), "x".into(),
            good[..good.len() - 4].to_owned(), format!("{good}=")] {
            assert!(!is_in(&world, &mangled).await, "{mangled}");
        }
        let large = signer.sign(&changed(&claims(), &[("x", json!("y".repeat(8000)))]));
        let form = [("client_assertion_type", TYPE), ("client_assertion", large.as_str()), ("token", "none")];
        assert_eq!(endpoint(&world.router, "/revoke", None, &form).await.0, 400);
        assert!(is_in(&world, &good).await);
    }

    async fn a_client_secret_signs_for_a_client_that_is_registered_so(world) {
        let mut world = world;
        let secret = "a-secret-of-thirty-two-or-more-bytes";
        let signer = Signer::shared(secret);
        assert!(!is_in(&world, &signer.sign(&claims())).await, "a client of another method");
        world.restart_with(|config| {
            config.clients[0].secret = Some(Secret::new(secret));
            config.clients[0].metadata.token_endpoint_auth_method = Some(AuthMethod::ClientSecretJwt);
        }).await;
        assert!(is_in(&world, &signer.sign(&claims())).await);
        assert!(!is_in(&world, &Signer::shared("another-secret-of-that-length-00000").sign(&claims())).await);
        assert!(!is_in(&world, &unsigned(&claims())).await);
        let basic = endpoint(&world.router, "/revoke", Some((BOOKING, secret)), &[("token", "none")]).await;
        assert_eq!(basic.0, 401, "and never the secret itself");
    }

    async fn keys_are_fetched_again_for_an_unknown_kid_but_not_at_once(world) {
        let (first, second) = (Signer::new(Algorithm::ES256, "k1"), Signer::new(Algorithm::ES256, "k2"));
        let served = Arc::new(Mutex::new(first.jwks()));
        let asked = Arc::new(AtomicUsize::new(0));
        let (keys, counter) = (Arc::clone(&served), Arc::clone(&asked));
        let port = listen_tls(Router::new().route("/jwks", get(async move || {
            counter.fetch_add(1, Ordering::SeqCst);
            Json(keys.lock().unwrap().clone())
        }))).await;
        let mut world = world;
        world.restart_with(|config| {
            keyed(config, Value::Null);
            config.clients[0].metadata.jwks = None;
            config.clients[0].metadata.jwks_uri = Some(format!("https://localhost:{port}/jwks").parse().unwrap());
        }).await;
        assert!(!is_in(&world, &first.sign(&claims())).await, "the policy forbids this machine");
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        world.restart_with(|config| config.egress = through(&[port])).await;
        assert!(is_in(&world, &first.sign(&claims())).await);
        assert!(is_in(&world, &first.sign(&claims())).await);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        *served.lock().unwrap() = second.jwks();
        for _ in 0..5 {
            assert!(!is_in(&world, &second.sign(&claims())).await);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1, "not so soon");
        world.advance(11);
        assert!(is_in(&world, &second.sign(&claims())).await);
        assert!(!is_in(&world, &first.sign(&claims())).await, "the old one is gone");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
