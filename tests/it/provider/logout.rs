//! RP-initiated logout.

use super::*;
use crate::support::{pkce, userinfo};

async fn tokens(world: &World, browser: &mut Browser) -> (String, String) {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    let (_, tokens) = super::tokens::redeem(world, &code, &verifier).await;
    (tokens["id_token"].as_str().unwrap().to_owned(), tokens["access_token"].as_str().unwrap().to_owned())
}

fn path(params: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("/logout?{query}")
}

const BACK: (&str, &str) = ("post_logout_redirect_uri", "http://localhost:8081/logged-out");

both! {
    async fn the_session_s_own_hint_signs_out_at_once_and_ends_the_tokens(world) {
        let mut browser = signed_in(&world).await;
        let (hint, access) = tokens(&world, &mut browser).await;
        browser.get(&path(&[("id_token_hint", &hint), BACK, ("state", "bye")])).await;
        assert_eq!(browser.left.as_deref(), Some("http://localhost:8081/logged-out?state=bye"));
        assert_eq!(userinfo(&world.router, &access).await.0, 401);
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"));
    }

    async fn without_a_hint_the_person_is_asked(world) {
        let mut browser = signed_in(&world).await;
        let (_, access) = tokens(&world, &mut browser).await;
        browser.get(&path(&[("client_id", "real-estate-booking"), BACK])).await;
        assert!(browser.left.is_none() && browser.shows("不动产登记预约"), "{}", browser.body);
        assert_eq!(userinfo(&world.router, &access).await.0, 200, "nothing has happened yet");
        browser.submit(&[]).await;
        assert_eq!(browser.left.as_deref(), Some("http://localhost:8081/logged-out"));
        assert_eq!(userinfo(&world.router, &access).await.0, 401);
    }

    async fn a_logout_that_ends_nothing_loses_no_migration(world) {
        let mut browser = world.browser();
        crate::migration::to_user_name(&mut browser, "/migrate", &LIMING).await;
        let here = browser.at.clone();
        browser.get("/logout").await;
        browser.request("POST", "/logout", Some("state=x".into())).await;
        browser.get(&here).await;
        assert_eq!((browser.status, browser.at.as_str()), (200, here.as_str()));
    }

    async fn a_logout_posted_from_a_client_s_page_finds_the_session(world) {
        let mut browser = signed_in(&world).await;
        let (hint, access) = tokens(&world, &mut browser).await;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", &hint).append_pair(BACK.0, BACK.1).finish();
        browser.request("POST", "/logout", Some(body)).await;
        assert!(browser.left.is_some());
        assert_eq!(userinfo(&world.router, &access).await.0, 401);
    }

    async fn an_expired_hint_is_still_a_hint_and_another_session_s_asks(world) {
        let mut browser = signed_in(&world).await;
        let (hint, _) = tokens(&world, &mut browser).await;
        world.advance(11 * 60);
        let mut other = crate::migration::migrate(&world, &crate::migration::ZHANGWEI).await;
        other.get(&path(&[("id_token_hint", &hint), BACK])).await;
        assert!(other.left.is_none(), "somebody else's hint doesn't sign out silently");
        browser.get(&path(&[("id_token_hint", &hint), BACK])).await;
        assert!(browser.left.is_some());
    }

    async fn an_id_token_of_a_refresh_is_a_hint_too_but_asks(world) {
        let mut browser = signed_in(&world).await;
        let tokens = super::refresh::offline(&world, &mut browser).await;
        let (_, again) = super::refresh::refresh(&world, tokens["refresh_token"].as_str().unwrap(), &[]).await;
        let hint = again["id_token"].as_str().unwrap();
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "none"), ("id_token_hint", hint)])).await;
        assert!(param(&browser, "code").is_some(), "it is this person's");
        browser.get(&path(&[("id_token_hint", hint), BACK])).await;
        assert!(browser.status == 200 && browser.left.is_none(), "it names no session: {} {}", browser.status, browser.body);
        browser.submit(&[]).await;
        assert_eq!(browser.left.as_deref(), Some(BACK.1));
    }

    async fn forged_unsigned_and_foreign_hints_are_refused(world) {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let mut browser = signed_in(&world).await;
        let (hint, access) = tokens(&world, &mut browser).await;
        let payload = hint.split('.').nth(1).unwrap();
        let unsigned = format!("{}.{payload}.", encode(r#"{"alg":"none"}"#));
        let hmac = format!("{}.{payload}.{}", encode(r#"{"alg":"HS256"}"#), "AAAA");
        let swapped = {
            let parts: Vec<&str> = hint.split('.').collect();
            let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
            let claims = String::from_utf8(claims).unwrap().replace("real-estate-booking", "social-security");
            format!("{}.{}.{}", parts[0], encode(&claims), parts[2])
        };
        for bad in [unsigned.as_str(), &hmac, &swapped, "x.y.z", &"a".repeat(4097)[..4000]] {
            browser.get(&path(&[("id_token_hint", bad), BACK])).await;
            assert_eq!(browser.status, 400, "{bad}");
            assert!(browser.left.is_none());
        }
        browser.get(&path(&[("id_token_hint", &hint), ("client_id", "social-security"), BACK])).await;
        assert_eq!(browser.status, 400, "client_id and hint must agree");
        assert_eq!(userinfo(&world.router, &access).await.0, 200);
    }

    async fn the_way_back_must_be_registered_to_the_letter(world) {
        let mut browser = signed_in(&world).await;
        for uri in ["http://localhost:8081/logged-out/", "http://localhost:8081/callback", "https://evil.example/", "/x"] {
            browser.get(&path(&[("client_id", "real-estate-booking"), ("post_logout_redirect_uri", uri)])).await;
            assert_eq!(browser.status, 400, "{uri}");
            assert!(browser.left.is_none());
        }
        browser.get(&path(&[BACK])).await;
        assert_eq!(browser.status, 400, "nobody's");
    }

    async fn the_next_person_at_the_same_machine_finds_nothing_of_the_last(world) {
        let mut browser = signed_in(&world).await;
        let (_, challenge) = pkce();
        browser.get(&query(&challenge, &[("prompt", "consent")])).await;
        let (consent, journey) = (browser.at.clone(), world.text("SELECT id FROM journeys").await);
        let kept = browser.jar.clone();
        browser.get("/logout").await;
        browser.submit(&[]).await;
        assert!(browser.shows("已退出登录"));
        assert_eq!(browser.headers["clear-site-data"], "\"cache\"");
        for page in [consent, format!("/journey/{journey}/done"), "/account".into()] {
            browser.get(&page).await;
            assert!(browser.status == 410 || browser.at.starts_with("/login"), "{page}: {} {}", browser.status, browser.at);
            assert!(!browser.shows("l***g"));
        }
        // Not even with the cookies of before.
        let mut thief = world.browser();
        thief.jar = kept;
        thief.get(&format!("/journey/{journey}/done")).await;
        thief.get("/account").await;
        assert!(thief.at.starts_with("/login"), "an ended session stays ended");
    }
}
