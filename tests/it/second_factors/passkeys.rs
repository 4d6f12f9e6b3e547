//! Passkeys, by a device in software; tests/it/browser has a real browser's.

use super::*;
use crate::support::authenticator::{Device, answer, ceremony};

/// A person with a passkey on a device of their own.
async fn with_passkey(world: &World) -> (Browser, Device) {
    let mut browser = migrate(world, &LIMING).await;
    world.advance(61);
    browser.get("/account/factors/passkey").await;
    confirm(world, &mut browser).await;
    let mut device = Device::new();
    let made = device.create(&ceremony(&browser).0);
    answer(&mut browser, &made, &[("label", "我的手机")]).await;
    assert!(browser.shows("您的恢复码"), "{}", browser.body);
    world.advance(61);
    (browser, device)
}

both! {
    async fn a_passkey_signs_in_by_itself_and_the_session_says_so(world) {
        let (mut owner, mut device) = with_passkey(&world).await;
        owner.get("/account/factors").await;
        assert!(owner.shows("我的手机") && owner.shows("通行密钥"));
        let mut browser = world.browser();
        browser.get("/login").await;
        let options = ceremony(&browser).0;
        assert_eq!(options["userVerification"], "required");
        let said = device.get(&options);
        answer(&mut browser, &said, &[]).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        assert_eq!(world.text("SELECT methods FROM sessions ORDER BY id DESC LIMIT 1").await, "pop");
        assert_eq!(world.scalar("SELECT MAX(sign_in_level) FROM sessions").await, 3);
        // What is risky needs nothing more for a while.
        browser.get("/account/password").await;
        assert_eq!(browser.at, "/account/password");
    }

    async fn an_answer_is_good_once_in_one_browser_and_only_for_what_was_asked(world) {
        let (_, mut device) = with_passkey(&world).await;
        let mut browser = world.browser();
        browser.get("/login").await;
        let asked = browser.clone();
        let said = device.get(&ceremony(&browser).0);
        // Another browser with the same ticket and answer.
        let mut thief = world.browser();
        thief.get("/login").await;
        let own = ceremony(&thief);
        let ticket = ceremony(&asked).2.into_iter().find(|(name, _)| name == "ticket").unwrap().1;
        let csrf = own.2.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
        thief.post("/login/passkey", &[("csrf", &csrf), ("ticket", &ticket), ("answer", &said)]).await;
        assert!(thief.error("passkey") && !thief.jar.contains_key("guiyi_session"), "{}", thief.body);
        answer(&mut browser, &said, &[]).await;
        assert_eq!(browser.at, "/account");
        let mut again = asked.clone();
        answer(&mut again, &said, &[]).await;
        assert!(again.error("passkey"), "a second time: {}", again.body);
        // An answer to another challenge, from a site of another name, by a device that doesn't know who holds it.
        for fault in ["challenge", "origin", "unverified"] {
            let mut browser = world.browser();
            browser.get("/login").await;
            let mut options = ceremony(&browser).0;
            match fault {
                "challenge" => options["challenge"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
                "origin" => device.origin = "http://localhost.evil.example".into(),
                _ => device.verifies = false,
            }
            let said = device.get(&options);
            (device.origin, device.verifies) = ("http://localhost:8080".into(), true);
            answer(&mut browser, &said, &[]).await;
            assert!(browser.error("passkey") && browser.status == 422, "{fault}: {}", browser.body);
        }
    }

    async fn a_copied_device_whose_counter_falls_behind_is_refused(world) {
        let (_, mut device) = with_passkey(&world).await;
        for (counter, works) in [(10, true), (3, false), (11, true)] {
            device.counter = counter;
            let mut browser = world.browser();
            browser.get("/login").await;
            let said = device.get(&ceremony(&browser).0);
            answer(&mut browser, &said, &[]).await;
            assert_eq!(browser.at == "/account", works, "{counter}: {}", browser.body);
        }
    }

    async fn a_passkey_is_the_second_factor_of_its_own_account_alone(world) {
        let (_, mut device) = with_passkey(&world).await;
        let mut browser = world.browser();
        login(&mut browser, "liming").await;
        assert!(browser.shows("通行密钥"), "{}", browser.body);
        let mut stranger = Device::new();
        let said = stranger.get(&ceremony(&browser).0);
        answer(&mut browser, &said, &[]).await;
        assert!(browser.error("passkey"), "{}", browser.body);
        let said = device.get(&ceremony(&browser).0);
        answer(&mut browser, &said, &[]).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        assert_eq!(world.text("SELECT methods FROM sessions ORDER BY id DESC LIMIT 1").await, "pwd pop");
    }

    async fn a_passkey_is_set_up_once_and_removed_it_is_nothing(world) {
        let (mut owner, mut device) = with_passkey(&world).await;
        owner.get("/account/factors/passkey").await;
        let options = ceremony(&owner).0;
        assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
        let again = device.create(&options);
        answer(&mut owner, &again, &[]).await;
        assert!(owner.error("passkey"), "{}", owner.body);
        assert_eq!(world.count("authenticators").await, 1);
        let mut owner = world.browser();
        owner.get("/login").await;
        let said = device.get(&ceremony(&owner).0);
        answer(&mut owner, &said, &[]).await;
        owner.get("/account/factors").await;
        owner.submit(&[]).await;
        assert_eq!(world.count("authenticators").await, 0);
        let mut browser = world.browser();
        browser.get("/login").await;
        let said = device.get(&ceremony(&browser).0);
        answer(&mut browser, &said, &[]).await;
        assert!(browser.error("passkey") && !browser.jar.contains_key("guiyi_session"));
        assert_eq!(world.text("SELECT second_factors FROM accounts WHERE user_name = 'liming'").await, "");
    }
}
