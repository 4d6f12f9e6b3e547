//! How long sessions last, how one goes on, and how all of them end.

use crate::migration::{LIMING, NEW_PASSWORD, migrate};
use crate::provider::{code, redeem};
use crate::second_factors::{confirm, login};
use crate::support::{Browser, World, pkce, userinfo};

async fn access(world: &World, browser: &mut Browser) -> String {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, &[]).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// The one request of a login form, ready to be sent more than once.
async fn ready(browser: &mut Browser) -> String {
    browser.get("/login").await;
    let mut fields = browser.form().1;
    fields.extend([("identifier", "liming"), ("password", NEW_PASSWORD)].map(|(n, v)| (n.to_owned(), v.to_owned())));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").await;
    browser.at == "/account"
}

both! {
    async fn the_operator_sets_how_long_a_session_rests_and_lasts(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.sessions.idle_minutes = 10;
            config.sessions.absolute_hours = 1;
        }).await;
        let mut browser = migrate(&world, &LIMING).await;
        for _ in 0..6 {
            world.advance(9 * 60);
            assert!(is_in(&mut browser).await, "in use");
        }
        world.advance(7 * 60);
        assert!(!is_in(&mut browser).await, "an hour at the most");
        login(&mut browser, "liming").await;
        world.advance(11 * 60);
        assert!(!is_in(&mut browser).await, "ten minutes without use");
    }

    async fn a_session_that_is_in_use_on_one_node_has_not_gone_idle_on_the_other(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let (_app, router) = world.second_node().await;
        let mut elsewhere = browser.clone();
        elsewhere.router = router;
        assert!(is_in(&mut elsewhere).await);
        for _ in 0..3 {
            world.advance(20 * 60);
            assert!(is_in(&mut browser).await);
        }
        assert!(is_in(&mut elsewhere).await, "it was used a moment ago");
    }

    async fn two_sign_ins_at_once_leave_no_session_that_the_browser_can_not_reach(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let (_app, router) = world.second_node().await;
        for _ in 0..4 {
            world.advance(61);
            let form = ready(&mut browser).await;
            let (mut one, mut two) = (browser.clone(), browser.clone());
            two.router = router.clone();
            tokio::join!(one.once("POST", "/login", Some(form.clone())), two.once("POST", "/login", Some(form)));
            assert_eq!((one.status, two.status), (303, 303), "{} {}", one.body, two.body);
            world.advance(1);
            assert!(is_in(&mut one).await && is_in(&mut two).await, "whichever cookie the browser has kept");
            browser = one;
        }
    }

    async fn each_change_of_privilege_gives_another_cookie_and_the_former_opens_nothing(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let mut seen = vec![browser.jar["guiyi_session"].clone()];
        world.advance(61);
        login(&mut browser, "liming").await;
        seen.push(browser.jar["guiyi_session"].clone());
        world.advance(11 * 60);
        browser.get("/account/password").await;
        confirm(&world, &mut browser).await;
        seen.push(browser.jar["guiyi_session"].clone());
        let (_, challenge) = pkce();
        world.advance(61);
        login(&mut browser, "liming").await;
        browser.get(&crate::provider::query(&challenge, &[("acr_values", "urn:guiyi:i2:a2")])).await;
        browser.submit(&[]).await;
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("code", &code)]).await;
        seen.push(browser.jar["guiyi_session"].clone());
        let last = seen.len() - 1;
        for (n, cookie) in seen.iter().enumerate() {
            assert!(!seen[..n].contains(cookie), "another one each time");
            let mut thief = world.browser();
            thief.jar.insert("guiyi_session".into(), cookie.clone());
            assert_eq!(is_in(&mut thief).await, n == last, "{n}");
        }
    }

    async fn the_list_says_how_strong_a_session_is_and_when_it_ends(world) {
        let mut browser = migrate(&world, &LIMING).await;
        browser.get("/account/sessions").await;
        assert!(browser.shows("单因素登录") && browser.shows("最晚 2026-11-24 22:00 结束"), "{}", browser.body);
        browser.get("/account/password").await;
        world.advance(61);
        confirm(&world, &mut browser).await;
        browser.get("/account/sessions").await;
        assert!(browser.shows("双因素登录"), "{}", browser.body);
    }

    async fn signing_out_everywhere_ends_this_one_too_and_every_token_within_a_second(world) {
        let mut here = migrate(&world, &LIMING).await;
        let (_app, router) = world.second_node().await;
        world.advance(61);
        let mut there = world.browser();
        login(&mut there, "liming").await;
        let tokens = [access(&world, &mut here).await, access(&world, &mut there).await];
        for token in &tokens {
            assert_eq!(userinfo(&router, token).await.0, 200);
        }
        here.get("/account/sessions").await;
        let csrf = here.csrf();
        here.post("/account/sessions/end-all", &[("csrf", &csrf)]).await;
        assert!(here.shows("已退出登录"), "{}", here.body);
        assert!(!here.jar.contains_key("guiyi_session") && !here.jar.contains_key("guiyi_browser"));
        for token in &tokens {
            assert_eq!(userinfo(&world.router, token).await.0, 401, "at once");
        }
        world.advance(1);
        for token in &tokens {
            assert_eq!(userinfo(&router, token).await.0, 401, "within a second on another node");
        }
        assert!(!is_in(&mut here).await && !is_in(&mut there).await);
        login(&mut here, "liming").await;
        here.get("/account/log").await;
        assert!(here.shows("退出了全部登录"), "{}", here.body);
    }
}
