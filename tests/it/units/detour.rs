//! 2.2: the representative gets an account first, inside the same migration, and comes back with nothing lost.

use super::*;
use crate::migration::review::{approve, reviewers, submit_case};
use crate::migration::{ZHANGWEI, to_email};
use guiyi::domain::case_number::CaseNumber;

/// The unit's own number, which its page shows once it waits for the detour.
async fn number(browser: &mut Browser, unit_page: &str) -> CaseNumber {
    browser.get(unit_page).await;
    let text = browser.body.split("本单位的办理编号：").nth(1).expect("a number");
    CaseNumber::parse(&text.chars().take(14).collect::<String>()).unwrap()
}

both! {
    async fn an_old_account_of_the_representative_is_brought_along_on_the_way(world) {
        let unit = Unit::of("teaculture");
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        assert!(browser.shows("未登记已实名的法定代表人"));
        let parent = browser.at.clone();
        browser.submit(&[("action", "migrate")]).await;
        browser.submit(&[("system", "hefei")]).await;
        assert!(browser.at.ends_with("/sign-in"), "a person's, and nothing else is asked: {}", browser.at);
        browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        agree(&mut browser).await;
        browser.submit(&ZHANGWEI.identity()).await;
        crate::migration::complete(&world, &mut browser, &ZHANGWEI).await;
        assert!(browser.shows("返回单位办理"), "{}", browser.body);
        let back = browser.link("/journey/");
        assert!(parent.starts_with(&back), "{back} {parent}");
        browser.get(&back).await;
        assert!(browser.at == parent && browser.shows("我是法定代表人，继续"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "session")]).await;
        browser.submit(&unit.form()).await;
        agree(&mut browser).await;
        complete(&mut browser, "teaculture").await;
        assert_eq!(rows(&world).await, [1, 1, 1]);
    }

    async fn a_representative_without_any_old_account_registers_on_the_way(world) {
        let unit = Unit::of("chess");
        let tang = Person { account: "tangning", password: "", name: "唐宁", number: "340102197905189978", gender: "1",
                            ethnic: "01", phone: "19900000087" };
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        browser.submit(&[("action", "register")]).await;
        agree(&mut browser).await;
        browser.submit(&tang.identity()).await;
        browser.submit(&[("phone", tang.phone), ("captcha", "0000")]).await;
        let code = world.code(tang.phone).await;
        browser.submit(&[("code", &code)]).await;
        browser.submit(&[("user_name", "tangning")]).await;
        browser.submit(&[("email", "")]).await;
        browser.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        let back = browser.link("/journey/");
        browser.get(&back).await;
        browser.submit(&[("action", "session")]).await;
        browser.submit(&unit.form()).await;
        agree(&mut browser).await;
        complete(&mut browser, "chess").await;
        assert_eq!(rows(&world).await, [1, 1, 1]);
    }

    async fn a_review_in_the_middle_comes_back_hours_later_on_another_device(world) {
        let (reviewer, _) = reviewers(&world).await;
        let unit = Unit::of("lightschool");
        let lv = Person { account: "", password: "", name: "吕品", number: "340104198509229963", gender: "2", ethnic: "01",
                          phone: "19900000088" };
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        let parent = browser.at.clone();
        browser.submit(&[("action", "register")]).await;
        agree(&mut browser).await;
        browser.submit(&lv.identity()).await;
        browser.submit(&[("phone", lv.phone), ("captcha", "0000")]).await;
        let code = world.code(lv.phone).await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.shows("未通过核验"), "{} {}", browser.at, browser.body);
        browser.submit(&[("action", "review")]).await;
        let case = submit_case(&mut browser).await;
        approve(&world, &reviewer, &case).await.unwrap();
        // Two days later, on another device, by the number and a code.
        world.advance(2 * 24 * 60 * 60);
        let mut phone = world.browser();
        phone.get("/continue").await;
        phone.submit(&[("number", &case.to_string()), ("captcha", "0000")]).await;
        let code = world.code(lv.phone).await;
        phone.submit(&[("code", &code)]).await;
        phone.submit(&[("action", "continue")]).await;
        phone.submit(&[("user_name", "lvpin")]).await;
        phone.submit(&[("email", "")]).await;
        phone.submit(&[("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)]).await;
        assert!(phone.at.ends_with("/done") && phone.shows("返回单位办理"), "{} {}", phone.at, phone.body);
        // The unit's journey has come along, and left the first browser.
        browser.get(&parent).await;
        assert_eq!(browser.status, 410, "the first browser's hold has ended");
        let back = phone.link("/journey/");
        phone.get(&back).await;
        phone.submit(&[("action", "session")]).await;
        phone.submit(&unit.form()).await;
        agree(&mut phone).await;
        complete(&mut phone, "lightschool").await;
        assert_eq!(rows(&world).await, [1, 1, 1]);
    }

    async fn the_unit_s_journey_goes_on_by_its_own_number_and_old_password(world) {
        let unit = Unit::of("teaculture");
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        let parent = browser.at.clone();
        browser.submit(&[("action", "migrate")]).await;
        let case = number(&mut browser, &parent).await;
        world.advance(20 * 24 * 60 * 60);
        let mut other = world.browser();
        other.get("/continue").await;
        other.submit(&[("number", &case.to_string()), ("captcha", "0000")]).await;
        let csrf = other.form().1;
        let mut fields: Vec<(&str, &str)> = csrf.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        fields.extend([("account", unit.account), ("password", unit.password)]);
        other.post("/continue/password", &fields).await;
        assert!(other.at.ends_with("/representative"), "{} {}", other.at, other.body);
    }

    async fn a_stale_session_does_not_stand_for_a_sign_in(world) {
        let mut browser = crate::migration::migrate(&world, &ZHANGWEI).await;
        world.advance(11 * 60);
        to_representative(&mut browser, "/migrate", &Unit::of("teaculture")).await;
        assert!(!browser.shows("我是法定代表人，继续"));
        browser.submit(&[("action", "session")]).await;
        assert!(browser.at.ends_with("/representative"), "{}", browser.at);
        sign_in(&mut browser, "zhangwei", NEW_PASSWORD).await;
        assert!(browser.at.ends_with("/unit"), "{}", browser.at);
    }

    async fn a_carried_over_password_needs_the_code_here_too(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &crate::migration::LIMING).await;
        let name = browser.value("user_name");
        browser.submit(&[("user_name", &name)]).await;
        to_email(&world, &mut browser, crate::migration::LIMING.phone).await;
        browser.submit(&[("email", "")]).await;
        browser.submit(&[("choice", "old")]).await;
        world.advance(61);
        let mut clerk = world.browser();
        to_representative(&mut clerk, "/migrate", &Unit::of("huiyun")).await;
        sign_in(&mut clerk, "liming", crate::migration::LIMING.password).await;
        assert!(clerk.at.ends_with("/representative") && clerk.shows("验证码"), "{}", clerk.body);
        clerk.submit(&[("action", "code"), ("code", "000000")]).await;
        assert!(clerk.error("code"), "{}", clerk.body);
        let code = world.code(crate::migration::LIMING.phone).await;
        clerk.submit(&[("action", "code"), ("code", &code)]).await;
        assert!(clerk.at.ends_with("/unit"), "{} {}", clerk.at, clerk.body);
    }
}
