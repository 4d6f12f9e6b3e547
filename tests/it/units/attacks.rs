//! What a thief of a unit's old password can't do, and what no tampering moves.

use super::*;
use crate::migration::{LIMING, ZHANGWEI};

both! {
    async fn the_thief_of_an_old_password_claims_no_unit_without_its_representative(world) {
        citizen(&world, &LIMING).await;
        citizen(&world, &ZHANGWEI).await;
        // 张伟 holds huiyun's old password: he isn't its representative, and another unit than the row's is a contradiction.
        let mut thief = world.browser();
        to_checked(&mut thief, "/migrate", &Unit::of("huiyun"), "zhangwei").await;
        assert!(thief.at.ends_with("/unit-check"), "{}", thief.at);
        let own = Unit { account: "huiyun", password: Unit::of("huiyun").password, system: "gsj", ..Unit::of("teaculture") };
        let journey = thief.at.rsplit_once('/').unwrap().0.to_owned();
        thief.get(&format!("{journey}/unit")).await;
        thief.submit(&own.form()).await;
        assert!(thief.at.ends_with("/unit-check") && thief.shows("未通过核验"), "{}", thief.at);
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn whoever_knows_the_old_password_goes_on_without_the_representative_who_signed_in_elsewhere(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        let page = browser.at.clone();
        browser.submit(&[("action", "register")]).await;
        browser.get(&page).await;
        let number = browser.body.split("本单位的办理编号：").nth(1).unwrap().chars().take(14).collect::<String>();
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        browser.submit(&unit.form()).await;
        agree(&mut browser).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
        let mut clerk = world.browser();
        clerk.get("/continue").await;
        clerk.submit(&[("number", &number), ("captcha", "0000")]).await;
        let hidden = clerk.form().1;
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        fields.extend([("account", unit.account), ("password", unit.password)]);
        clerk.post("/continue/password", &fields).await;
        assert!(clerk.at.ends_with("/representative"), "proven anew: {} {}", clerk.at, clerk.body);
    }

    async fn a_representative_who_signed_in_an_hour_ago_is_not_signed_in_by_the_end(world) {
        citizen(&world, &LIMING).await;
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &Unit::of("huiyun"), "liming").await;
        world.advance(61 * 60);
        let at = browser.at.clone();
        browser.get(&at).await;
        complete(&mut browser, "huiyun").await;
        assert!(browser.shows("请用新的单位账号登录"), "{}", browser.body);
        browser.get("/account").await;
        assert_eq!(browser.at, "/login");
    }

    async fn a_page_out_of_order_leads_to_the_current_step(world) {
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun")).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        for step in ["unit", "agreement", "unit-check", "evidence", "existing-unit", "user-name", "email", "password"] {
            browser.get(&format!("{journey}/{step}")).await;
            assert!(browser.at.ends_with("/representative"), "{step} led to {}", browser.at);
            let (_, hidden) = browser.form();
            let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            fields.extend([("action", "bind"), ("user_name", "thief"), ("captcha", "0000")]);
            browser.post(&format!("{journey}/{step}"), &fields).await;
            assert!(browser.at.ends_with("/representative"), "{step} took us to {}", browser.at);
        }
    }

    async fn a_representative_of_one_old_account_is_none_of_another(world) {
        citizen(&world, &LIMING).await;
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun")).await;
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/sign-in")).await;
        let other = Unit::of("mingde");
        browser.submit(&[("account", other.account), ("password", other.password)]).await;
        assert!(browser.at.ends_with("/representative"), "proven anew: {}", browser.at);
    }

    async fn a_person_s_journey_does_not_become_a_unit_s_with_its_proofs(world) {
        let mut browser = world.browser();
        crate::migration::to_agreed(&mut browser, "/migrate", &LIMING).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/account-kind")).await;
        browser.submit(&[("kind", "legal_person")]).await;
        assert!(browser.at.ends_with("/sign-in"), "signed in anew: {}", browser.at);
        browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
        assert!(browser.at.ends_with("/sign-in"), "a person's old account is no unit's: {}", browser.at);
    }

    async fn the_detour_stays_a_person_s(world) {
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun")).await;
        browser.submit(&[("action", "migrate")]).await;
        browser.submit(&[("system", "gsj")]).await;
        assert!(browser.at.ends_with("/system"), "no unit's system: {}", browser.at);
        browser.submit(&[("system", "hefei")]).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{journey}/account-kind")).await;
        assert!(!browser.shows("value=\"legal_person\""));
        browser.submit(&[("kind", "legal_person")]).await;
        assert!(browser.error("kind"), "{}", browser.body);
    }

    async fn another_browser_sees_nothing_of_it(world) {
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun")).await;
        browser.submit(&[("action", "migrate")]).await;
        let child = browser.at.clone();
        let mut other = world.browser();
        for path in [child.as_str(), child.rsplit_once('/').unwrap().0] {
            other.get(path).await;
            assert_eq!(other.status, 410, "{path}");
        }
    }

    async fn a_unit_account_represents_no_unit(world) {
        citizen(&world, &LIMING).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("mingde")).await;
        sign_in(&mut browser, "huiyun", UNIT_PASSWORD).await;
        assert!(browser.at.ends_with("/representative") && browser.error("identifier"), "{} {}", browser.at, browser.body);
    }

    async fn guesses_at_the_representative_s_password_count_as_everywhere(world) {
        citizen(&world, &LIMING).await;
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun")).await;
        for _ in 0..3 {
            sign_in(&mut browser, "liming", "wrong-guess-1").await;
            assert!(browser.error("identifier"), "{}", browser.body);
        }
        assert!(browser.shows("name=\"captcha\""), "a captcha comes first");
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        assert!(browser.error("captcha"), "{}", browser.body);
        browser
            .submit(&[("action", "password"), ("identifier", "liming"), ("password", NEW_PASSWORD), ("captcha", "0000")])
            .await;
        assert!(browser.at.ends_with("/unit"), "{}", browser.at);
    }
}
