//! How often an old account may be tried: first a captcha, then a page that leads on; the owner always keeps a try.

use super::*;

/// The portal behind a proxy that says where a browser is.
async fn behind_a_proxy(world: &mut World) {
    world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
}

async fn browser_at(world: &World, address: &str) -> Browser {
    let mut browser = world.browser();
    browser.address = address.to_owned();
    to_sign_in(&mut browser, "/migrate").await;
    browser
}

/// Tries, with the captcha where one is asked for.
async fn attempt(browser: &mut Browser, account: &str, password: &str) {
    let here = browser.at.clone();
    browser.get(&here).await;
    browser.submit(&[("account", account), ("password", password), ("captcha", "0000")]).await;
    if browser.error("captcha") {
        browser.submit(&[("account", account), ("password", password), ("captcha", "0000")]).await;
    }
}

both! {
    async fn two_failures_lead_to_a_captcha(world) {
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        for _ in 0..2 {
            assert!(!browser.shows("captcha_ticket"));
            browser.submit(&[("account", "liming"), ("password", "wrong")]).await;
        }
        assert!(browser.error("account") && browser.shows("captcha_ticket"), "{}", browser.body);
        browser.submit(&[("account", "LIMING"), ("password", LIMING.password)]).await;
        assert!(browser.error("captcha"), "the right password without a captcha isn't looked at, in any spelling");
        browser.submit(&[("account", "liming"), ("captcha_kind", "question")]).await;
        assert!(browser.shows("文字题") && !browser.error("account"), "a way without seeing");
        assert_eq!(browser.value("account"), "liming");
        let mut other = world.browser();
        to_sign_in(&mut other, "/migrate").await;
        other.submit(&[("account", "zhangwei"), ("password", ZHANGWEI.password)]).await;
        assert!(other.at.ends_with("/agreement"), "another account is as it was");
        browser.submit(&[("account", "liming"), ("password", LIMING.password), ("captcha", "0000")]).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.body);
        let mut again = world.browser();
        to_sign_in(&mut again, "/migrate").await;
        again.submit(&[("account", "liming"), ("password", "wrong")]).await;
        assert!(again.error("account") && !again.shows("captcha_ticket"), "a success starts the count anew");
    }

    async fn limits_of_one_address_leave_the_owner_a_try(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let mut stranger = browser_at(&world, "203.0.113.9").await;
        for _ in 0..3 {
            attempt(&mut stranger, "liming", "wrong").await;
            assert_eq!(stranger.status, 422);
        }
        for account in ["liming", "LiMing"] {
            attempt(&mut stranger, account, LIMING.password).await;
            assert_eq!(stranger.status, 429, "three are all that one address gets");
        }
        assert!(stranger.shows("15 分钟"), "until when: {}", stranger.body);
        assert!(stranger.shows("选择其他系统") && stranger.shows("/register") && stranger.shows("12345"), "what leads on");
        let mut owner = browser_at(&world, "198.51.100.7").await;
        attempt(&mut owner, "liming", LIMING.password).await;
        assert!(owner.at.ends_with("/agreement"), "{}", owner.body);
    }

    async fn the_upstream_s_last_tries_are_never_spent(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        for (address, statuses) in [("203.0.113.1", [422, 422, 422, 429]), ("203.0.113.2", [422, 429, 429, 429])] {
            let mut browser = browser_at(&world, address).await;
            for status in statuses {
                attempt(&mut browser, "liming", "wrong").await;
                assert_eq!(browser.status, status, "{address}: {}", browser.body);
            }
        }
        world.advance(9 * 60);
        let mut owner = browser_at(&world, "198.51.100.7").await;
        attempt(&mut owner, "liming", LIMING.password).await;
        assert!(owner.status == 429 && owner.shows("6 分钟"), "{}", owner.body);
        world.advance(6 * 60);
        // The old system has seen four wrong ones, not five: it hasn't locked him.
        attempt(&mut owner, "liming", LIMING.password).await;
        assert!(owner.at.ends_with("/agreement"), "{}", owner.body);
    }

    async fn many_failures_of_one_address_lead_to_a_captcha_for_every_account(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let mut browser = browser_at(&world, "203.0.113.9").await;
        for n in 0..10 {
            assert!(!browser.shows("captcha_ticket"), "{n}");
            browser.submit(&[("account", &format!("somebody{n}")), ("password", "wrong")]).await;
        }
        let mut fresh = browser_at(&world, "203.0.113.9").await;
        assert!(fresh.shows("captcha_ticket"), "before anything is typed");
        fresh.submit(&[("account", "liming"), ("password", LIMING.password), ("captcha", "0000")]).await;
        assert!(fresh.at.ends_with("/agreement"), "{}", fresh.body);
        assert!(!browser_at(&world, "198.51.100.7").await.shows("captcha_ticket"), "elsewhere nothing changes");
        for n in 10..60 {
            attempt(&mut browser, &format!("somebody{n}"), "wrong").await;
            assert_eq!(browser.status, 422, "{n}");
        }
        attempt(&mut browser, "liming", LIMING.password).await;
        assert!(browser.status == 429 && browser.shows("分钟后再试"), "{}", browser.body);
    }

    async fn a_service_hall_has_a_budget_of_its_own(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.halls.addresses = vec!["10.20.0.1".parse().unwrap()];
        }).await;
        for (address, free) in [("10.20.0.1", true), ("203.0.113.50", false)] {
            for n in 0..11 {
                let mut one = browser_at(&world, address).await;
                one.submit(&[("account", &format!("nobody{n}")), ("password", "wrong")]).await;
            }
            let next = browser_at(&world, address).await;
            assert_eq!(!next.shows("captcha_ticket"), free, "{address}: {}", next.body);
        }
    }
}
