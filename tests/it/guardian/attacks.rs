//! Who can't begin a child's journey, and what no tampering, no stolen password and no reviewer of an own case moves.

use super::*;
use crate::migration::review::reviewers;
use crate::migration::{ZHANGWEI, to_agreed};
use crate::units::{self, Unit};
use guiyi::review::desk::DeskError;

async fn refused(world: &World, browser: &mut Browser, words: &str) {
    let before = world.count("journeys").await;
    browser.get("/account/children").await;
    assert!(browser.shows(words) && !browser.shows("name=\"goal\""), "{words}: {}", browser.body);
    post(browser, "/account/children", &[("goal", "registration"), ("guardian", "x"), ("account", "x")]).await;
    assert_eq!(browser.at, "/account/children", "{words}");
    assert_eq!(world.count("journeys").await, before, "{words}: nothing was begun");
}

both! {
    async fn nobody_but_a_verified_adult_in_a_fresh_session_begins_a_child_s_journey(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = world.browser();
        browser.get("/account/children").await;
        assert_eq!(browser.at, "/login");
        post_signed_out(&mut browser).await;
        assert_eq!(world.count("journeys").await, 0);
        // A stale session, until the password is typed again.
        let mut browser = guardian(&world).await;
        world.advance(10 * 60);
        refused(&world, &mut browser, "请再次登录后办理").await;
        let to = browser.link("/account/children/sign-in");
        browser.get(&to).await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert!(browser.at == "/account/children" && browser.shows("name=\"goal\""), "{} {}", browser.at, browser.body);
        // The child's own account.
        registered(&world, &mut browser, &reviewer, &XIAOYU.identity(), "xiaoyu").await;
        let mut child = world.browser();
        sign_in(&mut child, "xiaoyu", CHILDS_PASSWORD).await;
        refused(&world, &mut child, "已满十八周岁的监护人").await;
        // A unit's.
        let mut owner = units::migrate(&world, &Unit::of("huiyun"), "liming").await;
        let unit = sign_in_as_unit(&mut owner).await;
        if unit {
            refused(&world, &mut owner, "单位账号不能为孩子办理").await;
        }
        // Somebody who could not be told, and somebody who isn't verified.
        let mut silent = world.browser();
        let [(name, ..), _] = guiyi::demo::staff::REVIEWERS;
        sign_in(&mut silent, name, guiyi::demo::staff::PASSWORD).await;
        refused(&world, &mut silent, "无法接收孩子账号的通知").await;
        world.execute("UPDATE accounts SET identity_level = 1 WHERE user_name = 'liming'").await;
        let mut world = world;
        world.restart().await;
        let mut unverified = world.browser();
        sign_in(&mut unverified, "liming", NEW_PASSWORD).await;
        refused(&world, &mut unverified, "您的账号尚未实名").await;
    }

    async fn a_child_is_told_of_the_guardian_s_way_and_a_sign_in_leads_there(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        crate::migration::to_sign_in(&mut browser, "/migrate").await;
        browser.submit(&[("account", XIAOYU.account), ("password", XIAOYU.password)]).await;
        assert!(browser.shows("未满十四周岁，需由监护人办理"), "{}", browser.body);
        let to = browser.link("/account/children");
        browser.get(&to).await;
        assert_eq!(browser.at, "/login");
        browser.submit(&[("identifier", "liming"), ("password", "wrong-password")]).await;
        browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
        assert_eq!(browser.at, "/account/children", "the link survives the sign-in, and a failure before it");
        browser.get("/account").await;
        assert_eq!(browser.at, "/account", "once");
        for odd in ["//evil.example", "https://evil.example", "../x", ""] {
            browser.get(&format!("/account/children/sign-in?journey={odd}")).await;
            browser.submit(&[("identifier", "liming"), ("password", NEW_PASSWORD)]).await;
            assert_eq!(browser.at, "/account/children", "{odd} leads nowhere else");
        }
    }

    async fn the_thief_of_a_child_s_old_password_is_stopped_by_the_reviewer(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut thief = migrate(&world, &ZHANGWEI).await;
        to_form(&mut thief, &XIAOYU).await;
        // With another child's data the match contradicts the old row.
        thief.submit(&almost_fourteen()).await;
        thief.submit(&[("relation", "father")]).await;
        assert!(thief.shows("未通过核验"), "{} {}", thief.at, thief.body);
        let back = thief.link("/identity");
        thief.get(&back).await;
        thief.submit(&XIAOYU.identity()).await;
        let number = submit_case(&mut thief).await;
        for step in ["existing-child", "user-name", "password"] {
            let path = thief.at.replace("/review", &format!("/{step}"));
            let mut again = thief.clone();
            again.get(&path).await;
            assert!(again.at.ends_with("/review"), "{step}: {}", again.at);
        }
        let case = reviewer.open(&world.app, &number).await.unwrap();
        reviewer.claim(&world.app, &case).await.unwrap();
        let case = reviewer.open(&world.app, &number).await.unwrap();
        let state = guiyi::storage::reviews::State::Rejected;
        reviewer.refuse(&world.app, &case, state, "户口簿上没有申请人").await.unwrap();
        thief.get(&thief.at.clone()).await;
        assert!(thief.shows("户口簿上没有申请人"), "{}", thief.body);
        assert!(world.messages(XIAOYU.phone).await.iter().any(|t| t.contains("正在迁移")), "the old row's phone was told");
        assert_eq!(rows(&world).await, [1, 0, 1, 0]);
    }

    async fn nobody_reviews_the_case_of_an_own_child_or_of_a_namesake(world) {
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        let namesake = Person { name: guiyi::demo::staff::REVIEWERS[0].1, ..XIAOYU };
        to_checked(&mut browser, &namesake.identity()).await;
        browser.submit(&[("action", "review")]).await;
        let number = submit_case(&mut browser).await;
        let (namesake, stranger) = reviewers(&world).await;
        assert!(matches!(approve(&world, &namesake, &number).await, Err(DeskError::Own)), "the child's name");
        let mut world = world;
        let own = as_reviewer(&mut world, "liming").await;
        assert!(matches!(approve(&world, &own, &number).await, Err(DeskError::Own)), "the guardian");
        approve(&world, &stranger, &number).await.unwrap();
    }

    async fn an_approval_counts_for_the_child_and_the_relation_that_were_approved_only(world) {
        let (reviewer, _) = reviewers(&world).await;
        let mut browser = guardian(&world).await;
        to_registration_form(&mut browser).await;
        to_checked(&mut browser, &XIAOYU.identity()).await;
        let number = submit_case(&mut browser).await;
        let journey = browser.at.replace("/review", "");
        browser.get(&format!("{journey}/relation")).await;
        browser.submit(&[("relation", "mother")]).await;
        assert!(browser.error("relation"), "李明 is no mother: {}", browser.body);
        browser.submit(&[("relation", "other")]).await;
        assert!(browser.at.ends_with("/evidence"), "{} {}", browser.at, browser.body);
        let taken_back = approve(&world, &reviewer, &number).await;
        assert!(matches!(taken_back, Err(DeskError::Closed("withdrawn"))), "{taken_back:?}");
        browser.submit(&[("submit", "yes")]).await;
        approved(&world, &mut browser, &reviewer, &number).await;
        browser.get(&format!("{journey}/relation")).await;
        browser.submit(&[("relation", "father")]).await;
        assert!(browser.at.ends_with("/evidence"), "{}", browser.at);
        browser.get(&format!("{journey}/identity")).await;
        browser.submit(&almost_fourteen()).await;
        browser.get(&format!("{journey}/password")).await;
        assert!(!browser.at.ends_with("/password"), "{}", browser.at);
        assert_eq!(rows(&world).await, [1, 0, 1, 0]);
    }

    async fn an_adult_s_old_account_or_data_leads_to_the_ordinary_wizard(world) {
        let mut browser = guardian(&world).await;
        begin(&mut browser, "migration").await;
        browser.submit(&[("system", "hefei")]).await;
        browser.submit(&[("account", ZHANGWEI.account), ("password", ZHANGWEI.password)]).await;
        assert!(browser.shows("由本人办理") && browser.shows("href=\"/migrate\""), "{} {}", browser.at, browser.body);
        to_registration_form(&mut browser).await;
        browser.submit(&ZHANGWEI.identity()).await;
        assert!(browser.shows("由本人办理"), "{}", browser.body);
        browser.get(&browser.at.clone()).await;
        assert!(browser.at.ends_with("/identity") && !browser.shows(ZHANGWEI.number), "nothing is kept");
    }

    async fn an_ordinary_journey_is_no_child_s_whatever_is_posted(world) {
        let mut browser = guardian(&world).await;
        to_agreed(&mut browser, "/migrate", &ZHANGWEI).await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        let mut fields = XIAOYU.identity().to_vec();
        fields.extend([("child", "yes"), ("guardian", "liming"), ("present", "true"), ("relation", "father")]);
        browser.submit(&fields).await;
        assert!(browser.shows("未满十四周岁，需由监护人办理"), "{}", browser.body);
        for step in ["guardian", "relation", "existing-child"] {
            browser.get(&format!("{journey}/{step}")).await;
            assert!(browser.at.ends_with("/identity"), "{step}: {}", browser.at);
        }
    }

    async fn another_guardian_s_child_is_not_seen_and_posted_ids_do_nothing(world) {
        let (reviewer, _) = reviewers(&world).await;
        registered(&world, &mut guardian(&world).await, &reviewer, &XIAOYU.identity(), "xiaoyu").await;
        let child = child_id(&world).await;
        let mut signed_in = world.browser();
        sign_in(&mut signed_in, "xiaoyu", CHILDS_PASSWORD).await;
        let session = world.text(&format!("SELECT id FROM sessions WHERE account_id = '{child}'")).await;
        let before = world.count("audit").await;
        let mut other = migrate(&world, &ZHANGWEI).await;
        let own = world.count("audit").await - before;
        for who in [child.as_str(), "x", "..", ""] {
            other.get(&format!("/account/children/{who}")).await;
            assert!(other.status == 404 || other.at == "/account/children" || other.at == "/", "{who}: {}", other.at);
            assert!(!other.shows("陈"));
        }
        other.get(&format!("/account/children/{child}/consents?client={}", crate::support::BOOKING)).await;
        assert_eq!(other.status, 404);
        let liming = world.text("SELECT id FROM accounts WHERE user_name = 'liming'").await;
        let forged = [("account", liming.as_str()), ("guardian", liming.as_str()), ("session", session.as_str()),
            ("client", crate::support::BOOKING), ("profile", "yes"), ("real_name", "yes")];
        for path in ["sessions/end", "consents", "consents/revoke"] {
            post(&mut other, &format!("/account/children/{child}/{path}"), &forged).await;
            assert_eq!(other.status, 404, "{path}");
        }
        // Nor does a guardian do it to an account that is no child of theirs.
        let mut liming = world.browser();
        sign_in(&mut liming, "liming", NEW_PASSWORD).await;
        let zhangwei = world.text("SELECT id FROM accounts WHERE user_name = 'zhangwei'").await;
        post(&mut liming, &format!("/account/children/{zhangwei}/consents"), &forged).await;
        assert_eq!(liming.status, 404);
        assert_eq!(world.count("consents").await, 0);
        signed_in.get("/account").await;
        assert_eq!(signed_in.at, "/account", "still signed in");
        assert_eq!(world.count("audit").await - before, own + 1, "one more sign-in, and nothing else happened");
        for path in ["", "/x", "/x/consents"] {
            world.browser().get(&format!("/account/children{path}")).await;
        }
    }

    async fn a_page_out_of_order_leads_to_the_current_one(world) {
        let mut browser = guardian(&world).await;
        begin(&mut browser, "migration").await;
        let journey = browser.at.rsplit_once('/').unwrap().0.to_owned();
        for step in ["guardian", "agreement", "identity", "relation", "check", "evidence", "review", "existing-child", "user-name", "password"] {
            browser.get(&format!("{journey}/{step}")).await;
            assert!(browser.at.ends_with("/system"), "{step} led to {}", browser.at);
            let (_, hidden) = browser.form();
            let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            fields.extend([("action", "bind"), ("relation", "father"), ("user_name", "thief"), ("captcha", "0000")]);
            browser.post(&format!("{journey}/{step}"), &fields).await;
            assert!(browser.at.ends_with("/system"), "{step} took us to {}", browser.at);
        }
    }
}

/// Without a session the form has no page to stand on: its token is the browser's.
async fn post_signed_out(browser: &mut Browser) {
    let csrf = browser.csrf();
    browser.post("/account/children", &[("csrf", csrf.as_str()), ("goal", "registration")]).await;
}

/// Signs in with the unit's own password; whether units sign in by themselves.
async fn sign_in_as_unit(browser: &mut Browser) -> bool {
    sign_in(browser, "huiyun", units::UNIT_PASSWORD).await;
    browser.at == "/account"
}
