//! 忘记密码, for whoever it is made for.

use super::*;
use crate::migration::{NEW_PASSWORD, migrate};
use crate::second_factors::{login, shown, with_app};
use crate::support::RelyingParty;

both! {
    async fn a_code_and_the_document_s_number_set_another_password_at_once_and_everything_old_ends(world) {
        let mut old = migrate(&world, &LIMING).await;
        world.advance(61);
        let browser = recover(&world, "liming").await;
        assert!(browser.shows("密码已重新设置"), "{}", browser.body);
        assert!(!browser.jar.contains_key("guiyi_session"), "nobody is signed in by it");
        assert!(!signs_in(&world, "liming", NEW_PASSWORD).await);
        assert!(signs_in(&world, "liming", ANOTHER).await);
        old.get("/account").await;
        assert!(old.at.starts_with("/login"), "{}", old.at);
        let told = world.messages(LIMING.phone).await;
        assert!(told.iter().any(|text| text.contains("密码已修改") && text.contains("12345")), "{told:?}");
        assert_eq!(world.count("recoveries").await, 0);
    }

    async fn any_identifier_finds_the_account_and_a_number_in_any_spelling_is_its_own(world) {
        migrate(&world, &LIMING).await;
        for (identifier, number) in [
            ("LiMing", "340102 19880315 9975"),
            ("+86 199 0000 0001", "３４０１０２１９８８０３１５９９７５"),
            ("340102198803159975", "340102198803159975"),
        ] {
            world.advance(60 * 60);
            let mut browser = world.browser();
            ask(&mut browser, identifier).await;
            prove(&world, &mut browser, LIMING.phone, number).await;
            choose(&mut browser).await;
            assert!(browser.shows("密码已重新设置"), "{identifier}: {}", browser.body);
        }
    }

    async fn the_request_that_waits_behind_the_login_is_not_lost(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let party = RelyingParty::booking(&world).await;
        let mut browser = world.browser();
        browser.get(&party.start(&["profile"], &[]).path).await;
        let entry = browser.link("/recover?interaction=");
        browser.get(&entry).await;
        browser.submit(&[("identifier", "liming"), ("captcha", "0000")]).await;
        prove(&world, &mut browser, LIMING.phone, LIMING.number).await;
        choose(&mut browser).await;
        let login = browser.link("/login?interaction=");
        browser.get(&login).await;
        assert!(browser.status == 200 && browser.shows("不动产"), "{}", browser.body);
    }

    async fn a_slip_of_the_finger_is_told_and_costs_nothing(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let mut browser = world.browser();
        ask(&mut browser, "liming").await;
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("code", &code), ("document_number", "340102198803159970")]).await;
        assert!(browser.error("document_number") && !browser.error("code"), "{}", browser.body);
        assert_eq!(browser.value("document_number"), "340102198803159970");
        browser.submit(&[("code", ""), ("document_number", LIMING.number)]).await;
        assert!(browser.error("code"));
        browser.submit(&[("code", &code), ("document_number", LIMING.number)]).await;
        browser.submit(&[("new_password", "liming"), ("new_password_again", "liming")]).await;
        assert!(browser.error("new_password") && browser.status == 422, "{}", browser.body);
        browser.submit(&[("new_password", ANOTHER), ("new_password_again", "something else")]).await;
        assert!(browser.error("new_password_again"));
        choose(&mut browser).await;
        assert!(browser.shows("密码已重新设置"), "{}", browser.body);
    }

    async fn whoever_has_a_second_factor_shows_it_or_waits(world) {
        let (_, secret, codes) = with_app(&world).await;
        for (way, code) in [("totp", shown(&world, &secret)), ("recovery", codes[0].clone())] {
            world.advance(61);
            let mut browser = world.browser();
            ask(&mut browser, "liming").await;
            prove(&world, &mut browser, LIMING.phone, LIMING.number).await;
            assert!(browser.shows("这个账号添加了其他验证方式") && !browser.shows("value=\"sms\""), "{}", browser.body);
            let code = if way == "totp" { shown(&world, &secret) } else { code };
            if way != "totp" {
                browser.submit(&[("other", way)]).await;
            }
            browser.submit(&[("way", way), ("code", &code)]).await;
            choose(&mut browser).await;
            assert!(browser.shows("密码已重新设置"), "{way}: {}", browser.body);
            assert!(!browser.jar.contains_key("guiyi_session") && !browser.jar.contains_key("guiyi_known"));
        }
        assert!(signs_in(&world, "liming", ANOTHER).await);
        world.advance(61);
        let mut browser = world.browser();
        ask(&mut browser, "liming").await;
        prove(&world, &mut browser, LIMING.phone, LIMING.number).await;
        browser.submit(&[("later", "yes")]).await;
        assert!(browser.shows("72 小时"), "{}", browser.body);
        choose(&mut browser).await;
        assert!(browser.shows("等待生效"), "{}", browser.body);
        assert_eq!(world.count("recoveries").await, 1);
    }

    async fn whoever_has_no_phone_gets_the_code_by_mail_and_waits(world) {
        let zhao = seed(&world, "19911110001", by_mail_alone).await;
        let name = zhao.user_name.as_str();
        let mut old = world.browser();
        login(&mut old, name).await;
        assert_eq!(old.at, "/account");
        let mut browser = world.browser();
        ask(&mut browser, name).await;
        prove(&world, &mut browser, "zhao@mail.example", ZHAO.1).await;
        choose(&mut browser).await;
        assert!(browser.shows("等待生效"), "{}", browser.body);
        assert!(world.messages("zhao@mail.example").await.iter().any(|text| text.contains("72小时后生效")));
        world.advance(WAIT - 1);
        assert_eq!(due(&world).await, 0);
        assert!(signs_in(&world, name, NEW_PASSWORD).await && !signs_in(&world, name, ANOTHER).await);
        world.advance(1);
        assert_eq!(due(&world).await, 1);
        assert_eq!(due(&world).await, 0, "once");
        assert!(!signs_in(&world, name, NEW_PASSWORD).await && signs_in(&world, name, ANOTHER).await);
        assert!(world.messages("zhao@mail.example").await.iter().any(|text| text.contains("密码已修改")));
        old.get("/account").await;
        assert!(old.at.starts_with("/login"));
    }

    async fn a_shared_phone_recovers_the_account_that_was_named_and_waits(world) {
        migrate(&world, &LIMING).await;
        let zhao = seed(&world, LIMING.phone, |_| {}).await;
        let name = zhao.user_name.as_str();
        world.advance(61);
        let mut browser = world.browser();
        ask(&mut browser, name).await;
        prove(&world, &mut browser, LIMING.phone, ZHAO.1).await;
        choose(&mut browser).await;
        assert!(browser.shows("等待生效"), "others read that phone too: {}", browser.body);
        world.advance(WAIT);
        assert_eq!(due(&world).await, 1);
        assert!(signs_in(&world, name, ANOTHER).await);
        assert!(signs_in(&world, "liming", NEW_PASSWORD).await, "the other one's is what it was");
    }

    async fn a_waiting_password_survives_a_restart_and_takes_effect_once_on_two_nodes(world) {
        with_app(&world).await;
        let mut browser = world.browser();
        ask(&mut browser, "liming").await;
        prove(&world, &mut browser, LIMING.phone, LIMING.number).await;
        browser.submit(&[("later", "yes")]).await;
        choose(&mut browser).await;
        let mut world = world;
        world.restart().await;
        world.advance(WAIT);
        let (other, _) = world.second_node().await;
        let (here, there) = tokio::join!(
            guiyi::sign_in::recovery::apply_due(&world.app),
            guiyi::sign_in::recovery::apply_due(&other)
        );
        assert_eq!(here.unwrap() + there.unwrap(), 1);
        assert!(signs_in(&world, "liming", ANOTHER).await);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'password.recovered'").await, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recoveries WHERE outcome = 'done' AND change = ''").await, 1);
    }
}
