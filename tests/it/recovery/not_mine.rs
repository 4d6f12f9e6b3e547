//! 'This number is mine now', and 'this wasn't me'.

use super::phone::lost;
use super::*;
use crate::migration::migrate;
use crate::migration::review::{approve, reviewers};
use crate::second_factors::{login, with_app};

/// The holder of a number says that it is theirs.
async fn claim(world: &World, phone: &str) -> Browser {
    let mut holder = world.browser();
    holder.get("/not-mine/phone").await;
    holder.submit(&[("phone", phone), ("captcha", "0000")]).await;
    let code = world.code(phone).await;
    holder.submit(&[("code", &code)]).await;
    holder
}

/// Freezes by a code to the phone.
async fn freeze(world: &World, identifier: &str, to: &str, channel: &str) -> Browser {
    let mut browser = world.browser();
    browser.get("/not-mine/account").await;
    browser.submit(&[("identifier", identifier), ("channel", channel), ("captcha", "0000")]).await;
    let code = world.code(to).await;
    browser.submit(&[("code", &code)]).await;
    browser
}

both! {
    async fn a_number_that_is_somebody_else_s_by_now_signs_in_and_verifies_nobody(world) {
        let zhao = seed(&world, LIMING.phone, |account| {
            by_mail_alone(account);
            account.phone_proven_at = Some(account.created_at);
            person(account).phone = Some(guiyi::domain::contact::Phone::parse(LIMING.phone).unwrap());
        })
        .await;
        let name = zhao.user_name.as_str();
        let mut owner = world.browser();
        login(&mut owner, name).await;
        let holder = claim(&world, LIMING.phone).await;
        assert!(holder.shows("已处理") && !holder.shows("赵") && !holder.shows(name), "{}", holder.body);
        assert!(!signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        assert!(signs_in(&world, name, NEW_PASSWORD).await);
        let told = world.messages("zhao@mail.example").await;
        assert!(told.iter().any(|text| text.contains("已由他人证明在使用")), "{told:?}");
        owner.get("/account").await;
        assert!(owner.shows("已由他人证明在使用"), "{}", owner.body);
        // No code goes there any more, and the number is free for its new holder.
        world.advance(61);
        let before = world.messages(LIMING.phone).await.len();
        ask(&mut world.browser(), name).await;
        assert_eq!(world.messages(LIMING.phone).await.len(), before);
        assert!(world.messages("zhao@mail.example").await.iter().any(|text| text.contains("验证码")));
        let mut holder = migrate(&world, &LIMING).await;
        assert!(holder.jar.contains_key("guiyi_session"));
        holder.get("/account").await;
        assert!(holder.shows("199****0001"));
    }

    async fn losing_the_number_opens_no_way_in_with_a_password_alone(world) {
        let mut world = world;
        migrate(&world, &LIMING).await;
        world.advance(61);
        claim(&world, LIMING.phone).await;
        world.restart_with(|config| config.sign_in.new_browser = guiyi::config::NewBrowser::Any).await;
        let mut thief = world.browser();
        login(&mut thief, "liming").await;
        assert!(!thief.jar.contains_key("guiyi_session") && thief.shows("/recover/phone"), "{}", thief.body);
    }

    async fn a_number_without_an_account_gets_the_same_answer_and_a_wrong_code_does_nothing(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let unknown = claim(&world, "19977770001").await.body;
        let mut thief = world.browser();
        thief.get("/not-mine/phone").await;
        thief.submit(&[("phone", LIMING.phone), ("captcha", "0000")]).await;
        for _ in 0..5 {
            thief.submit(&[("code", "000000")]).await;
            assert!(thief.error("code"));
        }
        assert!(signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        world.advance(61);
        let known = claim(&world, LIMING.phone).await.body;
        let strip = |body: &str| body.split("<main").nth(1).unwrap().to_owned();
        assert_eq!(strip(&unknown), strip(&known));
    }

    async fn a_frozen_account_s_sign_ins_and_tokens_end_and_nobody_gets_in(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let token = crate::account::access(&world, &mut browser, "openid profile").await;
        world.advance(61);
        let done = freeze(&world, "liming", LIMING.phone, "phone").await;
        assert!(done.shows("账号已冻结") && done.shows("/recover/phone"), "{}", done.body);
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"));
        assert_eq!(crate::support::userinfo(&world.router, &token).await.0, 401);
        assert!(!signs_in(&world, "liming", NEW_PASSWORD).await);
        assert!(world.messages(LIMING.phone).await.iter().any(|text| text.contains("已冻结")));
        // Nor by a forgotten password.
        world.advance(61);
        let mut thief = world.browser();
        let before = world.messages(LIMING.phone).await.len();
        ask(&mut thief, "liming").await;
        assert_eq!(world.messages(LIMING.phone).await.len(), before);
    }

    async fn freezing_stops_what_waits_and_a_reviewer_gives_the_account_back(world) {
        with_app(&world).await;
        let mut thief = world.browser();
        ask(&mut thief, LIMING.phone).await;
        prove(&world, &mut thief, LIMING.phone, LIMING.number).await;
        thief.submit(&[("later", "yes")]).await;
        choose(&mut thief).await;
        world.advance(61);
        freeze(&world, "liming", LIMING.phone, "phone").await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recoveries WHERE outcome = 'stopped'").await, 1);
        let (_, number) = lost(&world, false).await;
        let (first, second) = reviewers(&world).await;
        approve(&world, &first, &number).await.unwrap();
        approve(&world, &second, &number).await.unwrap();
        world.advance(WAIT);
        assert_eq!(due(&world).await, 1);
        assert_eq!(world.count("authenticators").await, 0, "they may be the thief's");
        assert!(!signs_in(&world, "liming", NEW_PASSWORD).await, "and so may the password");
        world.advance(61);
        let mut owner = world.browser();
        ask(&mut owner, "liming").await;
        prove(&world, &mut owner, "19933330001", LIMING.number).await;
        choose(&mut owner).await;
        assert!(owner.shows("密码已重新设置"), "{}", owner.body);
        assert!(signs_in(&world, "liming", ANOTHER).await);
    }

    async fn a_stranger_freezes_nobody_and_learns_nothing(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let mut answers = Vec::new();
        for name in ["liming", "nobody9", LIMING.number] {
            let mut stranger = world.browser();
            stranger.get("/not-mine/account").await;
            stranger.submit(&[("identifier", name), ("captcha", "0000")]).await;
            for _ in 0..6 {
                stranger.submit(&[("code", "000000")]).await;
                assert!(stranger.error("code"), "{}", stranger.body);
            }
            answers.push(stranger.body.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned());
            world.advance(61);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        // A code for one purpose is none for another.
        let mut thief = world.browser();
        ask(&mut thief, "liming").await;
        let code = world.code(LIMING.phone).await;
        let ticket = thief.form().1.into_iter().find(|(name, _)| name == "ticket").unwrap().1;
        let csrf = thief.csrf();
        thief.post("/not-mine/account/code", &[("csrf", &csrf), ("ticket", &ticket), ("code", &code)]).await;
        assert_eq!(thief.at, "/not-mine/account");
        let mut stranger = world.browser();
        stranger.get("/").await;
        let csrf = { stranger.get("/not-mine/account").await; stranger.csrf() };
        stranger.post("/account/freeze", &[("csrf", &csrf)]).await;
        assert!(stranger.at.starts_with("/login"));
        assert!(signs_in(&world, "liming", NEW_PASSWORD).await);
    }

    async fn the_owner_freezes_from_a_session_or_by_mail_when_the_phone_is_stolen(world) {
        let mut owner = migrate(&world, &LIMING).await;
        owner.get("/account").await;
        let entry = owner.link("/not-mine/account");
        owner.get(&entry).await;
        owner.submit(&[]).await;
        assert!(owner.shows("账号已冻结"), "{}", owner.body);
        assert!(!signs_in(&world, "liming", NEW_PASSWORD).await);
        let zhao = seed(&world, "19911110001", |account| {
            by_mail_alone(account);
            account.phone_proven_at = Some(account.created_at);
            person(account).phone = Some(guiyi::domain::contact::Phone::parse("19911110001").unwrap());
        })
        .await;
        let done = freeze(&world, zhao.user_name.as_str(), "zhao@mail.example", "mail").await;
        assert!(done.shows("账号已冻结"), "{}", done.body);
    }
}
