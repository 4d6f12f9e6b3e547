//! 注册: a fresh real-name registration from the same steps.

use super::*;

async fn to_contact(browser: &mut Browser, person: &Person) {
    browser.get("/register").await;
    browser.submit(&[]).await;
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    assert!(browser.at.ends_with("/identity"), "{}", browser.at);
    browser.submit(&person.identity()).await;
    assert!(browser.at.ends_with("/contact-phone"), "the phone comes before the check: {}", browser.at);
}

async fn prove_phone(world: &World, browser: &mut Browser, phone: &str) {
    browser.submit(&[("phone", phone), ("captcha", "0000")]).await;
    let text = world.messages(phone).await.pop().unwrap();
    assert!(text.contains("您正在注册统一账号"), "{text}");
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
}

async fn finish(browser: &mut Browser, name: &str) {
    assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
    browser.submit(&[("user_name", name)]).await;
    if browser.at.ends_with("/email") {
        browser.submit(&[("skip", "yes")]).await;
    }
    browser.submit(&[("choice", "old"), ("new_password", ""), ("new_password_again", "")]).await;
    assert!(browser.error("new_password"), "there is no old password to keep");
    browser.submit(&[("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}

both! {
    async fn a_person_registers_and_signs_in(world) {
        let mut browser = world.browser();
        to_contact(&mut browser, &ZHANGWEI).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'journey.check'").await, 0);
        prove_phone(&world, &mut browser, ZHANGWEI.phone).await;
        finish(&mut browser, "zhangwei").await;
        assert_eq!(world.count("legacy_links").await, 0);
        assert_eq!(world.count("accounts").await, 1);
        let told = world.messages(ZHANGWEI.phone).await.pop().unwrap();
        assert!(told.contains("注册成功"), "{told}");
        let mut login = world.browser();
        login.get("/login").await;
        login.submit(&[("identifier", "zhangwei"), ("password", NEW_PASSWORD)]).await;
        assert!(login.at.ends_with("/account"), "{}", login.at);
    }

    async fn a_registration_in_between_leads_on_to_the_client(world) {
        let party = crate::support::RelyingParty::booking(&world).await;
        let mut browser = world.browser();
        browser.get(&party.start(&["profile"], &[]).path).await;
        let entry = browser.link("/register?interaction=");
        browser.get(&entry).await;
        browser.submit(&[]).await;
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        browser.submit(&ZHANGWEI.identity()).await;
        prove_phone(&world, &mut browser, ZHANGWEI.phone).await;
        finish(&mut browser, "zhangwei").await;
        assert!(browser.shows("href=\"/interaction/"), "{}", browser.body);
    }

    async fn whoever_has_an_account_is_told_masked_and_only_after_a_match(world) {
        migrate(&world, &ZHANGWEI).await;
        world.advance(61);
        let mut browser = world.browser();
        to_contact(&mut browser, &Person { name: "张大伟", ..ZHANGWEI }).await;
        prove_phone(&world, &mut browser, "19900000088").await;
        assert!(browser.shows("未通过核验") && !browser.shows("z***i"), "{}", browser.body);
        let back = browser.link("/identity");
        browser.get(&back).await;
        browser.submit(&ZHANGWEI.identity()).await;
        assert!(browser.shows("z***i") && browser.shows("无需重复注册"), "{} {}", browser.at, browser.body);
        for action in ["password", "code", "review", "send"] {
            browser.post(&browser.at.clone(), &[("action", action), ("password", NEW_PASSWORD)]).await;
        }
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        for step in ["user-name", "password", "done", "system", "sign-in"] {
            browser.get(&format!("{journey}/{step}")).await;
            assert!(!browser.at.ends_with(step), "{step}: {}", browser.at);
        }
        assert_eq!(world.count("accounts").await, 1);
    }

    async fn four_registrations_of_one_document_make_one_account(world) {
        let mut browsers = Vec::new();
        for n in 0..4 {
            let mut browser = world.browser();
            to_contact(&mut browser, &ZHANGWEI).await;
            let phone = format!("1990000100{n}");
            browser.submit(&[("phone", &phone), ("captcha", "0000")]).await;
            let code = world.code(&phone).await;
            browser.submit(&[("code", &code)]).await;
            browser.submit(&[("user_name", &format!("zhang-{n}"))]).await;
            browser.submit(&[("skip", "yes")]).await;
            assert!(browser.at.ends_with("/password"), "{} {}", browser.at, browser.body);
            browsers.push(browser);
        }
        let mut set = tokio::task::JoinSet::new();
        for browser in browsers {
            set.spawn(async move {
                let mut browser = browser;
                browser.submit(&[("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
                browser.at.ends_with("/done")
            });
        }
        let done = set.join_all().await.into_iter().filter(|done| *done).count();
        assert_eq!(done, 1);
        assert_eq!(world.count("accounts").await, 1);
    }

    async fn a_child_is_stopped_before_anything_is_stored(world) {
        let child = Person { name: "陈小雨", number: "340111201506019985", gender: "2", ..ZHANGWEI };
        let mut browser = world.browser();
        browser.get("/register").await;
        browser.submit(&[]).await;
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        browser.submit(&child.identity()).await;
        assert!(browser.shows("监护人"), "{}", browser.body);
        browser.get(&browser.at.clone()).await;
        assert!(!browser.shows(child.number));
    }
}
