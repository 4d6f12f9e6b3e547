//! Thieves: whoever has the phone, the number, both, a session, an old phone, somebody else's page.

use super::*;
use crate::migration::{NEW_PASSWORD, migrate};
use crate::second_factors::{login, with_app};

both! {
    async fn the_phone_alone_is_not_enough_and_the_number_can_not_be_found_by_trying(world) {
        migrate(&world, &LIMING).await;
        // Somebody who has the phone in hand, and knows all of the number but three digits.
        let guess = |n: u32| crate::mandates::town::number("19880315", n);
        let mut tried = 0;
        for n in 0..20 {
            world.advance(5 * 60 * 60);
            let mut thief = world.browser();
            ask(&mut thief, LIMING.phone).await;
            prove(&world, &mut thief, LIMING.phone, &guess(n)).await;
            tried += usize::from(thief.status == 422);
            assert!(thief.error("code"), "{}", thief.body);
        }
        assert_eq!(tried, 8, "so many numbers a month");
        world.advance(5 * 60 * 60);
        let mut thief = world.browser();
        ask(&mut thief, LIMING.phone).await;
        prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
        assert_eq!(thief.status, 429, "then not even the right one: {}", thief.body);
        assert!(thief.shows("/recover/phone"), "and a reviewer is the way on");
        assert!(signs_in(&world, "liming", NEW_PASSWORD).await);
        let mut owner = world.browser();
        login(&mut owner, "liming").await;
        owner.get("/account/log").await;
        assert!(owner.shows("证件号码不正确"), "the owner can see it: {}", owner.body);
    }

    async fn the_document_s_number_alone_is_not_enough(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let mut thief = world.browser();
        ask(&mut thief, LIMING.number).await;
        for _ in 0..5 {
            thief.submit(&[("code", "000000"), ("document_number", LIMING.number)]).await;
            assert!(thief.error("code"));
        }
        let code = world.code(LIMING.phone).await;
        thief.submit(&[("code", &code), ("document_number", LIMING.number)]).await;
        assert!(thief.error("code"), "tried too often");
    }

    async fn phone_and_number_of_somebody_with_a_second_factor_wait_and_the_owner_stops_it(world) {
        let (mut owner, ..) = with_app(&world).await;
        let mut thief = world.browser();
        ask(&mut thief, LIMING.phone).await;
        prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
        thief.submit(&[("later", "yes")]).await;
        choose(&mut thief).await;
        assert!(thief.shows("等待生效"));
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("72小时后生效") && told.contains("停止申请") && !told.contains("http"), "{told}");
        owner.get("/account").await;
        if owner.at.starts_with("/login") {
            login(&mut owner, "liming").await;
        }
        assert!(owner.shows("有人申请重设这个账号的密码"), "{} {}", owner.at, owner.body);
        owner.submit(&[]).await;
        assert!(owner.shows("已停止"), "{}", owner.body);
        assert!(world.messages(LIMING.phone).await.pop().unwrap().contains("申请已停止"));
        world.advance(WAIT + 1);
        assert_eq!(due(&world).await, 0);
        assert!(signs_in(&world, "liming", NEW_PASSWORD).await && !signs_in(&world, "liming", ANOTHER).await);
    }

    async fn the_number_in_the_notice_stops_it_once_and_an_unknown_one_gets_the_same_answer(world) {
        with_app(&world).await;
        let mut thief = world.browser();
        ask(&mut thief, LIMING.phone).await;
        prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
        thief.submit(&[("later", "yes")]).await;
        choose(&mut thief).await;
        let number = stop_number(&world, LIMING.phone).await;
        assert!(!thief.shows(&number), "only the account's channels are told it");
        let wrong = stop(&world, "AAAA-BBBB-CCCC").await.body;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recoveries WHERE ended_at IS NULL").await, 1);
        let stopped = stop(&world, &number.to_lowercase()).await;
        assert!(stopped.shows("已停止"), "{}", stopped.body);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recoveries WHERE outcome = 'stopped' AND change = ''").await, 1);
        let strip = |body: &str| body.split("<main").nth(1).unwrap().to_owned();
        assert_eq!(strip(&wrong), strip(&stopped.body));
        assert_eq!(strip(&stop(&world, &number).await.body), strip(&wrong));
        assert!(!world.dump("recoveries").await.contains(&number.replace('-', "")), "only its hash is kept");
        world.advance(WAIT + 1);
        assert_eq!(due(&world).await, 0);
    }

    async fn an_account_waits_for_one_password_and_a_stronger_proof_takes_its_place(world) {
        let (_, secret, _) = with_app(&world).await;
        for n in 0..2 {
            world.advance(61);
            let mut thief = world.browser();
            ask(&mut thief, LIMING.phone).await;
            prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
            thief.submit(&[("later", "yes")]).await;
            choose(&mut thief).await;
            assert!(thief.shows(if n == 0 { "将于" } else { "已有一个新密码等待生效" }), "{}", thief.body);
        }
        world.advance(61);
        let mut owner = world.browser();
        ask(&mut owner, "liming").await;
        prove(&world, &mut owner, LIMING.phone, LIMING.number).await;
        owner.submit(&[("way", "totp"), ("code", &crate::second_factors::shown(&world, &secret))]).await;
        choose(&mut owner).await;
        assert!(owner.shows("密码已重新设置"), "{}", owner.body);
        world.advance(WAIT + 1);
        assert_eq!(due(&world).await, 0, "what the thief has begun is over");
        assert_eq!(world.scalar("SELECT COUNT(*) FROM audit WHERE event = 'password.recovered'").await, 1);
    }

    async fn the_new_holder_of_a_recycled_phone_waits_at_the_least_and_the_owner_is_told(world) {
        let zhao = seed(&world, "19911110001", |account| {
            by_mail_alone(account);
            account.phone_proven_at = Some(account.created_at);
            person(account).phone = Some(guiyi::domain::contact::Phone::parse("19911110001").unwrap());
        })
        .await;
        world.advance(91 * 24 * 60 * 60);
        let mut holder = world.browser();
        ask(&mut holder, "19911110001").await;
        prove(&world, &mut holder, "19911110001", "").await;
        assert!(holder.error("code"), "knows nothing of the owner: {}", holder.body);
        world.advance(61);
        ask(&mut holder, "19911110001").await;
        prove(&world, &mut holder, "19911110001", ZHAO.1).await;
        choose(&mut holder).await;
        assert!(holder.shows("等待生效"), "{}", holder.body);
        let number = stop_number(&world, "zhao@mail.example").await;
        stop(&world, &number).await;
        // The code hasn't made the phone a proven one again.
        world.advance(61);
        ask(&mut holder, "19911110001").await;
        prove(&world, &mut holder, "19911110001", ZHAO.1).await;
        choose(&mut holder).await;
        assert!(holder.shows("等待生效"), "{}", holder.body);
        assert!(signs_in(&world, zhao.user_name.as_str(), NEW_PASSWORD).await);
    }

    async fn a_ticket_is_good_once_in_its_own_browser_for_its_own_step(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let mut browser = world.browser();
        ask(&mut browser, "liming").await;
        let code = world.code(LIMING.phone).await;
        let (_, hidden) = browser.form();
        let claim = hidden.iter().find(|(name, _)| name == "ticket").unwrap().1.clone();
        let mut thief = world.browser();
        thief.get("/recover").await;
        let csrf = thief.csrf();
        let fields = [("csrf", csrf.as_str()), ("ticket", &claim), ("code", &code), ("document_number", LIMING.number)];
        thief.post("/recover/code", &fields).await;
        assert_eq!(thief.at, "/recover", "another browser's claim is none");
        thief.post("/recover/password", &[("csrf", &csrf), ("ticket", &claim), ("new_password", ANOTHER), ("new_password_again", ANOTHER)]).await;
        assert_eq!(thief.status, 410, "a claim proves nothing");
        browser.submit(&[("code", &code), ("document_number", LIMING.number)]).await;
        let (_, hidden) = browser.form();
        let proven = hidden.iter().find(|(name, _)| name == "ticket").unwrap().1.clone();
        let fields = [("csrf", csrf.as_str()), ("ticket", &proven), ("new_password", ANOTHER), ("new_password_again", ANOTHER)];
        thief.post("/recover/password", &fields).await;
        assert_eq!(thief.status, 410, "nor is another browser's proof");
        let mut again = browser.clone();
        choose(&mut browser).await;
        assert!(browser.shows("密码已重新设置"));
        choose(&mut again).await;
        assert_eq!(again.status, 410, "once");
        // A ticket of a sign-in sets no password, and one of a recovery signs nobody in.
        let (_, csrf) = (0, browser.jar.clone());
        assert!(!csrf.contains_key("guiyi_session"));
        let mut owner = world.browser();
        owner.get("/login").await;
        let csrf = owner.csrf();
        owner.post("/login/code", &[("csrf", &csrf), ("ticket", &proven), ("code", "123456")]).await;
        assert_eq!(owner.status, 410);
    }

    async fn a_waiting_password_ends_with_the_account_or_with_another_password_of_the_owner_s(world) {
        let (mut owner, secret, _) = with_app(&world).await;
        let mut thief = world.browser();
        ask(&mut thief, LIMING.phone).await;
        prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
        thief.submit(&[("later", "yes")]).await;
        choose(&mut thief).await;
        world.advance(61);
        owner.jar.remove("guiyi_session");
        login(&mut owner, "liming").await;
        owner.submit(&[("code", &crate::second_factors::shown(&world, &secret))]).await;
        owner.get("/account/password").await;
        owner.submit(&[("new_password", "a quite different one"), ("new_password_again", "a quite different one")]).await;
        assert_eq!(owner.at, "/account", "{}", owner.body);
        world.advance(WAIT + 1);
        assert_eq!(due(&world).await, 0);
        assert!(signs_in(&world, "liming", "a quite different one").await);
    }
}
