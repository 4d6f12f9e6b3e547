//! Signing in again: identifiers, the second step, captchas, sessions.

mod guesses;
mod passwords;
mod units;

use crate::migration::{LIMING, NEW_PASSWORD, Person, ZHANGWEI, migrate, to_email, to_user_name};
use crate::support::{Browser, World};

async fn login(browser: &mut Browser, identifier: &str, password: &str) {
    browser.get("/login").await;
    browser.submit(&[("identifier", identifier), ("password", password)]).await;
}

/// A migration that keeps the old password.
async fn migrate_with_old_password(world: &World, person: &Person) -> Browser {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", person).await;
    let name = browser.value("user_name");
    browser.submit(&[("user_name", &name)]).await;
    to_email(world, &mut browser, person.phone).await;
    browser.submit(&[("skip", "yes")]).await;
    browser.submit(&[("choice", "old")]).await;
    assert!(browser.at.ends_with("/done"));
    world.advance(61);
    browser
}

both! {
    async fn user_name_phone_and_document_number_sign_in_in_any_spelling(world) {
        migrate(&world, &LIMING).await;
        for identifier in ["liming", "LiMing", "19900000001", "+86 199 0000 0001", "340102198803159975", "３４０１０２１９８８０３１５９９７５"] {
            let mut browser = world.browser();
            login(&mut browser, identifier, NEW_PASSWORD).await;
            assert_eq!(browser.at, "/account", "{identifier}: {}", browser.body);
            assert!(browser.shows("李*") && !browser.shows("340102198803159975") && browser.shows("340***********9975"), "{}", browser.body);
            assert!(browser.shows("合肥市-合肥市政务服务网"));
        }
    }

    async fn wrong_unknown_and_malformed_get_one_page(world) {
        migrate(&world, &LIMING).await;
        let mut pages = Vec::new();
        for (identifier, password) in [("liming", "wrong-password"), ("nobody", "wrong-password"), ("§§§", "x"), ("19911112222", NEW_PASSWORD)] {
            let mut browser = world.browser();
            login(&mut browser, identifier, password).await;
            assert_eq!(browser.status, 422);
            assert!(!browser.jar.contains_key("guiyi_session"));
            let start = browser.body.find("role=\"alert\"").unwrap();
            pages.push(browser.body[start..].split("</div>").next().unwrap().to_owned());
            assert_eq!(browser.value("identifier"), identifier);
        }
        assert!(pages.windows(2).all(|w| w[0] == w[1]));
        let mut browser = world.browser();
        login(&mut browser, "", "").await;
        assert!(browser.error("identifier") && browser.error("password"));
    }

    async fn a_carried_over_password_needs_a_code_on_a_new_browser_only(world) {
        let mut first = migrate_with_old_password(&world, &LIMING).await;
        let mut thief = world.browser();
        login(&mut thief, "liming", LIMING.password).await;
        assert!(thief.shows("短信验证码") && thief.shows("01"), "{}", thief.body);
        assert!(!thief.jar.contains_key("guiyi_session"), "a passed password alone is nothing");
        thief.get("/account").await;
        assert!(thief.at.starts_with("/login"));
        // Again from the start: the second step isn't dropped.
        login(&mut thief, "liming", LIMING.password).await;
        assert!(thief.shows("短信验证码"));
        thief.submit(&[("code", "000000")]).await;
        assert!(thief.error("code") || !thief.jar.contains_key("guiyi_session"));
        world.advance(61);
        let mut owner = world.browser();
        login(&mut owner, "liming", LIMING.password).await;
        let code = world.code(LIMING.phone).await;
        owner.submit(&[("code", &code), ("remember", "yes")]).await;
        assert_eq!(owner.at, "/account", "{}", owner.body);
        // Known from now on, as the browser of the migration is.
        for browser in [&mut owner, &mut first] {
            browser.jar.remove("guiyi_session");
            login(browser, "liming", LIMING.password).await;
            assert_eq!(browser.at, "/account");
        }
    }

    async fn a_code_of_another_browser_s_sign_in_is_worthless(world) {
        migrate_with_old_password(&world, &LIMING).await;
        let mut owner = world.browser();
        login(&mut owner, "liming", LIMING.password).await;
        let code = world.code(LIMING.phone).await;
        let mut thief = world.browser();
        thief.get("/login").await;
        let csrf = thief.csrf();
        let ticket = owner.form().1.into_iter().find(|(n, _)| n == "ticket").unwrap().1;
        thief.post("/login/code", &[("csrf", &csrf), ("ticket", &ticket), ("code", &code)]).await;
        assert_eq!(thief.status, 410, "the ticket is bound to its browser");
        owner.submit(&[("code", &code)]).await;
        assert_eq!(owner.at, "/account");
    }

    async fn failures_lead_to_a_captcha_and_never_lock_the_owner_out(world) {
        migrate(&world, &LIMING).await;
        let mut stranger = world.browser();
        for _ in 0..3 {
            login(&mut stranger, "liming", "guess").await;
        }
        assert!(stranger.shows("图形验证码"));
        login(&mut stranger, "liming", NEW_PASSWORD).await;
        assert!(stranger.error("captcha"), "the right password without a captcha isn't looked at");
        let mut owner = world.browser();
        login(&mut owner, "liming", NEW_PASSWORD).await;
        assert!(owner.error("captcha"), "{}", owner.body);
        let picture = owner.link("/captcha?t=");
        let mut image = owner.clone();
        image.get(&picture).await;
        assert_eq!(image.headers["content-type"], "image/png");
        owner.submit(&[("identifier", "liming"), ("password", ""), ("captcha_kind", "question")]).await;
        assert!(owner.shows("文字题"), "a way without seeing: {}", owner.body);
        owner.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD), ("captcha", "0000")]).await;
        assert_eq!(owner.at, "/account", "{}", owner.body);
    }

    async fn a_captcha_is_good_once_and_in_its_own_browser(world) {
        use guiyi::captcha::{Kind, ticket};
        let view = ticket::issue(&world.app, Kind::Picture, "browser-a", false).unwrap();
        assert!(!ticket::answer(&world.app, &view.ticket, "browser-b", "0000").await.unwrap());
        assert!(ticket::answer(&world.app, &view.ticket, "browser-a", "0000").await.unwrap());
        assert!(!ticket::answer(&world.app, &view.ticket, "browser-a", "0000").await.unwrap(), "used");
        let wrong = ticket::issue(&world.app, Kind::Picture, "browser-a", false).unwrap();
        assert!(!ticket::answer(&world.app, &wrong.ticket, "browser-a", "1111").await.unwrap());
        assert!(!ticket::answer(&world.app, &wrong.ticket, "browser-a", "0000").await.unwrap(), "spent by a wrong answer too");
        let late = ticket::issue(&world.app, Kind::Picture, "browser-a", false).unwrap();
        world.advance(11 * 60);
        assert!(!ticket::answer(&world.app, &late.ticket, "browser-a", "0000").await.unwrap());
    }

    async fn sessions_idle_out_and_end_for_good_and_get_a_new_cookie_at_each_sign_in(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let first = browser.jar["guiyi_session"].clone();
        world.advance(29 * 60);
        browser.get("/account").await;
        assert_eq!(browser.at, "/account", "used within half an hour");
        login(&mut browser, "liming", NEW_PASSWORD).await;
        let second = browser.jar["guiyi_session"].clone();
        assert_ne!(first, second);
        let mut old = world.browser();
        old.jar.insert("guiyi_session".into(), first);
        old.get("/account").await;
        assert!(old.at.starts_with("/login"), "the former cookie is good for nothing");
        let id = |cookie: &str| cookie.split_once('.').unwrap().0.to_owned();
        assert_eq!(id(&old.jar["guiyi_session"]), id(&second), "the person's session goes on");
        migrate(&world, &ZHANGWEI).await;
        let mut shared = browser.clone();
        login(&mut shared, "zhangwei", NEW_PASSWORD).await;
        assert_ne!(id(&shared.jar["guiyi_session"]), id(&second), "another person has another one");
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"), "and the first one's has ended");
        login(&mut browser, "liming", NEW_PASSWORD).await;
        world.advance(31 * 60);
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"), "idle");
        login(&mut browser, "liming", NEW_PASSWORD).await;
        for _ in 0..50 {
            world.advance(15 * 60);
            browser.get("/account").await;
        }
        assert!(browser.at.starts_with("/login"), "twelve hours at the most");
    }

    async fn a_flood_from_one_address_is_limited_with_a_next_step(world) {
        let mut browser = world.browser();
        let mut last = 0;
        for n in 0..105 {
            browser.get("/login").await;
            browser.submit(&[("identifier", &format!("nobody{n}")), ("password", "guess"), ("captcha", "0000")]).await;
            last = browser.status;
        }
        assert_eq!(last, 429);
        assert!(browser.shows("服务电话"));
    }

    async fn the_portal_s_own_login_leads_to_the_wizard(world) {
        let mut browser = world.browser();
        browser.get("/").await;
        let login = browser.link("/login");
        browser.get(&login).await;
        assert!(browser.shows("个人登录") && browser.shows("法人登录") && browser.shows("存量用户实名认证"));
        let migrate = browser.link("/migrate");
        browser.get(&migrate).await;
        assert!(browser.shows("选择您已注册过的业务系统"));
    }
}
