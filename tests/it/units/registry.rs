//! The unit's form and what the registry says of it.

use guiyi::demo::Mode;

use super::*;
use crate::migration::LIMING;

both! {
    async fn a_unit_goes_through_with_its_representative_signed_in(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        assert!(browser.shows("法定代表人认证") && browser.shows("④ 完成"));
        sign_in(&mut browser, LIMING.number, NEW_PASSWORD).await;
        // Everything is pre-filled from the old row.
        assert_eq!(browser.selected("unit_type"), "91");
        assert_eq!(browser.value("unit_name"), unit.name);
        assert_eq!(browser.value("credit_code"), unit.code);
        assert_eq!(browser.value("address"), unit.address);
        assert_eq!(browser.value("registered_year"), unit.registered[0]);
        browser.submit(&unit.form()).await;
        agree(&mut browser).await;
        complete(&mut browser, "huiyun").await;
        assert!(browser.shows("单位账号已开通"));
        assert_eq!(rows(&world).await, [1, 1, 1]);
        browser.get("/account").await;
        assert!(browser.at == "/account" && browser.shows("李*"), "the representative is signed in: {}", browser.at);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("徽韵") && !told.contains("http"), "{told}");
    }

    async fn the_form_says_what_is_wrong_beside_each_field(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &unit).await;
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        let empty: Vec<(&str, &str)> = unit.form().iter().map(|(name, _)| (*name, "")).collect();
        browser.submit(&empty).await;
        for field in ["unit_type", "unit_name", "credit_code", "address", "registered_year"] {
            assert!(browser.error(field), "{field}");
        }
        for (field, value, text) in [
            ("credit_code", "91340100MA0000C11", "应为 18 位"),
            ("credit_code", "91340100MO0000C11Q", "不含 I、O、S、V、Z"),
            ("unit_type", "51", "前两位不一致"),
            ("registered_year", "2027", "不能晚于今天"),
            ("registered_month", "13", "正确的注册时间"),
            ("unit_name", "<厂>", "不能识别"),
        ] {
            let mut form = unit.form().to_vec();
            form.retain(|(name, _)| *name != field);
            form.push((field, value));
            browser.submit(&form).await;
            assert!(browser.status == 422 && browser.shows(text), "{field}: {}", browser.body);
            assert_eq!(browser.value("address"), unit.address, "what was typed comes back");
        }
    }

    async fn a_new_name_fails_with_the_old_one_and_passes_corrected(world) {
        citizen(&world, &LIMING).await;
        world.neighbours.registry.set_name("91340100MA0000C11Q", "合肥徽韵新名有限公司");
        let unit = Unit::of("huiyun");
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &unit, "liming").await;
        assert!(browser.at.ends_with("/unit-check") && browser.shows("未通过核验"), "{}", browser.at);
        let back = browser.link("/unit");
        browser.get(&back).await;
        assert_eq!(browser.value("unit_name"), unit.name, "still filled");
        browser.submit(&Unit { name: "合肥徽韵新名有限公司", ..unit }.form()).await;
        complete(&mut browser, "huiyun").await;
        assert_eq!(rows(&world).await, [1, 1, 1]);
    }

    async fn a_person_who_does_not_represent_the_unit_is_told_nothing_more(world) {
        citizen(&world, &LIMING).await;
        // 沈雪 represents it; and here, nobody knows the unit.
        let mut pages = Vec::new();
        for unit in [Unit::of("chaoyu"), Unit::of("dashushan")] {
            let mut browser = world.browser();
            to_checked(&mut browser, "/migrate", &unit, "liming").await;
            assert!(browser.at.ends_with("/unit-check"), "{}", browser.at);
            pages.push(browser.body.split("<main").nth(1).unwrap().split("name=\"csrf\"").next().unwrap().to_owned());
        }
        let plain = |page: &String| page.split("/journey/").next().unwrap().to_owned();
        assert_eq!(plain(&pages[0]), plain(&pages[1]), "which of them differs isn't told");
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn a_revoked_a_dissolved_and_a_moved_unit_are_told_why(world) {
        citizen(&world, &ZHANGSAN).await;
        for (account, text) in [("yaohaicoal", "已被吊销"), ("oldbridge", "已注销"), ("movedaway", "已迁出")] {
            let mut browser = world.browser();
            to_checked(&mut browser, "/migrate", &Unit::of(account), "zhangsan").await;
            assert!(browser.at.ends_with("/unit-check") && browser.shows(text), "{account}: {}", browser.body);
            assert!(browser.shows("value=\"review\""), "{account}: no dead end");
        }
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn a_registry_that_is_down_is_asked_again_and_nothing_is_lost(world) {
        citizen(&world, &LIMING).await;
        world.neighbours.registry.set_mode(Mode::Down);
        let unit = Unit::of("huiyun");
        let mut browser = world.browser();
        to_checked(&mut browser, "/migrate", &unit, "liming").await;
        assert!(browser.shows("暂时无法连接") && browser.headers["refresh"] == "20", "{}", browser.body);
        browser.submit(&[("action", "tell")]).await;
        world.neighbours.registry.set_mode(Mode::Up);
        world.advance(61);
        assert_eq!(guiyi::journeys::background::ask_again(&world.app).await.unwrap(), 1);
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("已有结果"), "{told}");
        let at = browser.at.clone();
        browser.get(&at).await;
        complete(&mut browser, "huiyun").await;
    }

    async fn any_spelling_of_a_code_is_one_code(world) {
        citizen(&world, &LIMING).await;
        migrate(&world, &Unit::of("huiyun"), "liming").await;
        let mut browser = world.browser();
        to_representative(&mut browser, "/migrate", &Unit::of("huiyun2009")).await;
        sign_in(&mut browser, "liming", NEW_PASSWORD).await;
        let mut form = Unit::of("huiyun").form().to_vec();
        form.retain(|(name, _)| *name != "credit_code");
        form.push(("credit_code", " ９１３４０１００ ma0000c11q "));
        browser.submit(&form).await;
        agree(&mut browser).await;
        assert!(browser.at.ends_with("/existing-unit"), "{} {}", browser.at, browser.body);
    }
}
