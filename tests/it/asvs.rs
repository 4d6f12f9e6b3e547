//! What docs/asvs.md says of passwords and pages, where no other test has it.

use crate::migration::{LIMING, migrate};
use crate::second_factors::confirm;
use crate::support::{Browser, World};

/// More than 110 characters, of several scripts, with blanks at both ends.
fn passphrase() -> String {
    format!(" 黄山归来不看岳 Ünïcode ‘quotes’ <b>&amp;%2B+ 🍵 {} ", "tea ".repeat(18)) + "end "
}

async fn changed(world: &World, to: &str) {
    let mut browser = migrate(world, &LIMING).await;
    world.advance(61);
    browser.get("/account/password").await;
    confirm(world, &mut browser).await;
    browser.submit(&[("new_password", to), ("new_password_again", to)]).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
    world.advance(61);
}

async fn is_right(browser: &mut Browser, password: &str) -> bool {
    browser.get("/login").await;
    browser.submit(&[("identifier", "liming"), ("password", password), ("captcha", "0000")]).await;
    if browser.error("captcha") {
        browser.submit(&[("identifier", "liming"), ("password", password), ("captcha", "0000")]).await;
    }
    !browser.error("identifier")
}

both! {
    async fn a_long_passphrase_of_any_characters_is_taken_and_typed_to_the_letter(world) {
        let passphrase = passphrase();
        assert!((64..=128).contains(&passphrase.chars().count()), "{}", passphrase.chars().count());
        changed(&world, &passphrase).await;
        let cut: String = passphrase.chars().take(100).collect();
        for wrong in [passphrase.trim(), passphrase.trim_end(), &passphrase.replace("tea", "Tea"), &cut] {
            assert!(!is_right(&mut world.browser(), wrong).await, "{wrong:?}");
        }
        assert!(is_right(&mut world.browser(), &passphrase).await);
    }

    async fn every_page_of_somebody_signed_in_leads_to_the_sign_out(world) {
        let mut browser = migrate(&world, &LIMING).await;
        for page in [
            "/", "/account", "/account/confirm", "/account/factors", "/account/links", "/account/phone", "/account/address",
            "/account/sessions", "/account/consents", "/account/children", "/account/log", "/account/units", "/apps", "/login",
            "/migrate", "/represent", "/account/nowhere",
        ] {
            browser.get(page).await;
            assert!(browser.shows("href=\"/logout\""), "{page}: {}", browser.body);
        }
    }
}
