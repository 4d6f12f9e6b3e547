//! Authenticator apps and recovery codes.

use super::*;

both! {
    async fn an_app_is_asked_of_a_new_browser_and_a_code_is_good_once(world) {
        let (_, secret, codes) = with_app(&world).await;
        assert_eq!(codes.len(), 10);
        let mut browser = world.browser();
        login(&mut browser, "liming").await;
        assert!(browser.shows("身份验证器应用") && !browser.jar.contains_key("guiyi_session"), "{}", browser.body);
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"), "a password without its second factor is nothing");
        login(&mut browser, "liming").await;
        let code = shown(&world, &secret);
        browser.submit(&[("code", &code), ("remember", "yes")]).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        let mut other = world.browser();
        login(&mut other, "liming").await;
        other.submit(&[("code", &code)]).await;
        assert!(other.error("code"), "the same half minute's code a second time: {}", other.body);
        world.advance(30);
        other.submit(&[("code", &shown(&world, &secret))]).await;
        assert_eq!(other.at, "/account");
        // The browser that was said to be one's own isn't asked again; the other is.
        for (browser, asked) in [(&mut browser, false), (&mut other, true)] {
            browser.jar.remove("guiyi_session");
            login(browser, "liming").await;
            assert_eq!(browser.at != "/account", asked, "{}", browser.at);
        }
    }

    async fn wrong_codes_are_limited_for_a_thief_and_the_owner_still_gets_in(world) {
        let mut world = world;
        world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        let (_, secret, _) = with_app(&world).await;
        let mut thief = world.browser();
        thief.address = ELSEWHERE.into();
        login(&mut thief, "liming").await;
        for _ in 0..5 {
            thief.submit(&[("code", "000000")]).await;
            assert!(thief.error("code"));
        }
        thief.submit(&[("code", &shown(&world, &secret))]).await;
        assert!(thief.error("code"), "the limit comes before the code is looked at");
        // Beginning anew brings no new tries.
        login(&mut thief, "liming").await;
        thief.submit(&[("code", &shown(&world, &secret))]).await;
        assert!(thief.error("code") && !thief.jar.contains_key("guiyi_session"));
        let mut owner = world.browser();
        login(&mut owner, "liming").await;
        owner.submit(&[("code", &shown(&world, &secret))]).await;
        assert_eq!(owner.at, "/account", "{}", owner.body);
    }

    async fn a_recovery_code_works_once_in_any_spelling_and_makes_no_browser_known(world) {
        let (_, _, codes) = with_app(&world).await;
        let spelled = codes[0].to_lowercase().replace('-', " ");
        for (code, works) in [(spelled.as_str(), true), (codes[0].as_str(), false), ("AAAAA-BBBBB", false), (codes[1].as_str(), true)] {
            let mut browser = world.browser();
            login(&mut browser, "liming").await;
            browser.submit(&[("other", "recovery")]).await;
            browser.submit(&[("code", code), ("remember", "yes")]).await;
            assert_eq!(browser.at == "/account", works, "{code}: {}", browser.body);
            assert!(!browser.jar.contains_key("guiyi_known"));
        }
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL").await, 2);
        for code in &codes {
            let plain = code.replace('-', "");
            assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM recovery_codes WHERE code_hash LIKE '%{plain}%'")).await, 0);
        }
    }

    async fn new_recovery_codes_end_the_old_ones_and_the_last_factor_takes_them_along(world) {
        let (_, secret, codes) = with_app(&world).await;
        let mut browser = world.browser();
        login(&mut browser, "liming").await;
        browser.submit(&[("code", &shown(&world, &secret))]).await;
        browser.get("/account/factors").await;
        assert!(browser.shows("还有 10 个恢复码"), "{}", browser.body);
        let csrf = browser.csrf();
        browser.post("/account/factors/codes", &[("csrf", &csrf)]).await;
        assert!(browser.shows("您的恢复码") && !browser.shows(&codes[0]), "{}", browser.body);
        let mut other = world.browser();
        login(&mut other, "liming").await;
        other.submit(&[("other", "recovery")]).await;
        other.submit(&[("code", &codes[0])]).await;
        assert!(other.error("code"));
        browser.get("/account/factors").await;
        browser.submit(&[]).await;
        assert!(browser.shows("您还没有添加"), "{}", browser.body);
        assert_eq!(world.count("recovery_codes").await + world.count("authenticators").await, 0);
        assert!(world.messages(LIMING.phone).await.iter().any(|text| text.contains("已移除")));
        let mut other = world.browser();
        login(&mut other, "liming").await;
        assert_eq!(other.at, "/account", "nothing is asked for that isn't there");
    }

    async fn setting_up_takes_a_recent_proof_by_both_factors(world) {
        let mut browser = migrate(&world, &LIMING).await;
        world.advance(61);
        for page in ["/account/factors/totp", "/account/factors/passkey", "/account/password"] {
            browser.get(page).await;
            assert!(browser.at.starts_with("/account/confirm"), "{page}: {}", browser.at);
        }
        let csrf = browser.csrf();
        for page in ["/account/factors/totp", "/account/factors/passkey", "/account/password", "/account/factors/codes"] {
            browser.post(page, &[("csrf", &csrf), ("code", "123456")]).await;
            assert!(browser.at.starts_with("/account/confirm") || browser.at == "/account/factors", "{page}: {}", browser.at);
        }
        browser.get("/account/factors/totp").await;
        browser.submit(&[("password", "not the password")]).await;
        assert!(browser.error("password"), "{}", browser.body);
        confirm(&world, &mut browser).await;
        assert_eq!(browser.at, "/account/factors/totp", "{}", browser.body);
        browser.submit(&[("code", "000000")]).await;
        assert!(browser.error("code") && browser.status == 422);
        world.advance(11 * 60);
        browser.get("/account/factors/totp").await;
        assert!(browser.at.starts_with("/account/confirm"), "a proof of ten minutes ago is none");
    }

    async fn a_password_s_change_ends_everything_that_was_begun_with_the_old_one(world) {
        let mut here = migrate(&world, &LIMING).await;
        world.advance(61);
        let mut there = world.browser();
        login(&mut there, "liming").await;
        assert_eq!(there.at, "/account");
        here.get("/account/password").await;
        confirm(&world, &mut here).await;
        here.submit(&[("new_password", "liming"), ("new_password_again", "liming")]).await;
        assert!(here.error("new_password"), "{}", here.body);
        here.submit(&[("new_password", "a quite different one"), ("new_password_again", "a quite different one")]).await;
        assert_eq!(here.at, "/account", "{}", here.body);
        there.get("/account").await;
        assert!(there.at.starts_with("/login"), "signed out elsewhere");
        login(&mut there, "liming").await;
        assert!(there.error("identifier"), "the old password is none any more");
        assert!(world.messages(LIMING.phone).await.iter().any(|text| text.contains("密码已修改")));
        here.get("/account/log").await;
        assert!(here.shows("修改了密码"));
    }
}
