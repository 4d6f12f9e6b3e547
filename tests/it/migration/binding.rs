//! 确认绑定: the document already belongs to an account.

use super::*;

/// 李明's second account in the old system.
const SECOND: Person = Person { account: "liming2009", password: "Old-Luyang-09", ..LIMING };

async fn to_existing(world: &World, browser: &mut Browser, person: &Person) {
    to_agreed(browser, "/migrate", person).await;
    if browser.at.ends_with("/identity") {
        browser.submit(&person.identity()).await;
    }
    assert!(browser.at.ends_with("/existing-account"), "{} {}", browser.at, browser.body);
    let _ = world;
}

async fn send_code(browser: &mut Browser) {
    browser.submit(&[("action", "send"), ("captcha", "0000")]).await;
}

/// An account whose password was carried over from the old system.
async fn migrate_keeping_the_password(world: &World) {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", &LIMING).await;
    browser.submit(&[("user_name", "liming")]).await;
    to_email(world, &mut browser, LIMING.phone).await;
    browser.submit(&[("skip", "yes")]).await;
    browser.submit(&[("choice", "old")]).await;
    assert!(browser.at.ends_with("/done"));
}

both! {
    async fn the_account_is_shown_masked_and_bound_by_its_own_password(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        to_existing(&world, &mut browser, &SECOND).await;
        assert!(browser.shows("l***g") && browser.shows("尾号 01"), "{}", browser.body);
        assert!(!browser.shows(LIMING.phone) && !browser.shows("liming<"));
        browser.submit(&[("action", "password"), ("password", "wrong-password")]).await;
        assert!(browser.error("password"));
        browser.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(world.count("accounts").await, 1);
        assert_eq!(world.count("legacy_links").await, 2);
        let told = world.messages(LIMING.phone).await;
        assert_eq!(told.iter().filter(|t| t.contains("已绑定")).count(), 2, "its owner is told: {told:?}");
        browser.get("/account/links").await;
        assert_eq!(browser.body.matches("<strong>合肥市-合肥市政务服务网").count(), 2);
    }

    async fn a_code_to_the_phone_on_file_binds_and_says_what_it_does(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let mut browser = world.browser();
        to_existing(&world, &mut browser, &SECOND).await;
        browser.submit(&[("action", "send"), ("captcha", "wrong")]).await;
        assert!(browser.error("captcha"), "a captcha before each message");
        send_code(&mut browser).await;
        let text = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(text.contains("绑定到您的统一账号") && text.contains("非本人操作请勿告知"), "{text}");
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        assert_eq!(world.count("legacy_links").await, 2);
    }

    async fn a_carried_over_password_is_not_enough_alone(world) {
        migrate_keeping_the_password(&world).await;
        world.advance(61);
        let mut browser = world.browser();
        to_existing(&world, &mut browser, &SECOND).await;
        browser.submit(&[("action", "password"), ("password", LIMING.password)]).await;
        assert!(browser.at.ends_with("/existing-account") && browser.error("captcha"), "{}", browser.body);
        send_code(&mut browser).await;
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(browser.at.ends_with("/done"), "{}", browser.at);
    }

    async fn a_phone_that_was_not_proven_for_ninety_days_does_not_count_alone(world) {
        migrate(&world, &LIMING).await;
        world.advance(91 * 24 * 60 * 60);
        let mut thief = world.browser();
        to_existing(&world, &mut thief, &SECOND).await;
        send_code(&mut thief).await;
        let code = world.code(LIMING.phone).await;
        thief.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(thief.at.ends_with("/existing-account") && thief.error("password"), "a recycled number: {}", thief.at);
        assert_eq!(world.count("legacy_links").await, 1);
        thief.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        assert!(thief.at.ends_with("/done"), "both together are its owner's");
    }

    async fn a_code_that_was_sent_for_something_else_binds_nothing(world) {
        migrate_keeping_the_password(&world).await;
        world.advance(61);
        // A sign-in code, phished or not, is no binding code.
        let mut login = world.browser();
        login.get("/login").await;
        login.submit(&[("identifier", "liming"), ("password", LIMING.password)]).await;
        let code = world.code(LIMING.phone).await;
        let mut thief = world.browser();
        to_existing(&world, &mut thief, &SECOND).await;
        thief.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(thief.error("code") || thief.at.ends_with("/existing-account"));
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn knowing_name_and_number_is_no_way_past_the_proof(world) {
        migrate(&world, &LIMING).await;
        let mut thief = world.browser();
        to_existing(&world, &mut thief, &SECOND).await;
        let journey = thief.at.rsplit_once('/').unwrap().0.to_owned();
        for step in ["user-name", "phone", "email", "password", "done"] {
            thief.get(&format!("{journey}/{step}")).await;
            assert!(thief.at.ends_with("/existing-account"), "{step}: {}", thief.at);
        }
        for fields in [vec![("control", "true")], vec![("action", "code"), ("code", "")], vec![("action", "password")]] {
            thief.submit(&fields).await;
            assert!(thief.at.ends_with("/existing-account"));
        }
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn a_disabled_account_is_not_bound_to(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        to_existing(&world, &mut browser, &SECOND).await;
        let account = guiyi::ids::AccountId(world.text("SELECT id FROM accounts").await);
        let (now, told) = (world.clock.now(), guiyi::storage::accounts::cache_key(&account));
        world.app.db.write::<_, guiyi::storage::StorageError, _>(move |tx| Box::pin(async move {
            guiyi::storage::accounts::set_status(tx, &account, guiyi::domain::account::AccountStatus::Disabled, now).await
        })).await.unwrap();
        world.app.caches.forget(&told);
        browser.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.shows("已停用"), "{}", browser.body);
        assert_eq!(world.count("legacy_links").await, 1);
    }

    async fn a_binding_is_undone_from_the_account_page_and_leaves_no_proof(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        to_existing(&world, &mut browser, &SECOND).await;
        browser.submit(&[("action", "password"), ("password", NEW_PASSWORD)]).await;
        browser.get("/account/links").await;
        let page = browser.link("/account/links/");
        browser.get(&page).await;
        assert!(browser.shows("不再属于您的统一账号"), "it says what it means: {}", browser.body);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM legacy_links WHERE unlinked_at IS NULL").await, 2, "asked first");
        browser.submit(&[]).await;
        assert_eq!(browser.at, "/account/links");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM legacy_links WHERE unlinked_at IS NULL").await, 1);
        assert_eq!(browser.body.matches("<strong>合肥市-合肥市政务服务网").count(), 1);
        // The unlinked account can be migrated again, with a proof of its own.
        let mut again = world.browser();
        to_existing(&world, &mut again, &LIMING).await;
    }
}
