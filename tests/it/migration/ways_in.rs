//! Ways in beside the login page: none of them goes around a second factor that was set up, and none lasts longer.

use super::federated::{come_back, login_with_police, migrate_from_police};
use super::*;
use crate::second_factors::{login, shown, with_app};

const SECOND: Person = Person { account: "liming2009", password: "Old-Luyang-09", ..LIMING };
const ANOTHER_PASSWORD: &str = "a quite different one";

async fn to_existing(browser: &mut Browser) {
    to_agreed(browser, "/migrate", &SECOND).await;
    if browser.at.ends_with("/identity") {
        browser.submit(&SECOND.identity()).await;
    }
    assert!(browser.at.ends_with("/existing-account"), "{} {}", browser.at, browser.body);
}

async fn send_code(world: &World, browser: &mut Browser) -> String {
    browser.submit(&[("action", "send"), ("captcha", "0000")]).await;
    world.code(LIMING.phone).await
}

both! {
    async fn a_binding_takes_password_and_code_where_a_second_factor_is_set_up(world) {
        with_app(&world).await;
        let mut thief = world.browser();
        to_existing(&mut thief).await;
        thief.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        assert!(thief.at.ends_with("/existing-account"), "the password alone: {}", thief.at);
        let mut other = world.browser();
        to_existing(&mut other).await;
        let code = send_code(&world, &mut other).await;
        other.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(other.at.ends_with("/existing-account"), "the phone alone: {}", other.at);
        other.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        assert!(other.at.ends_with("/done"), "{} {}", other.at, other.body);
        assert_eq!(world.scalar("SELECT MAX(sign_in_level) FROM sessions").await, 2);
        // And the browser is as new as before.
        other.jar.remove("guiyi_session");
        login(&mut other, "liming").await;
        assert!(!other.jar.contains_key("guiyi_session"), "{}", other.at);
    }

    async fn an_old_system_s_sign_in_is_followed_by_the_second_factor(world) {
        let mut browser = migrate_from_police(&world).await;
        world.advance(61);
        browser.get("/account/factors/totp").await;
        browser.submit(&[("password", NEW_PASSWORD)]).await;
        let code = world.code("19900000041").await;
        browser.submit(&[("code", &code)]).await;
        let start = browser.body.split("<code>").nth(1).unwrap();
        let secret = start.split("</code>").next().unwrap().replace(' ', "");
        browser.submit(&[("code", &shown(&world, &secret)), ("label", "")]).await;
        world.advance(61);
        let mut other = world.browser();
        login_with_police(&mut other, "/login").await;
        come_back(&mut other, "fangjing", "Quiet+garden+61").await;
        assert!(!other.jar.contains_key("guiyi_session"), "{}", other.at);
        other.submit(&[("code", &shown(&world, &secret))]).await;
        assert_eq!(other.at, "/account", "{}", other.body);
    }

    async fn an_old_system_s_word_changes_nothing_of_an_account_that_has_something_of_its_own(world) {
        migrate_from_police(&world).await;
        world.execute("UPDATE accounts SET password_hash = NULL, password_origin = NULL").await;
        world.app.caches.forget(&format!("account:{}", world.text("SELECT id FROM accounts").await));
        let mut other = world.browser();
        login_with_police(&mut other, "/login").await;
        come_back(&mut other, "fangjing", "Quiet+garden+61").await;
        assert_eq!(other.at, "/account");
        for page in ["/account/password", "/account/factors/totp"] {
            other.get(page).await;
            assert!(other.at.starts_with("/account/confirm"), "{page}: {}", other.at);
        }
    }

    async fn another_password_makes_every_browser_a_new_one(world) {
        let (_, secret, _) = with_app(&world).await;
        let mut there = world.browser();
        login(&mut there, "liming").await;
        there.submit(&[("code", &shown(&world, &secret)), ("remember", "yes")]).await;
        assert_eq!(there.at, "/account");
        world.advance(61);
        let mut here = world.browser();
        login(&mut here, "liming").await;
        here.submit(&[("code", &shown(&world, &secret))]).await;
        here.get("/account/password").await;
        here.submit(&[("new_password", ANOTHER_PASSWORD), ("new_password_again", ANOTHER_PASSWORD)]).await;
        assert_eq!(here.at, "/account", "{}", here.body);
        there.jar.remove("guiyi_session");
        there.get("/login").await;
        there.submit(&[("identifier", "liming"), ("password", ANOTHER_PASSWORD)]).await;
        assert!(!there.jar.contains_key("guiyi_session"), "{}", there.at);
    }

    async fn password_and_phone_remove_no_second_factor(world) {
        let (_, secret, _) = with_app(&world).await;
        let mut thief = world.browser();
        login(&mut thief, "liming").await;
        thief.submit(&[("other", "sms")]).await;
        let code = world.code(LIMING.phone).await;
        thief.submit(&[("code", &code)]).await;
        thief.get("/account/factors").await;
        thief.submit(&[]).await;
        assert!(thief.at.starts_with("/account/confirm"), "{}", thief.at);
        assert_eq!(world.count("authenticators").await, 1);
        let mut owner = world.browser();
        login(&mut owner, "liming").await;
        owner.submit(&[("code", &shown(&world, &secret))]).await;
        owner.get("/account/factors").await;
        owner.submit(&[]).await;
        assert_eq!(world.count("authenticators").await, 0, "{}", owner.body);
    }
}
