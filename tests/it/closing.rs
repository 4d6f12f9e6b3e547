//! Closing an account (注销): what it ends at once, taking it back, what stops it, and what is left in the end.

use std::sync::Arc;

use guiyi::app::App;

use crate::guardian::{CHILDS_PASSWORD, child_id, post, registered, sign_in};
use crate::migration::review::reviewers;
use crate::migration::{LIMING, NEW_PASSWORD, ZHANGWEI, complete_as, migrate, to_user_name};
use crate::provider::{code, param, query, redeem};
use crate::second_factors::{confirm, login, with_app};
use crate::support::{Browser, Listener, Unit, World, account_of, agent, part, pkce, representative, unit, userinfo};

const DAYS: u64 = 24 * 60 * 60;

/// Through the page and the last question.
async fn ask(world: &World, browser: &mut Browser) {
    browser.get("/account/close").await;
    assert!(browser.shows("15天之后"), "{}", browser.body);
    let last = browser.link("?step=last");
    browser.get(&last).await;
    if browser.at.starts_with("/account/confirm") {
        world.advance(61);
        confirm(world, browser).await;
    }
    assert_eq!(browser.at, "/account/close?step=last", "{}", browser.body);
    browser.submit(&[("sure", "yes")]).await;
}

async fn tokens(world: &World, browser: &mut Browser, extra: &[(&str, &str)]) -> serde_json::Value {
    let (verifier, challenge) = pkce();
    let code = code(browser, &challenge, extra).await;
    let (status, tokens) = redeem(world, &code, &verifier).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn carry_out(app: &Arc<App>) -> usize {
    guiyi::closing::carry_out_due(app).await.unwrap()
}

async fn status(world: &World) -> String {
    world.text("SELECT status FROM accounts WHERE user_name NOT LIKE 'shenhe-%'").await
}

async fn events(world: &World, event: &str) -> i64 {
    world.scalar(&format!("SELECT COUNT(*) FROM audit WHERE event = '{event}'")).await
}

both! {
    async fn asking_ends_every_sign_in_and_token_at_once_and_tells_every_channel_and_client(world) {
        let mut world = world;
        let listener = Listener::start().await;
        world.restart_with(Listener::of(std::slice::from_ref(&listener))).await;
        let mut browser = migrate(&world, &LIMING).await;
        let (_app, router) = world.second_node().await;
        world.advance(61);
        let mut elsewhere = world.browser();
        login(&mut elsewhere, "liming").await;
        let mut access = Vec::new();
        for at in [&mut browser, &mut elsewhere] {
            access.push(tokens(&world, at, &[]).await["access_token"].as_str().unwrap().to_owned());
        }
        for token in &access {
            assert_eq!(userinfo(&router, token).await.0, 200);
        }
        browser.get("/account/close?step=last").await;
        assert!(browser.at.starts_with("/account/confirm"), "nobody closes an account with a browser that they found open");
        ask(&world, &mut browser).await;
        assert!(browser.shows("账号注销中") && browser.shows("2026-12-09"), "{}", browser.body);
        assert!(!browser.jar.contains_key("guiyi_session"));
        for token in &access {
            assert_eq!(userinfo(&world.router, token).await.0, 401);
        }
        world.advance(1);
        for token in &access {
            assert_eq!(userinfo(&router, token).await.0, 401, "within a second on another node");
        }
        elsewhere.router = router;
        elsewhere.get("/account").await;
        assert!(elsewhere.at.starts_with("/login"));
        let told = world.messages(LIMING.phone).await;
        assert!(told.last().unwrap().contains("已申请注销并停用，2026-12-09之前登录门户可以撤回"), "{told:?}");
        guiyi::jobs::tell_clients(&world.app).await.unwrap();
        assert_eq!(listener.heard().len(), 2, "a logout token for each session");
        assert_eq!(events(&world, "account.closing").await, 1);
    }

    async fn whoever_signs_in_within_the_time_may_take_it_back_and_gets_nothing_else(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let before = tokens(&world, &mut browser, &[]).await;
        ask(&world, &mut browser).await;
        world.advance(14 * DAYS);
        assert_eq!(carry_out(&world.app).await, 0, "it isn't time yet");
        let (verifier, challenge) = pkce();
        browser.get(&query(&challenge, &[])).await;
        browser.submit(&[("identifier", "liming"), ("password", "wrong")]).await;
        assert!(!browser.shows("注销中"), "only whoever knows the password is told");
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        if browser.shows("短信验证码") {
            let code = world.code(LIMING.phone).await;
            browser.submit(&[("code", &code)]).await;
        }
        assert!(browser.shows("账号注销中") && browser.shows("l***g"), "{}", browser.body);
        assert!(!browser.jar.contains_key("guiyi_session"), "no session");
        // The offer is this browser's.
        let ticket = browser.form().1.into_iter().find(|(name, _)| name == "ticket").unwrap().1;
        let mut thief = world.browser();
        thief.get("/login").await;
        let csrf = thief.csrf();
        thief.post("/login/take-back", &[("csrf", &csrf), ("ticket", &ticket)]).await;
        assert_eq!(thief.status, 410);
        assert_eq!(status(&world).await, "closing");
        browser.submit(&[]).await;
        assert_eq!(status(&world).await, "active");
        // The request that waited goes on, and everything is as before.
        let (_, after) = redeem(&world, &param(&browser, "code").unwrap(), &verifier).await;
        let sub = |tokens: &serde_json::Value| part(tokens["id_token"].as_str().unwrap(), 1)["sub"].clone();
        assert_eq!(sub(&after), sub(&before));
        assert!(world.messages(LIMING.phone).await.last().unwrap().contains("已撤回注销"));
        world.advance(2 * DAYS);
        assert_eq!(carry_out(&world.app).await, 0);
        browser.post("/login/take-back", &[("csrf", "x"), ("ticket", &ticket)]).await;
        assert_ne!(browser.status, 200);
        login(&mut browser, "liming").await;
        browser.get("/account/log").await;
        assert!(browser.shows("申请了注销账号") && browser.shows("撤回了注销"), "{}", browser.body);
        ask(&world, &mut browser).await;
        assert_eq!(status(&world).await, "closing", "it can be asked for again");
    }

    async fn a_second_factor_is_asked_for_before_a_closing_is_even_told_of(world) {
        let (mut browser, secret, _) = with_app(&world).await;
        world.advance(11 * 60);
        browser.get("/account/close?step=last").await;
        browser.submit(&[("password", NEW_PASSWORD)]).await;
        browser.submit(&[("code", &crate::second_factors::shown(&world, &secret))]).await;
        browser.submit(&[("sure", "yes")]).await;
        assert_eq!(status(&world).await, "closing", "{}", browser.body);
        let mut thief = world.browser();
        login(&mut thief, "liming").await;
        assert!(!thief.shows("注销中") && !thief.jar.contains_key("guiyi_session"), "{}", thief.body);
        world.advance(61);
        thief.submit(&[("code", &crate::second_factors::shown(&world, &secret))]).await;
        assert!(thief.shows("注销中"), "the owner: {}", thief.body);
    }

    async fn when_the_time_is_over_nothing_tells_whose_it_was_and_the_person_can_begin_anew(world) {
        let mut world = world;
        let (mut browser, ..) = with_app(&world).await;
        world.advance(11 * 60);
        migrate(&world, &ZHANGWEI).await;
        let before = tokens(&world, &mut browser, &[]).await;
        let id = account_of(&world, "liming").await;
        world.execute(&format!("UPDATE sessions SET authenticated_at = {} WHERE account_id = '{id}'", world.clock.now().0)).await;
        world.execute(&format!("UPDATE sessions SET sign_in_level = 2 WHERE account_id = '{id}'")).await;
        world.restart_with(|_| {}).await;
        browser.router = world.router.clone();
        ask(&world, &mut browser).await;
        world.advance(15 * DAYS);
        let (other, _) = world.second_node().await;
        let (one, two) = tokio::join!(carry_out(&world.app), carry_out(&other));
        assert_eq!(one + two, 1, "one node does it");
        assert_eq!(carry_out(&other).await, 0);
        assert_eq!(events(&world, "account.closed").await, 1);
        assert!(world.messages(LIMING.phone).await.last().unwrap().contains("已注销，个人信息已删除"));
        for (table, column) in [
            ("account_phones", "account_id"), ("documents", "account_id"), ("authenticators", "account_id"),
            ("recovery_codes", "account_id"), ("verifications", "account_id"), ("consents", "actor_id"),
            ("refresh_tokens", "actor_id"),
        ] {
            assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{id}'")).await, 0, "{table}");
        }
        let left = world.text(&format!("SELECT holder || user_name || COALESCE(password_hash, '') FROM accounts WHERE id = '{id}'")).await;
        assert_eq!(left, "");
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM legacy_links WHERE account_id = '{id}' AND (unlinked_at IS NULL OR subject <> '')")).await, 0);
        let dump = world.dump("accounts").await;
        assert!(!dump.contains("liming") && dump.contains("zhangwei"), "somebody else's is untouched");
        login(&mut browser, "liming").await;
        assert_eq!(browser.status, 422);
        browser.get("/login").await;
        browser.submit(&[("identifier", LIMING.phone), ("password", NEW_PASSWORD)]).await;
        assert_eq!(browser.status, 422, "nor by phone");
        // The legacy account, the document and the phone are free; the user name isn't.
        let mut anew = world.browser();
        to_user_name(&mut anew, "/migrate", &LIMING).await;
        anew.submit(&[("user_name", "LiMing")]).await;
        assert!(anew.error("user_name"), "{}", anew.body);
        complete_as(&world, &mut anew, &LIMING, "liming-anew").await;
        let after = tokens(&world, &mut anew, &[]).await;
        let sub = |tokens: &serde_json::Value| part(tokens["id_token"].as_str().unwrap(), 1)["sub"].clone();
        assert_ne!(sub(&after), sub(&before), "to an application it is somebody else");
    }

    async fn taking_back_and_carrying_out_at_the_same_moment_one_of_them_happens(world) {
        let mut browser = migrate(&world, &LIMING).await;
        for round in 0..3 {
            world.advance(61);
            ask(&world, &mut browser).await;
            world.advance(15 * DAYS);
            login(&mut browser, "liming").await;
            if browser.shows("短信验证码") {
                let code = world.code(LIMING.phone).await;
                browser.submit(&[("code", &code)]).await;
            }
            assert!(browser.shows("注销中"), "{}", browser.body);
            let (other, _) = world.second_node().await;
            let (_, closed) = tokio::join!(async { browser.submit(&[]).await; }, carry_out(&other));
            let withdrawn = events(&world, "account.closing_withdrawn").await;
            assert_eq!(withdrawn, i64::from(closed == 0) + round, "exactly one of the two");
            assert_eq!(status(&world).await, if closed == 1 { "closed" } else { "active" });
            if closed == 1 {
                return;
            }
        }
    }

    async fn an_account_that_an_operator_stops_meanwhile_is_not_closed(world) {
        let mut browser = migrate(&world, &LIMING).await;
        ask(&world, &mut browser).await;
        world.execute("UPDATE accounts SET status = 'disabled'").await;
        world.advance(16 * DAYS);
        assert_eq!(carry_out(&world.app).await, 0);
        login(&mut browser, "liming").await;
        assert_eq!(browser.status, 422, "nor taken back");
        assert_eq!(world.count("documents").await, 1);
    }

    async fn a_representative_an_administrator_and_a_reviewer_settle_that_first(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let yunhai = unit(&world, Unit::YUNHAI).await;
        let mine = representative(&world, &yunhai, "liming").await;
        browser.get("/account/close").await;
        assert!(browser.shows("“合肥云海茶业有限公司”的法定代表人") && !browser.shows("step=last"), "{}", browser.body);
        post(&mut browser, "/account/close", &[("sure", "yes")]).await;
        world.advance(61);
        if browser.at.starts_with("/account/confirm") {
            confirm(&world, &mut browser).await;
        }
        assert!(!browser.shows("name=\"sure\""), "no last question: {}", browser.body);
        post(&mut browser, "/account/close", &[("sure", "yes")]).await;
        assert_eq!(status_of(&world, "liming").await, "active", "whatever is posted");
        // An agent gives the mandate up by it.
        let mut other = migrate(&world, &ZHANGWEI).await;
        let given = agent(&world, (&yunhai, &mine), "zhangwei", None, None).await;
        world.execute(&format!("UPDATE mandates SET role = 'administrator' WHERE id = '{given}'")).await;
        other.get("/account/close").await;
        assert!(other.shows("的管理员") && other.shows(&format!("/account/mandates/{given}")), "{}", other.body);
        world.execute(&format!("UPDATE mandates SET role = 'agent' WHERE id = '{given}'")).await;
        other.get("/account/close?step=last").await;
        if other.at.starts_with("/account/confirm") {
            world.advance(61);
            other.submit(&[("password", NEW_PASSWORD)]).await;
            let code = world.code(ZHANGWEI.phone).await;
            other.submit(&[("code", &code)]).await;
        }
        other.submit(&[("sure", "yes")]).await;
        assert!(other.shows("账号注销中"), "{}", other.body);
        world.advance(15 * DAYS);
        assert_eq!(carry_out(&world.app).await, 1);
        assert_eq!(world.scalar(&format!("SELECT COUNT(*) FROM mandates WHERE id = '{given}' AND ended_why = 'resigned'")).await, 1);
    }

    async fn a_child_s_account_is_closed_by_its_guardian_who_can_not_go_before(world) {
        let mut parent = migrate(&world, &LIMING).await;
        let (reviewer, _) = reviewers(&world).await;
        let child = [
            ("name", "陈乐怡"), ("document_type", "hong_kong_macao_permit"), ("document_number", "H00000002"),
            ("birth_year", "2015"), ("birth_month", "12"), ("birth_day", "1"), ("gender", "2"),
        ];
        registered(&world, &mut parent, &reviewer, &child, "leyi").await;
        let id = child_id(&world).await;
        parent.get("/account/close").await;
        assert!(parent.shows("唯一的监护人") && !parent.shows("step=last"), "{}", parent.body);
        // The child can't by itself.
        let mut own = world.browser();
        sign_in(&mut own, "leyi", CHILDS_PASSWORD).await;
        own.get("/account/close").await;
        assert!(own.shows("由监护人") && !own.shows("step=last"), "{}", own.body);
        // Nor a stranger.
        let mut stranger = migrate(&world, &ZHANGWEI).await;
        stranger.get(&format!("/account/children/{id}/close")).await;
        assert_eq!(stranger.status, 404);
        post(&mut stranger, &format!("/account/children/{id}/close"), &[("sure", "yes")]).await;
        assert_eq!(stranger.status, 404);
        let page = format!("/account/children/{id}/close?step=last");
        parent.get(&page).await;
        if parent.at.starts_with("/account/confirm") {
            world.advance(61);
            confirm(&world, &mut parent).await;
        }
        assert_eq!(parent.at, page, "{}", parent.body);
        parent.submit(&[("sure", "yes")]).await;
        assert!(parent.shows("孩子的账号注销中"), "{}", parent.body);
        assert!(world.messages(LIMING.phone).await.last().unwrap().contains("您监护的陈**的统一账号已申请注销"));
        own.get("/account").await;
        assert!(own.at.starts_with("/login"));
        sign_in(&mut own, "leyi", CHILDS_PASSWORD).await;
        assert!(own.shows("请让监护人撤回") && !own.shows("take-back"), "{}", own.body);
        parent.get("/account/children").await;
        assert!(parent.shows("注销中"), "{}", parent.body);
        parent.get(&format!("/account/children/{id}/close")).await;
        parent.submit(&[]).await;
        assert_eq!(status_of(&world, "leyi").await, "active");
        post(&mut parent, &format!("/account/children/{id}/close"), &[("sure", "yes")]).await;
        assert_eq!(status_of(&world, "leyi").await, "closing");
        parent.get("/account/close").await;
        assert!(parent.shows("step=last"), "the guardian's own can be closed after it: {}", parent.body);
        world.advance(15 * DAYS);
        assert_eq!(carry_out(&world.app).await, 1);
        assert_eq!(world.scalar("SELECT COUNT(*) FROM guardianships WHERE ended_at IS NULL").await, 0);
        sign_in(&mut own, "leyi", CHILDS_PASSWORD).await;
        assert_eq!(own.status, 422);
    }
}

async fn status_of(world: &World, name: &str) -> String {
    world.text(&format!("SELECT status FROM accounts WHERE user_name = '{name}'")).await
}
