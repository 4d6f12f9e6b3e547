//! Another phone: for whoever can sign in, and for whoever can't.

use super::*;
use crate::migration::migrate;
use crate::migration::review::{approve, reviewers, submit_case};
use crate::second_factors::{confirm, login, with_app};
use guiyi::domain::case_number::CaseNumber;
use guiyi::review::desk::Approval;

const NEW: &str = "19933330001";

/// Past the new phone's code.
async fn to_old(world: &World, browser: &mut Browser) {
    browser.get("/account/phone/change").await;
    if browser.at.starts_with("/account/confirm") {
        confirm(world, browser).await;
        world.advance(61);
    }
    assert_eq!(browser.at, "/account/phone/change", "{}", browser.body);
    browser.submit(&[("phone", NEW), ("captcha", "0000")]).await;
    let code = world.code(NEW).await;
    browser.submit(&[("code", &code)]).await;
    assert!(browser.shows("已验证"), "{}", browser.body);
}

/// From the beginning to the reviewers.
pub async fn lost(world: &World, factors: bool) -> (Browser, CaseNumber) {
    let mut browser = world.browser();
    browser.get("/recover/phone").await;
    browser.submit(&[("factors", if factors { "yes" } else { "" })]).await;
    assert!(browser.at.ends_with("/identity"), "{} {}", browser.at, browser.body);
    browser.submit(&LIMING.identity()).await;
    assert!(browser.at.ends_with("/contact-phone"), "{} {}", browser.at, browser.body);
    assert!(!browser.shows("no_phone"));
    browser.submit(&[("phone", NEW), ("captcha", "0000")]).await;
    let code = world.code(NEW).await;
    browser.submit(&[("code", &code)]).await;
    assert!(browser.at.ends_with("/evidence") && browser.shows("72 小时"), "{} {}", browser.at, browser.body);
    let number = submit_case(&mut browser).await;
    (browser, number)
}

/// The two approvals.
async fn approved(world: &World, number: &CaseNumber) {
    let (first, second) = reviewers(world).await;
    assert_eq!(approve(world, &first, number).await.unwrap(), Approval::NeedsSecond);
    approve(world, &second, number).await.unwrap();
}

both! {
    async fn the_codes_of_both_phones_change_it_at_once_and_every_channel_is_told(world) {
        let mut browser = migrate(&world, &LIMING).await;
        let mut other = world.browser();
        login(&mut other, "liming").await;
        world.advance(61);
        to_old(&world, &mut browser).await;
        browser.submit(&[("action", "send")]).await;
        let code = world.code(LIMING.phone).await;
        browser.submit(&[("action", "change"), ("code", "000000")]).await;
        assert!(browser.error("code"), "{}", browser.body);
        browser.submit(&[("action", "change"), ("code", &code)]).await;
        assert!(browser.at == "/account" && browser.shows("199****0001"), "{} {}", browser.at, browser.body);
        for phone in [LIMING.phone, NEW] {
            assert!(world.messages(phone).await.iter().any(|text| text.contains("已更换登记的手机号")), "{phone}");
        }
        other.get("/account").await;
        assert!(other.at.starts_with("/login"), "other sign-ins end");
        assert!(signs_in(&world, NEW, NEW_PASSWORD).await && !signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        browser.get("/account/log").await;
        assert!(browser.shows("更换了登记的手机号"));
    }

    async fn without_the_old_phone_it_waits_and_the_old_phone_stops_it(world) {
        let mut browser = migrate(&world, &LIMING).await;
        world.advance(61);
        to_old(&world, &mut browser).await;
        browser.submit(&[("action", "wait")]).await;
        assert!(browser.at == "/account" && browser.shows("有人申请更换这个账号的手机号"), "{} {}", browser.at, browser.body);
        let number = stop_number(&world, LIMING.phone).await;
        stop(&world, &number).await;
        world.advance(WAIT);
        assert_eq!(due(&world).await, 0);
        assert!(signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        // Nobody objects to the second one.
        let mut browser = world.browser();
        login(&mut browser, "liming").await;
        to_old(&world, &mut browser).await;
        browser.submit(&[("action", "wait")]).await;
        world.advance(WAIT);
        assert_eq!(due(&world).await, 1);
        assert!(signs_in(&world, NEW, NEW_PASSWORD).await && !signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        browser.get("/account").await;
        assert!(browser.at.starts_with("/login"));
    }

    async fn a_session_alone_changes_no_phone_and_no_step_is_skipped(world) {
        let mut thief = migrate(&world, &LIMING).await;
        world.advance(11 * 60);
        thief.get("/account").await;
        let csrf = { thief.get("/logout").await; thief.csrf() };
        for path in ["/account/phone/change", "/account/phone/change/code"] {
            let fields = [("csrf", csrf.as_str()), ("phone", NEW), ("captcha", "0000"), ("action", "wait"), ("ticket", "x")];
            thief.post(path, &fields).await;
            assert!(thief.at.starts_with("/account/confirm"), "{path}: {}", thief.at);
        }
        confirm(&world, &mut thief).await;
        world.advance(61);
        thief.get("/account/phone/change").await;
        thief.submit(&[("phone", NEW), ("captcha", "0000")]).await;
        // Waiting before the new phone is proven is nothing.
        thief.submit(&[("action", "wait")]).await;
        assert!(thief.error("code"), "{}", thief.body);
        assert_eq!(world.count("recoveries").await, 0);
    }

    async fn whoever_has_lost_phone_and_app_regains_the_account_by_two_reviewers_and_72_hours(world) {
        let (mut old, ..) = with_app(&world).await;
        let (mut browser, number) = lost(&world, true).await;
        approved(&world, &number).await;
        let told = world.messages(LIMING.phone).await.pop().unwrap();
        assert!(told.contains("更换手机号") && told.contains("72小时"), "{told}");
        let here = browser.at.clone();
        browser.get(&here).await;
        assert!(browser.shows("等待生效"), "{}", browser.body);
        world.advance(WAIT - 1);
        assert_eq!(due(&world).await, 0);
        world.advance(1);
        assert_eq!(due(&world).await, 1);
        assert_eq!(world.count("authenticators").await + world.count("recovery_codes").await, 0);
        old.get("/account").await;
        assert!(old.at.starts_with("/login"));
        browser.get(&here).await;
        assert!(browser.shows("人工审核已通过"), "{}", browser.body);
        browser.submit(&[("action", "continue")]).await;
        assert!(browser.at.ends_with("/regained") && browser.shows("新手机号已登记"), "{} {}", browser.at, browser.body);
        assert!(!browser.jar.contains_key("guiyi_session"), "nobody is signed in by it");
        // The password is forgotten as well: with the new phone that is a matter of minutes.
        world.advance(61);
        let mut person = world.browser();
        ask(&mut person, "liming").await;
        prove(&world, &mut person, NEW, LIMING.number).await;
        choose(&mut person).await;
        assert!(person.shows("密码已重新设置"), "{}", person.body);
        assert!(signs_in(&world, NEW, ANOTHER).await);
    }

    async fn the_old_phone_stops_a_thief_whom_two_reviewers_believed(world) {
        with_app(&world).await;
        let (mut thief, number) = lost(&world, true).await;
        approved(&world, &number).await;
        let stop_it = stop_number(&world, LIMING.phone).await;
        assert_ne!(stop_it, number.to_string(), "the thief knows the case's number");
        stop(&world, &number.to_string()).await;
        assert_eq!(world.scalar("SELECT COUNT(*) FROM recoveries WHERE ended_at IS NULL").await, 1);
        world.advance(WAIT - 60);
        stop(&world, &stop_it).await;
        world.advance(61);
        assert_eq!(due(&world).await, 0);
        let here = thief.at.clone();
        thief.get(&here).await;
        assert!(thief.shows("人工审核未通过") && thief.shows("异议"), "{}", thief.body);
        assert_eq!(world.count("authenticators").await, 1);
        assert!(signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
    }

    async fn a_case_says_nothing_of_whether_there_is_an_account_and_without_one_nothing_is_approved(world) {
        let (_, number) = lost(&world, false).await;
        let (first, _) = reviewers(&world).await;
        let refused = approve(&world, &first, &number).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(world.count("recoveries").await, 0);
    }

    async fn a_case_that_is_taken_back_or_stopped_by_a_reviewer_changes_nothing(world) {
        migrate(&world, &LIMING).await;
        world.advance(61);
        let (mut browser, number) = lost(&world, false).await;
        approved(&world, &number).await;
        browser.submit(&[("action", "withdraw")]).await;
        world.advance(WAIT);
        assert_eq!(due(&world).await, 0);
        assert!(signs_in(&world, LIMING.phone, NEW_PASSWORD).await);
        let (_, number) = lost(&world, false).await;
        let (first, second) = reviewers(&world).await;
        approve(&world, &first, &number).await.unwrap();
        approve(&world, &second, &number).await.unwrap();
        let case = first.open(&world.app, &number).await.unwrap();
        first.stop(&world.app, &case, "账号所有人提出异议").await.unwrap();
        assert!(world.messages(LIMING.phone).await.iter().any(|text| text.contains("更换手机号的申请已停止")));
        world.advance(WAIT);
        assert_eq!(due(&world).await, 0);
    }
}
