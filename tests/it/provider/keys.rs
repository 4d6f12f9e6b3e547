//! Signing keys and their rotation.

use std::path::Path;
use std::time::Duration;

use guiyi::keys::{PUBLICATION, RETENTION, SigningKeys, State, list, rotate};
use guiyi::protocol::signing::SigningAlgorithm;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::support::pkce;

/// Shorter than a session rests.
const TWENTY_MINUTES: Duration = Duration::from_secs(20 * 60);

/// The published keys.
async fn published(router: &axum::Router) -> JwkSet {
    let request = axum::http::Request::get("/jwks").body(axum::body::Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn kids(set: &JwkSet) -> Vec<String> {
    set.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// Checks a token as a relying party does, by the published keys.
pub async fn checked(world: &World, token: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).unwrap();
    let keys = published(&world.router).await;
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
}

async fn id_token(world: &World, browser: &mut Browser) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    redeem(world, &code, &verifier).await.1["id_token"].as_str().unwrap().to_owned()
}

fn folder(world: &World) -> &Path {
    &world.config.keys.directory
}

both! {
    async fn every_algorithm_signs_and_is_accepted_as_a_hint(world) {
        let mut world = world;
        let mut browser = signed_in(&world).await;
        for algorithm in SigningAlgorithm::ALL {
            world.restart_with(|c| c.clients[0].metadata.id_token_signed_response_alg = algorithm).await;
            browser.router = world.router.clone();
            let token = id_token(&world, &mut browser).await;
            let header = jsonwebtoken::decode_header(&token).unwrap();
            assert_eq!(format!("{:?}", header.alg), algorithm.as_str());
            assert_eq!(checked(&world, &token).await["iss"], "http://localhost:8080");
            let (_, challenge) = pkce();
            browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &token)])).await;
            assert!(param(&browser, "code").is_some(), "{algorithm:?}");
        }
    }

    async fn a_new_key_is_published_before_it_signs_and_an_old_one_after(world) {
        let (other, other_router) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let before = id_token(&world, &mut browser).await;
        let old = kids(&published(&world.router).await);
        rotate(folder(&world), &SigningAlgorithm::ALL, TWENTY_MINUTES, world.clock.now()).unwrap();
        rotate(folder(&world), &SigningAlgorithm::ALL, TWENTY_MINUTES, world.clock.now()).unwrap();
        for (app, router) in [(&world.app, &world.router), (&other, &other_router)] {
            assert!(app.signing.refresh().unwrap(), "no restart");
            assert!(!app.signing.refresh().unwrap());
            let now = kids(&published(router).await);
            assert_eq!(now.len(), 8, "one successor each, however often the command is given");
            assert!(old.iter().all(|kid| now.contains(kid)));
        }
        assert_eq!(kids(&published(&world.router).await), kids(&published(&other_router).await));
        let still = id_token(&world, &mut browser).await;
        assert_eq!(kid(&still), kid(&before), "it doesn't sign yet");

        world.advance(TWENTY_MINUTES.as_secs());
        let after = id_token(&world, &mut browser).await;
        assert!(!old.contains(&kid(&after)), "its time has come, and nobody did anything");
        checked(&world, &after).await;
        checked(&world, &before).await;
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", &before)])).await;
        assert!(param(&browser, "code").is_some(), "the old key's tokens are still hints");

        world.advance(RETENTION.as_secs());
        assert!(world.app.signing.refresh().unwrap());
        let now = kids(&published(&world.router).await);
        assert_eq!((now.len(), now.iter().any(|kid| old.contains(kid))), (4, false));
        assert!(list(folder(&world), world.clock.now()).unwrap().iter().any(|key| key.state == State::Gone));
        rotate(folder(&world), &[], PUBLICATION, world.clock.now()).unwrap();
        assert!(list(folder(&world), world.clock.now()).unwrap().iter().all(|key| key.state == State::Signing));
    }

    async fn in_an_emergency_the_new_key_signs_at_once(world) {
        let mut browser = signed_in(&world).await;
        let before = id_token(&world, &mut browser).await;
        world.advance(1);
        rotate(folder(&world), &[SigningAlgorithm::ES256], Duration::ZERO, world.clock.now()).unwrap();
        world.app.signing.refresh().unwrap();
        let after = id_token(&world, &mut browser).await;
        assert_ne!(kid(&before), kid(&after));
        checked(&world, &before).await;
        std::fs::remove_file(folder(&world).join("es256.pem")).unwrap();
        world.app.signing.refresh().unwrap();
        assert!(!kids(&published(&world.router).await).contains(&kid(&before)), "a stolen key is taken away");
        assert_eq!(kid(&id_token(&world, &mut browser).await), kid(&after));
    }

    async fn what_an_interrupted_rotation_leaves_changes_nothing(world) {
        let before = kids(&published(&world.router).await);
        std::fs::write(folder(&world).join(".es256-1795489200.pem.4711"), "-----BEGIN PRIV").unwrap();
        std::fs::write(folder(&world).join("es256-old.pem"), "an operator's copy").unwrap();
        assert!(!world.app.signing.refresh().unwrap());
        std::fs::write(folder(&world).join("es256-1795489200.pem"), "no key").unwrap();
        assert!(world.app.signing.refresh().is_err(), "others can read it, and it is none");
        assert_eq!(kids(&published(&world.router).await), before, "the ones in use stay");
        // A later rotation tidies up what nobody can still be writing, and touches no file of anybody else's.
        std::fs::remove_file(folder(&world).join("es256-1795489200.pem")).unwrap();
        let left = |name: &str| folder(&world).join(name).exists();
        let others = [".es256-1795489200.pem.bak.x", ".es256.pem.4711", ".es256-1795489200.txt.4711", "es256-old.pem", ".profile"];
        for name in others {
            std::fs::write(folder(&world).join(name), "somebody's").unwrap();
        }
        for (seconds, stays) in [(0, true), (2 * 60 * 60, true), (1, false)] {
            world.advance(seconds);
            rotate(folder(&world), &[], PUBLICATION, world.clock.now()).unwrap();
            assert_eq!(left(".es256-1795489200.pem.4711"), stays, "{seconds}");
            assert!(others.iter().all(|name| left(name)));
        }
    }
}

#[test]
fn the_command_lists_and_rotates() {
    let folder = std::env::temp_dir().join(format!("guiyi-rotate-{}", guiyi::clock::Random::system().token::<9>()));
    SigningKeys::load(&folder.join("keys"), &guiyi::clock::Clock::System).unwrap();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guiyi"));
        let output = command.arg("keys").args(args).arg("--demo-dir").arg(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&["list"]).matches(" signs (").count(), 4);
    let waiting = run(&["rotate", "--algorithm", "rs256,ES256"]);
    assert_eq!(waiting.matches("published, signs from").count(), 2, "{waiting}");
    let at_once = run(&["rotate", "--algorithm", "EdDSA", "--now"]);
    assert_eq!(at_once.matches("published until").count(), 1, "{at_once}");
    assert!(at_once.starts_with("clients that keep"));
    assert!(run(&["rotate", "--algorithm", "PS256", "--activate-after", "600"]).contains("PS256"));
    std::fs::remove_dir_all(folder).unwrap();
}
