//! OpenID Connect Back-Channel Logout 1.0.

use serde_json::json;

use super::*;
use crate::migration::{NEW_PASSWORD, ZHANGWEI, migrate};
use crate::support::{BOOKING, Listener, RS256, RS256_SECRET, part, pkce, token, userinfo, verified};

/// The ID token of the demonstration's client.
async fn booking(world: &World, browser: &mut Browser) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    let (_, tokens) = redeem(world, &code, &verifier).await;
    tokens["id_token"].as_str().unwrap().to_owned()
}

/// The ID token of the second one.
async fn social(world: &World, browser: &mut Browser) -> String {
    let back = "https://social.example/callback?tenant=1";
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[("client_id", RS256), ("redirect_uri", back)]).await;
    let form =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", back), ("code_verifier", &verifier)];
    let (_, tokens) = token(&world.router, Some((RS256, RS256_SECRET)), &form).await;
    tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

/// A back channel of the demonstration's client.
pub async fn listening(mut world: World) -> (World, Listener) {
    let listener = Listener::start().await;
    world.restart_with(Listener::of(std::slice::from_ref(&listener))).await;
    (world, listener)
}

/// Signs in again with the password that the migration has set.
async fn enter(browser: &mut Browser) {
    enter_as(browser, "liming").await;
}

async fn enter_as(browser: &mut Browser, name: &str) {
    browser.get("/login").await;
    browser.submit(&[("identifier", name), ("password", NEW_PASSWORD)]).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
}

/// Signs out at the portal, as a person does it.
async fn sign_out(browser: &mut Browser) {
    browser.get("/logout").await;
    browser.submit(&[]).await;
    assert!(browser.shows("已退出登录"), "{}", browser.body);
}

pub async fn tell(world: &World) -> usize {
    guiyi::jobs::tell_clients(&world.app).await.unwrap()
}

async fn waiting(world: &World) -> i64 {
    world.scalar("SELECT COUNT(*) FROM outbox WHERE kind = 'logout' AND done_at IS NULL").await
}

both! {
    async fn every_client_of_the_session_gets_a_logout_token(world) {
        let mut world = world;
        let listeners = [Listener::start().await, Listener::start().await];
        world.restart_with(Listener::of(&listeners)).await;
        let mut browser = signed_in(&world).await;
        let ids = [booking(&world, &mut browser).await, social(&world, &mut browser).await];
        booking(&world, &mut browser).await;
        // Long after the grants have been swept.
        world.advance(20 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("grants").await, 0);
        assert_eq!(tell(&world).await, 0, "the session stands");
        browser.get("/account").await;
        sign_out(&mut browser).await;
        let metadata = world.text("SELECT payload FROM outbox WHERE kind = 'logout'").await;
        assert!(!metadata.contains('{') && !metadata.contains("eyJ"), "no token is stored: {metadata}");
        assert_eq!(tell(&world).await, 2);
        for ((listener, id), (client, alg)) in listeners.iter().zip(&ids).zip([(BOOKING, "ES256"), (RS256, "RS256")]) {
            let (header, claims) = verified(&world, &listener.token(), client);
            let id = part(id, 1);
            assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("logout+jwt"), Some(alg)));
            assert_eq!((&claims["sub"], &claims["sid"], &claims["iss"]), (&id["sub"], &id["sid"], &id["iss"]));
            assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
            assert_eq!(claims["iat"].as_i64().unwrap(), world.clock.now().seconds());
            assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 120);
            assert!(claims["jti"].as_str().unwrap().len() > 20 && claims.get("nonce").is_none());
        }
        world.advance(24 * 60 * 60);
        assert_eq!(tell(&world).await, 0);
        assert!(listeners.iter().all(|l| l.heard().is_empty()), "once is enough");
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("session_clients").await, 0, "swept with the session");
    }

    async fn a_client_that_fails_is_tried_again_with_growing_pauses_and_a_new_token(world) {
        let (mut world, listener) = listening(world).await;
        let mut browser = signed_in(&world).await;
        booking(&world, &mut browser).await;
        listener.answers(503);
        sign_out(&mut browser).await;
        assert_eq!(tell(&world).await, 0);
        let first = listener.token();
        world.advance(1);
        assert_eq!(tell(&world).await, 0);
        assert!(listener.heard().is_empty(), "not before its pause is over");
        world.advance(1);
        tell(&world).await;
        assert_eq!(listener.heard().len(), 1);
        world.advance(2);
        tell(&world).await;
        assert!(listener.heard().is_empty(), "the second pause is longer");
        // The portal is killed in between: nothing is lost.
        world.restart().await;
        world.advance(2);
        listener.answers(204);
        assert_eq!(tell(&world).await, 1);
        let last = listener.token();
        assert_ne!(part(&first, 1)["jti"], part(&last, 1)["jti"]);
        assert_eq!(verified(&world, &last, BOOKING).1["iat"].as_i64().unwrap(), world.clock.now().seconds());
        assert_eq!(waiting(&world).await, 0);
    }

    async fn a_refusal_is_final_and_nothing_is_told_after_a_day(world) {
        let (world, listener) = listening(world).await;
        let mut browser = signed_in(&world).await;
        booking(&world, &mut browser).await;
        listener.answers(400);
        sign_out(&mut browser).await;
        assert_eq!(tell(&world).await, 0);
        assert_eq!((listener.heard().len(), waiting(&world).await), (1, 0));

        enter(&mut browser).await;
        booking(&world, &mut browser).await;
        listener.answers(500);
        sign_out(&mut browser).await;
        world.advance(24 * 60 * 60 + 1);
        assert_eq!(tell(&world).await, 0);
        assert_eq!((listener.heard().len(), waiting(&world).await), (0, 0));
    }

    async fn a_client_that_is_switched_off_hears_nothing(world) {
        let (mut world, listener) = listening(world).await;
        let mut browser = signed_in(&world).await;
        booking(&world, &mut browser).await;
        sign_out(&mut browser).await;
        world.restart_with(|config| config.clients[0].enabled = false).await;
        assert_eq!(tell(&world).await, 0);
        assert_eq!((listener.heard().len(), waiting(&world).await), (0, 0));
    }

    async fn however_a_session_ends_its_clients_are_told(world) {
        let (world, listener) = listening(world).await;
        let mut first = signed_in(&world).await;
        // By a relying party's own logout.
        let hint = booking(&world, &mut first).await;
        first.get(&format!("/logout?id_token_hint={hint}")).await;
        assert_eq!(tell(&world).await, 1, "by a relying party");
        // Broken off at a shared machine.
        enter(&mut first).await;
        booking(&world, &mut first).await;
        first.get("/logout").await;
        let csrf = first.csrf();
        first.post("/leave", &[("csrf", &csrf)]).await;
        assert_eq!(tell(&world).await, 1, "left");
        // Replaced by another person's sign-in in the same browser.
        migrate(&world, &ZHANGWEI).await;
        enter(&mut first).await;
        booking(&world, &mut first).await;
        enter_as(&mut first, "zhangwei").await;
        assert_eq!(tell(&world).await, 1, "replaced");
        enter(&mut first).await;
        // From elsewhere: one, and all others.
        let mut second = world.browser();
        enter(&mut second).await;
        booking(&world, &mut second).await;
        first.get("/account/sessions").await;
        let csrf = first.csrf();
        first.post("/account/sessions/end-others", &[("csrf", &csrf)]).await;
        assert_eq!(tell(&world).await, 1, "from elsewhere");
        assert_eq!(listener.heard().len(), 4);
    }

    async fn whoever_signs_in_anew_keeps_the_session_and_no_client_is_told(world) {
        let mut world = world;
        let listeners = [Listener::start().await, Listener::start().await];
        world.restart_with(Listener::of(&listeners)).await;
        let (_app, other) = world.second_node().await;
        let mut browser = signed_in(&world).await;
        let (verifier, challenge) = pkce();
        let first = code(&mut browser, &challenge, &[]).await;
        let (_, tokens) = redeem(&world, &first, &verifier).await;
        let before = part(tokens["id_token"].as_str().unwrap(), 1);
        let mut old = browser.clone();
        old.router = other.clone();
        old.get("/account").await;
        assert_eq!(old.at, "/account", "both nodes know the session");
        for asks in [("prompt", "login"), ("max_age", "30"), ("max_age", "0")] {
            world.advance(60);
            let back = "https://social.example/callback?tenant=1";
            browser.get(&query(&challenge, &[("client_id", RS256), ("redirect_uri", back), asks])).await;
            assert!(browser.at.starts_with("/login?interaction="), "{asks:?}");
            browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
            if browser.left.is_none() {
                browser.submit(&[("decision", "allow")]).await;
            }
            assert!(param(&browser, "code").is_some(), "{asks:?}");
            // At once at the other node, which has the cookie of before in its memory.
            let mut there = browser.clone();
            there.router = other.clone();
            there.get("/account").await;
            assert_eq!(there.at, "/account", "{asks:?}");
            assert_eq!(tell(&world).await, 0, "{asks:?}: nobody has left");
        }
        assert_eq!(userinfo(&world.router, tokens["access_token"].as_str().unwrap()).await.0, 200);
        world.advance(1);
        for router in [&world.router, &other] {
            old.router = router.clone();
            old.get("/account").await;
            assert!(old.at.starts_with("/login"), "the cookie of before opens nothing");
        }
        let after = part(&booking(&world, &mut browser).await, 1);
        assert_eq!((&after["sid"], &after["sub"]), (&before["sid"], &before["sub"]));
        assert_eq!(after["auth_time"].as_i64().unwrap(), before["auth_time"].as_i64().unwrap() + 180, "the sign-in is the new one");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'sign_out'").await, 0);
        // Somebody else's sign-in ends it, and the client is told of what it knows.
        migrate(&world, &ZHANGWEI).await;
        browser.get(&query(&challenge, &[("prompt", "login")])).await;
        browser.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(tell(&world).await, 1);
        assert_eq!(verified(&world, &listeners[0].token(), BOOKING).1["sid"], before["sid"]);
        // A session that was ended meanwhile isn't revived by the sign-in.
        enter(&mut browser).await;
        let mut elsewhere = world.browser();
        enter(&mut elsewhere).await;
        let (mut one, id) = (browser.clone(), browser.jar["guiyi_session"].split_once('.').unwrap().0.to_owned());
        one.get("/login").await;
        world.execute(&format!("UPDATE sessions SET ended_at = 1 WHERE id = '{id}'")).await;
        one.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(one.at == "/account" && !one.jar["guiyi_session"].starts_with(&id), "{}", one.at);
    }

    async fn nothing_is_written_for_clients_without_a_logout_uri(world) {
        let mut browser = signed_in(&world).await;
        booking(&world, &mut browser).await;
        assert_eq!(world.count("session_clients").await, 0);
        sign_out(&mut browser).await;
        assert_eq!(waiting(&world).await, 0);
    }

    async fn a_logout_token_is_no_hint_and_a_swapped_sid_or_azp_is_a_forgery(world) {
        use base64::Engine;
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let (world, listener) = listening(world).await;
        let mut browser = signed_in(&world).await;
        let hint = booking(&world, &mut browser).await;
        sign_out(&mut browser).await;
        tell(&world).await;
        let told = listener.token();
        enter(&mut browser).await;
        let own = booking(&world, &mut browser).await;
        // The sid of the session that stands, in a token of another; an azp that wasn't there.
        let [mut claims, mut azp] = [part(&hint, 1), part(&own, 1)];
        claims["sid"] = part(&own, 1)["sid"].clone();
        azp["azp"] = json!(RS256);
        let forge = |claims: &serde_json::Value, of: &str| {
            let parts: Vec<&str> = of.split('.').collect();
            format!("{}.{}.{}", parts[0], engine.encode(claims.to_string()), parts[2])
        };
        let unsigned = format!("{}.{}.", engine.encode(r#"{"alg":"none","typ":"JWT"}"#), own.split('.').nth(1).unwrap());
        for bad in [told, forge(&claims, &hint), forge(&azp, &own), unsigned] {
            browser.get(&format!("/logout?id_token_hint={bad}")).await;
            assert_eq!(browser.status, 400, "{bad}");
        }
        browser.get(&format!("/logout?id_token_hint={hint}")).await;
        assert!(browser.shows("确定要退出") || browser.shows("是否同时退出"), "an ended session's hint asks");
        browser.get("/account").await;
        assert_eq!(browser.at, "/account", "still signed in");
    }
}
