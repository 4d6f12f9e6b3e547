//! Guessing at passwords: what it costs whoever guesses, and that nobody else is kept out by it.

use super::{login, migrate_with_old_password};
use crate::migration::{LIMING, NEW_PASSWORD, ZHANGWEI, migrate};
use crate::support::{Browser, World};

/// The portal behind a proxy that says where a browser is.
async fn behind_a_proxy(world: &mut World) {
    world.restart_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
}

fn browser_at(world: &World, address: &str) -> Browser {
    Browser { address: address.to_owned(), ..world.browser() }
}

/// The same browser, its session gone, at another address.
fn signed_out(world: &World, browser: &Browser, address: &str) -> Browser {
    let mut other = Browser { address: address.to_owned(), router: world.router.clone(), ..browser.clone() };
    other.jar.remove("guiyi_session");
    other
}

/// Tries, with a captcha if one is asked for.
async fn attempt(browser: &mut Browser, identifier: &str, password: &str) {
    let fields = [("identifier", identifier), ("password", password), ("captcha", "0000")];
    browser.get("/login").await;
    browser.submit(&fields).await;
    if browser.error("captcha") {
        browser.submit(&fields).await;
    }
}

fn retry_after(browser: &Browser) -> Option<u64> {
    browser.headers.get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap())
}

fn is_signed_in(browser: &Browser) -> bool {
    browser.jar.contains_key("guiyi_session")
}

both! {
    async fn a_stranger_can_not_lock_a_victim_out_of_the_login(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let home = migrate(&world, &LIMING).await;
        let mut stranger = browser_at(&world, "203.0.113.9");
        for n in 0..40 {
            attempt(&mut stranger, "liming", "guess").await;
            assert_eq!(stranger.status, if n < 5 { 422 } else { 429 }, "{n}: {}", stranger.body);
        }
        attempt(&mut stranger, "liming", NEW_PASSWORD).await;
        assert!(stranger.status == 429 && !is_signed_in(&stranger), "where the guesses came from nothing is looked at");
        let mut elsewhere = browser_at(&world, "198.51.100.7");
        login(&mut elsewhere, "liming", NEW_PASSWORD).await;
        assert!(elsewhere.error("captcha"), "{}", elsewhere.body);
        attempt(&mut elsewhere, "liming", NEW_PASSWORD).await;
        assert_eq!(elsewhere.at, "/account", "a captcha is all that the owner notices: {}", elsewhere.body);
        for n in 0..4 {
            attempt(&mut stranger, &format!("nobody{n}"), "guess").await;
        }
        for address in ["203.0.113.9", "198.51.100.8"] {
            let mut known = signed_out(&world, &home, address);
            login(&mut known, "liming", NEW_PASSWORD).await;
            assert_eq!(known.at, "/account", "not even that on a browser that is known, at the same address: {}", known.body);
        }
        world.advance(16 * 60);
        let mut neighbour = browser_at(&world, "203.0.113.9");
        attempt(&mut neighbour, "liming", NEW_PASSWORD).await;
        assert_eq!(neighbour.at, "/account", "and next to the stranger it ends by itself: {}", neighbour.body);
    }

    async fn pauses_grow_with_the_failures_and_say_how_long(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        migrate(&world, &LIMING).await;
        let mut browser = browser_at(&world, "203.0.113.9");
        for _ in 0..5 {
            attempt(&mut browser, "liming", "guess").await;
            assert_eq!((browser.status, retry_after(&browser)), (422, None));
        }
        for (seconds, minutes) in [(30, 1), (60, 1), (120, 2), (240, 4), (480, 8), (900, 15), (900, 15)] {
            attempt(&mut browser, "liming", NEW_PASSWORD).await;
            assert_eq!((browser.status, retry_after(&browser)), (429, Some(seconds)));
            assert!(browser.error("identifier") && browser.shows(&format!("{minutes} 分钟")), "{}", browser.body);
            assert_eq!(browser.value("identifier"), "liming");
            world.advance(seconds - 1);
            attempt(&mut browser, "LiMing", NEW_PASSWORD).await;
            assert_eq!((browser.status, retry_after(&browser)), (429, Some(1)), "in any spelling");
            world.advance(1);
            attempt(&mut browser, "liming", "guess").await;
            assert_eq!(browser.status, 422);
        }
        browser.language = "en".into();
        attempt(&mut browser, "liming", NEW_PASSWORD).await;
        assert!(browser.shows("try again in 15 min"), "{}", browser.body);
        world.advance(900);
        attempt(&mut browser, "liming", NEW_PASSWORD).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        let mut again = browser_at(&world, "203.0.113.9");
        attempt(&mut again, "liming", "guess").await;
        assert_eq!(again.status, 422, "a success starts the count anew");
    }

    async fn tries_at_the_same_moment_count_each(world) {
        migrate(&world, &LIMING).await;
        let before = world.app.passwords.computed();
        let tries = (0..12).map(|_| {
            let mut browser = world.browser();
            async move {
                login(&mut browser, "liming", "guess").await;
                browser.status
            }
        });
        let statuses = futures_util::future::join_all(tries).await;
        let looked_at = world.app.passwords.computed() - before;
        assert!(looked_at <= 5, "{looked_at} of {statuses:?}");
    }

    async fn one_address_that_tries_many_accounts_meets_captchas_and_then_a_pause(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let home = migrate(&world, &LIMING).await;
        let mut sprayer = browser_at(&world, "203.0.113.9");
        for n in 0..100 {
            login(&mut sprayer, &format!("nobody{n}"), "Summer-2026").await;
            assert_eq!(sprayer.error("captcha"), n >= 10, "{n}");
            if n >= 10 {
                let name = format!("nobody{n}");
                sprayer.submit(&[("identifier", &name), ("password", "Summer-2026"), ("captcha", "0000")]).await;
            }
            assert_eq!(sprayer.status, 422, "{n}");
        }
        let mut fresh = browser_at(&world, "203.0.113.9");
        attempt(&mut fresh, "liming", NEW_PASSWORD).await;
        assert_eq!(fresh.status, 429, "a new cookie doesn't help");
        assert!(retry_after(&fresh).is_some_and(|wait| wait <= 60 * 60) && fresh.shows("服务电话"), "{}", fresh.body);
        let mut known = signed_out(&world, &home, "203.0.113.9");
        login(&mut known, "liming", NEW_PASSWORD).await;
        assert_eq!(known.at, "/account", "a neighbour on a known browser isn't held up: {}", known.body);
        let mut elsewhere = browser_at(&world, "198.51.100.7");
        login(&mut elsewhere, "liming", NEW_PASSWORD).await;
        assert_eq!(elsewhere.at, "/account", "elsewhere nothing changes");
        let wait = retry_after(&fresh).unwrap();
        world.advance(wait);
        attempt(&mut fresh, "liming", NEW_PASSWORD).await;
        assert_eq!(fresh.at, "/account", "{}", fresh.body);
    }

    async fn many_addresses_that_try_many_accounts_lead_to_a_captcha_for_everybody(world) {
        let mut world = world;
        world.restart_with(|config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.passwords.failures_a_minute = 8;
        }).await;
        let home = migrate(&world, &LIMING).await;
        for n in 0..8 {
            let mut one = browser_at(&world, &format!("203.0.113.{n}"));
            login(&mut one, &format!("nobody{n}"), "Summer-2026").await;
            assert!(!one.error("captcha"), "{n}");
        }
        let mut fresh = browser_at(&world, "198.51.100.7");
        fresh.get("/login").await;
        assert!(fresh.shows("captcha_ticket"), "before anything is typed");
        fresh.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(fresh.error("captcha") && !is_signed_in(&fresh));
        attempt(&mut fresh, "liming", NEW_PASSWORD).await;
        assert_eq!(fresh.at, "/account", "{}", fresh.body);
        let mut known = signed_out(&world, &home, "198.51.100.8");
        login(&mut known, "liming", NEW_PASSWORD).await;
        assert_eq!(known.at, "/account", "{}", known.body);
        world.advance(60);
        let mut later = browser_at(&world, "198.51.100.9");
        login(&mut later, "liming", NEW_PASSWORD).await;
        assert_eq!(later.at, "/account", "it ends with the minute: {}", later.body);
    }

    async fn after_a_hundred_guesses_from_anywhere_a_password_alone_opens_no_new_browser(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let home = migrate(&world, &LIMING).await;
        let mut guesser = world.browser();
        guesser.get("/login").await;
        for n in 0..100 {
            guesser.address = format!("203.0.{}.{}", n / 50, n % 50);
            guesser.submit(&[("identifier", "liming"), ("password", "guess"), ("captcha", "0000")]).await;
            assert_eq!(guesser.status, 422, "{n}");
        }
        for _ in 0..2 {
            let mut guessed = browser_at(&world, "192.0.2.1");
            attempt(&mut guessed, "liming", NEW_PASSWORD).await;
            assert!(guessed.shows("短信验证码") && !is_signed_in(&guessed), "the right guess isn't enough: {}", guessed.body);
        }
        world.advance(61);
        let mut owner = browser_at(&world, "198.51.100.7");
        attempt(&mut owner, "liming", NEW_PASSWORD).await;
        let code = world.code(LIMING.phone).await;
        owner.submit(&[("code", &code)]).await;
        assert_eq!(owner.at, "/account", "no lock: {}", owner.body);
        let mut known = signed_out(&world, &home, "198.51.100.8");
        login(&mut known, "liming", NEW_PASSWORD).await;
        assert_eq!(known.at, "/account", "{}", known.body);
        let mut another = browser_at(&world, "192.0.2.2");
        attempt(&mut another, "liming", NEW_PASSWORD).await;
        assert!(another.shows("短信验证码"), "signing in on a known browser doesn't open the others: {}", another.body);
    }

    async fn names_that_are_known_unknown_stopped_or_without_a_password_cost_the_same_work(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        migrate(&world, &LIMING).await;
        migrate(&world, &ZHANGWEI).await;
        world.execute("UPDATE accounts SET status = 'disabled' WHERE user_name = 'zhangwei'").await;
        let counted = "SELECT CAST(COALESCE(SUM(hits), 0) AS BIGINT) FROM limits";
        let work = async || (world.app.passwords.computed(), world.scalar(counted).await, world.count("audit").await);
        let cost = async |n: usize, identifier: &str, password: &str| {
            let before = work().await;
            let mut browser = browser_at(&world, &format!("203.0.113.{n}"));
            login(&mut browser, identifier, password).await;
            let after = work().await;
            let alert = browser.body.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
            ((after.0 - before.0, after.1 - before.1, after.2 - before.2), browser.status, alert)
        };
        let known = cost(1, "liming", "wrong").await;
        assert_eq!((known.0.0, known.0.2, known.1), (1, 1, 422), "one hash, one entry in the log");
        for (n, (identifier, password)) in [
            ("19900000001", "wrong"), ("340102198803159975", "wrong"), ("nobody", "wrong"), ("19911112222", "wrong"),
            ("91340100MA2GUY1A0X", "wrong"), ("§§§", "wrong"), ("zhangwei", NEW_PASSWORD),
        ].into_iter().enumerate() {
            assert_eq!(cost(n + 2, identifier, password).await, known, "{identifier}");
        }
        let without = "UPDATE accounts SET status = 'active', password_hash = NULL, password_origin = NULL WHERE user_name = 'zhangwei'";
        world.execute(without).await;
        assert_eq!(cost(20, "19900000003", NEW_PASSWORD).await, known, "without a password");
    }

    async fn guesses_at_the_login_page_keep_no_reviewer_and_no_carried_over_password_out(world) {
        let mut world = world;
        behind_a_proxy(&mut world).await;
        let home = migrate_with_old_password(&world, &LIMING).await;
        let mut stranger = browser_at(&world, "203.0.113.9");
        for _ in 0..6 {
            attempt(&mut stranger, "liming", "guess").await;
        }
        let mut owner = browser_at(&world, "198.51.100.7");
        attempt(&mut owner, "liming", LIMING.password).await;
        assert!(owner.shows("短信验证码"), "{}", owner.body);
        let mut known = signed_out(&world, &home, "203.0.113.9");
        login(&mut known, "liming", LIMING.password).await;
        assert_eq!(known.at, "/account", "{}", known.body);
    }
}
