//! Every refusal: what it says, what it doesn't, and that nothing is lost.

use super::*;
use guiyi::demo::Mode;

both! {
    async fn a_wrong_password_and_an_unknown_user_get_one_message(world) {
        let mut pages = Vec::new();
        for (account, password) in [("liming", "wrong-password"), ("nobody-here", "wrong-password")] {
            let mut browser = world.browser();
            to_sign_in(&mut browser, "/migrate").await;
            browser.submit(&[("account", account), ("password", password)]).await;
            assert_eq!(browser.status, 422);
            assert!(browser.error("account"));
            assert_eq!(browser.value("account"), account, "what was typed comes back");
            assert!(!browser.shows(password), "but the password doesn't");
            let start = browser.body.find("role=\"alert\"").unwrap();
            pages.push(browser.body[start..].split("</div>").next().unwrap().to_owned());
        }
        assert_eq!(pages[0], pages[1]);
    }

    async fn locked_and_disabled_accounts_are_told_so(world) {
        for (account, password, text) in
            [("sunlei", "Shushan-locked4", "锁定"), ("zhouting", "Yaohai-closed-2", "停用")]
        {
            let mut browser = world.browser();
            to_sign_in(&mut browser, "/migrate").await;
            browser.submit(&[("account", account), ("password", password)]).await;
            assert!(browser.error("account") && browser.shows(text), "{account}: {}", browser.body);
        }
    }

    async fn an_upstream_that_is_down_costs_no_attempt_and_loses_nothing(world) {
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        world.neighbours.legacy.set_mode(Mode::Down);
        for _ in 0..6 {
            browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
            assert_eq!(browser.status, 503);
            assert!(browser.shows("暂时无法连接") && browser.shows("选择其他系统"));
            let again = browser.at.clone();
            browser.get(&again).await;
        }
        world.neighbours.legacy.set_mode(Mode::Up);
        browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.at);
    }

    async fn a_linked_legacy_account_is_told_whose_it_is_masked(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
        assert!(browser.shows("l***g") && browser.shows("前往登录"), "{}", browser.body);
        assert!(!browser.shows("李明"));
        assert!(!browser.jar.contains_key("guiyi_session"), "the old password is no way in");
    }

    async fn both_consents_are_needed_and_apart(world) {
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        browser.submit(&[("account", LIMING.account), ("password", LIMING.password)]).await;
        browser.submit(&[("terms", "yes")]).await;
        assert!(browser.error("identity_data") && !browser.error("terms"));
        browser.submit(&[("identity_data", "yes")]).await;
        assert!(browser.error("terms"));
    }

    async fn each_field_s_error_stands_beside_it_and_in_the_summary(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        browser.submit(&[("document_type", "resident_id"), ("name", "张!"), ("document_number", "340104199009129994"), ("gender", ""), ("ethnic_group", "")]).await;
        assert_eq!(browser.status, 422);
        for field in ["name", "document_number", "gender", "ethnic_group"] {
            assert!(browser.error(field), "{field}");
            assert!(browser.shows(&format!("href=\"#{field}\"")), "{field}");
        }
        assert!(browser.shows("<title>有误："));
        assert_eq!(browser.value("document_number"), "340104199009129994");
        let mut contradiction = ZHANGWEI.identity();
        contradiction[3].1 = "2";
        browser.submit(&contradiction).await;
        assert!(browser.error("gender") && browser.shows("性别与证件号码不一致"));
    }

    async fn a_child_under_fourteen_is_stopped_before_anything_is_stored(world) {
        let child = Person { account: "xiaoyu", password: "Panda-school-5", name: "陈小雨",
            number: "340111201506019985", gender: "2", ethnic: "01", phone: "19900000011" };
        let mut browser = world.browser();
        to_sign_in(&mut browser, "/migrate").await;
        browser.submit(&[("account", child.account), ("password", child.password)]).await;
        assert!(browser.shows("监护人"), "told by the old row: {}", browser.body);
        let here = browser.at.rsplit_once('/').unwrap().0.to_owned();
        browser.get(&format!("{here}/user-name")).await;
        assert!(browser.at.ends_with("/sign-in"), "there is no way around it");
        // A row without a document: the child is recognised by what it types, and that isn't kept.
        let chen = Person { account: "zhangwei", password: "Chaohu#lake88", ..child };
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &chen).await;
        browser.submit(&child.identity()).await;
        assert!(browser.shows("监护人"), "{}", browser.body);
        let form = browser.at.clone();
        browser.get(&form).await;
        assert!(browser.at.ends_with("/identity") && !browser.shows(child.number));
    }

    async fn dead_cancelled_duplicate_and_unknown_numbers_look_like_a_mismatch(world) {
        let people = [
            ("zhaodefu", "Fuqiang-road-6", "赵德福", "340102194801019970", "1"),
            ("wudup", "Two-people-1no", "吴迪", "340104197708169997", "1"),
            ("xuyan", "Moved-abroad-84", "徐燕", "340121198403179984", "2"),
            ("liuyang", "Lujiang_2019x", "刘洋", "34011119790703997X", "1"),
        ];
        let mut seen = Vec::new();
        for (account, password, name, number, gender) in people {
            let person = Person { account, password, name, number, gender, ethnic: "01", phone: "19900000099" };
            let mut browser = world.browser();
            to_agreed(&mut browser, "/migrate", &person).await;
            browser.submit(&person.identity()).await;
            assert!(browser.at.ends_with("/check"), "{account} {}", browser.at);
            let main = browser.body.find("<main").unwrap();
            let text = browser.body[main..].replace(&browser.at.replace("/check", ""), "");
            let csrf = browser.form().1[0].1.clone();
            seen.push(text.replace(&csrf, ""));
        }
        assert!(seen.windows(2).all(|w| w[0] == w[1]), "one page for all of them");
        assert!(seen[0].contains("12345"), "with a next step for an honest person");
    }

    async fn a_source_that_is_down_says_so_and_the_check_is_made_later(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        world.neighbours.source.set_mode(Mode::Down);
        browser.submit(&ZHANGWEI.identity()).await;
        assert!(browser.shows("核验服务暂时无法连接"), "{}", browser.body);
        browser.submit(&[]).await;
        assert!(browser.shows("核验服务暂时无法连接"));
        world.neighbours.source.set_mode(Mode::Up);
        browser.submit(&[]).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
    }

    async fn checks_are_limited_so_that_they_are_no_oracle(world) {
        let mut browser = world.browser();
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        for (tried, name) in ["张一", "张二", "张三", "张四", "张五", "张六", "张七", "张八"].into_iter().enumerate() {
            browser.submit(&Person { name, ..ZHANGWEI }.identity()).await;
            if tried >= 3 {
                assert!(browser.shows("请先完成验证"), "{name}: a captcha before the fourth: {}", browser.body);
                browser.submit(&[("action", "check"), ("captcha", "wrong")]).await;
                assert!(browser.error("captcha"));
                browser.submit(&[("action", "check"), ("captcha", "0000")]).await;
            }
            assert!(browser.shows("未通过核验"), "{name}: {}", browser.body);
            let back = browser.link("/identity");
            browser.get(&back).await;
        }
        browser.submit(&ZHANGWEI.identity()).await;
        assert!(browser.shows("次数已用完") && browser.shows("人工审核"), "{}", browser.body);
        browser.submit(&[("action", "review")]).await;
        assert!(browser.at.ends_with("/contact-phone"), "a limit is no dead end: {}", browser.at);
    }

    async fn strangers_do_not_use_up_the_checks_of_a_document_whose_row_names_it(world) {
        // Twelve tries with 张伟's number through other people's old accounts and addresses are all that there are.
        let subject = format!("check document {}", world.app.keys.index("document", "resident_id\nCHN\n340104199009129995"));
        let now = world.clock.now();
        world.app.db.write::<_, guiyi::storage::StorageError, _>(move |tx| Box::pin(async move {
            for _ in 0..12 {
                guiyi::storage::limits::hit(tx, &subject, guiyi::storage::limits::Limit::new(12, 86_400), now).await?;
            }
            Ok(())
        })).await.unwrap();
        let mut owner = world.browser();
        to_user_name(&mut owner, "/migrate", &ZHANGWEI).await;
        let mut stranger = world.browser();
        let other = Person { account: "liuyang", password: "Lujiang_2019x", ..ZHANGWEI };
        to_agreed(&mut stranger, "/migrate", &other).await;
        stranger.submit(&other.identity()).await;
        assert!(stranger.shows("次数已用完"), "{}", stranger.body);
    }

    async fn a_system_that_is_not_connected_can_not_be_chosen(world) {
        let mut browser = world.browser();
        browser.get("/migrate").await;
        browser.submit(&[("system", "wuhu")]).await;
        assert!(browser.shows("选择您已注册过的业务系统"));
        assert_eq!(world.count("journeys").await, 0);
    }

    async fn wrong_late_and_too_many_codes_are_refused_and_a_new_one_helps(world) {
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.submit(&[("user_name", "liming")]).await;
        browser.submit(&[("phone", LIMING.phone), ("captcha", "9999")]).await;
        assert!(browser.error("captcha"), "the captcha comes first");
        assert_eq!(browser.value("phone"), LIMING.phone);
        assert!(world.messages(LIMING.phone).await.iter().all(|m| !m.contains("验证码")));
        browser.submit(&[("phone", LIMING.phone), ("captcha", "0000")]).await;
        let code = world.code(LIMING.phone).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            browser.submit(&[("code", wrong)]).await;
            assert!(browser.error("code"));
        }
        browser.submit(&[("code", &code)]).await;
        assert!(browser.shows("已失效"), "five tries: {}", browser.body);
        browser.submit(&[("resend", "yes")]).await;
        assert!(browser.shows("刚刚发送"), "one a minute");
        world.advance(61);
        browser.submit(&[("resend", "yes")]).await;
        let second = world.code(LIMING.phone).await;
        world.advance(6 * 60);
        browser.submit(&[("code", &second)]).await;
        assert!(browser.shows("已失效"), "five minutes");
        browser.submit(&[("resend", "yes")]).await;
        let third = world.code(LIMING.phone).await;
        browser.submit(&[("code", &third)]).await;
        assert!(browser.at.ends_with("/email"), "{}", browser.body);
    }

    async fn a_phone_is_the_contact_of_three_accounts_at_most_and_that_is_told_only_to_its_holder(world) {
        for (account, password, name, number, gender) in [
            ("zhangsan", "Qimen-black-tea", "张三", "340103198211209971", "1"),
            ("zhangwei", "Chaohu#lake88", "张伟", "340104199009129995", "1"),
            ("ZhangSan", "Keemun_Spring8", "张珊", "340104198701239985", "2"),
        ] {
            let person = Person { account, password, name, number, gender, ethnic: "01", phone: "19900000077" };
            let mut browser = world.browser();
            to_user_name(&mut browser, "/migrate", &person).await;
            browser.submit(&[("user_name", &format!("u-{}", account.to_lowercase().replace("zhangsan", &format!("z{gender}")))) ]).await;
            to_email(&world, &mut browser, person.phone).await;
            browser.submit(&[("skip", "yes")]).await;
            let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
            browser.submit(&fields).await;
            assert!(browser.shows("账号升级完成"), "{account}: {}", browser.body);
            world.advance(61);
        }
        let mut browser = world.browser();
        to_user_name(&mut browser, "/migrate", &LIMING).await;
        browser.submit(&[("user_name", "liming")]).await;
        browser.submit(&[("phone", "19900000077"), ("captcha", "0000")]).await;
        assert!(browser.at.ends_with("/phone-code"), "nothing is told yet: {}", browser.at);
        let code = world.code("19900000077").await;
        browser.submit(&[("code", &code)]).await;
        assert!(browser.shows("三个账号"), "{}", browser.body);
    }
}
