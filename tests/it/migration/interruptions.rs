//! Back button, two tabs, double clicks, restarts, other browsers, expiry.

use super::*;

/// What a person does at each step, from the list of systems to the end.
async fn step_by_step(
    world: &mut World,
    browser: &mut Browser,
    mut between: impl AsyncFnMut(&mut World, &mut Browser),
) {
    browser.get("/migrate").await;
    browser.submit(&[("system", "hefei")]).await;
    between(world, browser).await;
    browser.submit(&[("kind", "individual")]).await;
    between(world, browser).await;
    browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
    between(world, browser).await;
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    between(world, browser).await;
    browser.submit(&ZHANGWEI.identity()).await;
    between(world, browser).await;
    browser.submit(&[("user_name", "zhangwei")]).await;
    between(world, browser).await;
    browser.submit(&[("phone", ZHANGWEI.phone), ("captcha", "0000")]).await;
    between(world, browser).await;
    let code = world.code(ZHANGWEI.phone).await;
    browser.submit(&[("code", &code)]).await;
    between(world, browser).await;
    browser.submit(&[("skip", "yes")]).await;
    between(world, browser).await;
    let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    browser.submit(&fields).await;
    between(world, browser).await;
    assert!(browser.shows("账号升级完成"), "{} {}", browser.at, browser.body);
}

both! {
    async fn a_restart_between_any_two_steps_loses_nothing(world) {
        let mut world = world;
        let mut browser = world.browser();
        step_by_step(&mut world, &mut browser, async |world, browser| {
            world.restart().await;
            browser.router = world.router.clone();
            let here = browser.at.clone();
            browser.get(&here).await;
            assert_eq!(browser.at, here, "the same step is still the current one");
        }).await;
        assert_eq!(world.count("accounts").await, 1);
    }

    async fn a_double_click_on_any_step_has_one_effect(world) {
        let mut world = world;
        let mut browser = world.browser();
        // Every form is sent twice: the browser shows the second answer.
        browser.get("/migrate").await;
        let twice = async |browser: &mut Browser, fields: &[(&str, &str)]| {
            let page = browser.clone();
            browser.submit(fields).await;
            let after = browser.at.clone();
            let mut second = page;
            second.jar = browser.jar.clone();
            second.submit(fields).await;
            assert_eq!(second.at, after, "the second answer leads to the same place: {}", second.body);
            *browser = second;
        };
        browser.submit(&[("system", "hefei")]).await;
        twice(&mut browser, &[("kind", "individual")]).await;
        twice(&mut browser, &[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        twice(&mut browser, &[("terms", "yes"), ("identity_data", "yes")]).await;
        twice(&mut browser, &ZHANGWEI.identity()).await;
        twice(&mut browser, &[("user_name", "zhangwei")]).await;
        twice(&mut browser, &[("phone", ZHANGWEI.phone), ("captcha", "0000")]).await;
        let texts = world.messages(ZHANGWEI.phone).await;
        assert_eq!(texts.iter().filter(|t| t.contains("验证码为")).count(), 1, "one message");
        let code = world.code(ZHANGWEI.phone).await;
        twice(&mut browser, &[("code", &code)]).await;
        twice(&mut browser, &[("skip", "yes")]).await;
        // The first answer of the last step is lost, its cookies with it.
        let page = browser.clone();
        let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
        browser.submit(&fields).await;
        let mut second = page;
        second.submit(&fields).await;
        assert!(second.at.ends_with("/done"), "{}", second.at);
        second.get("/account").await;
        assert_eq!(second.at, "/account", "signed in all the same");
        for (table, rows) in [("accounts", 1), ("legacy_links", 1), ("sessions", 1), ("verifications", 1)] {
            assert_eq!(world.count(table).await, rows, "{table}");
        }
        world.restart().await;
    }

    async fn a_page_out_of_order_leads_to_the_current_one(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        for later in ["check", "user-name", "phone", "phone-code", "email", "password", "done", "existing-account", "nonsense"] {
            browser.get(&format!("{journey}/{later}")).await;
            assert!(browser.at.ends_with("/identity"), "{later} led to {}", browser.at);
            let (_, hidden) = browser.form();
            let csrf = hidden.iter().find(|(n, _)| n == "csrf").unwrap().1.clone();
            browser.post(&format!("{journey}/{later}"), &[("csrf", &csrf), ("user_name", "abcd"), ("code", "1")]).await;
            assert!(browser.at.ends_with("/identity"), "{later} took us to {}", browser.at);
        }
        assert_eq!(world.count("accounts").await, 0);
    }

    async fn the_back_button_shows_what_was_entered_and_a_change_restarts_the_proof(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.submit(&[("user_name", "liming")]).await;
        to_email(&world, &mut browser, LIMING.phone).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/user-name")).await;
        assert_eq!(browser.value("user_name"), "liming");
        browser.submit(&[("user_name", "li-ming")]).await;
        assert!(browser.at.ends_with("/email"), "the phone stays proven: {}", browser.at);
        browser.get(&format!("{journey}/phone")).await;
        browser.submit(&[("phone", "19900000055"), ("captcha", "0000")]).await;
        browser.get(&format!("{journey}/email")).await;
        assert!(browser.at.ends_with("/phone-code"), "a proof is only for its own phone: {}", browser.at);
    }

    async fn another_legacy_account_starts_with_nothing_of_the_first(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/sign-in")).await;
        browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.at);
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        assert!(browser.at.ends_with("/identity") && !browser.shows(LIMING.number));
    }

    async fn another_browser_sees_nothing_of_a_journey(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        let mut other = world.browser();
        other.get("/").await;
        other.get(&browser.at).await;
        assert_eq!(other.status, 410);
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        other.get("/login").await;
        let csrf = other.csrf();
        other.post(&format!("{journey}/user-name"), &[("csrf", &csrf), ("user_name", "attacker")]).await;
        assert_eq!(other.status, 410);
    }

    async fn an_agreement_that_could_not_be_kept_does_not_use_up_the_old_phone_s_notice(world) {
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        let agree = [("terms", "yes"), ("identity_data", "yes")];
        // What stands in the same transaction fails.
        world.execute("ALTER TABLE audit RENAME TO away").await;
        let mut first = browser.clone();
        let failed = tokio::spawn(async move { first.submit(&agree).await.status });
        assert!(failed.await.is_err(), "a page with status 500");
        world.execute("ALTER TABLE away RENAME TO audit").await;
        browser.submit(&agree).await;
        assert!(browser.at.ends_with("/identity"), "{} {}", browser.at, browser.body);
        let told = world.messages(ZHANGWEI.phone).await;
        assert_eq!(told.iter().filter(|text| text.contains("正在迁移")).count(), 1, "{told:?}");
    }

    async fn an_expired_journey_says_so(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        world.advance(25 * 60 * 60);
        let here = browser.at.clone();
        browser.submit(&[("user_name", "liming")]).await;
        assert_eq!(browser.status, 410);
        assert!(browser.shows("重新开始"));
        browser.get(&here).await;
        assert_eq!(browser.status, 410);
    }

    async fn a_system_switched_off_in_the_middle_stops_the_migration_at_the_next_step(world) {
        let mut world = world;
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        world.restart_with(|config| config.systems[0].enabled = false).await;
        browser.router = world.router.clone();
        browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
        assert!(browser.shows("停止接入"), "{}", browser.body);
    }

    async fn a_journey_goes_on_at_another_node(world) {
        let (_app, router) = world.second_node().await;
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.router = router;
        browser.submit(&[("user_name", "liming")]).await;
        assert!(browser.at.ends_with("/phone"), "{}", browser.at);
    }
}
