//! The clerk at the keyboard isn't the representative: who confirms on an own device, and whoever else can't.

use super::*;
use crate::migration::{LIMING, ZHANGWEI};
use guiyi::domain::case_number::CaseNumber;

/// A clerk who has entered the unit and asked this phone.
async fn asked(world: &World, unit: &Unit, phone: &str) -> (Browser, CaseNumber) {
    let mut clerk = world.browser();
    to_representative(&mut clerk, "/migrate", unit).await;
    clerk.submit(&[("action", "invite")]).await;
    assert!(clerk.at.ends_with("/unit"), "{}", clerk.at);
    clerk.submit(&unit.form()).await;
    assert!(clerk.at.ends_with("/confirmation"), "{} {}", clerk.at, clerk.body);
    clerk.submit(&[("action", "send"), ("phone", phone), ("captcha", "0000")]).await;
    assert!(clerk.shows("等待法定代表人确认") && clerk.headers["refresh"] == "30", "{}", clerk.body);
    let text = world.messages(phone).await.pop().unwrap();
    assert!(text.contains("法定代表人") && !text.contains("http"), "{text}");
    let number = text.split("编号").nth(1).unwrap().trim_end_matches('。');
    (clerk, CaseNumber::parse(number).unwrap())
}

async fn signed_in(world: &World, identifier: &str) -> Browser {
    let mut browser = world.browser();
    browser.get("/login").await;
    browser.submit(&[("identifier", identifier), ("password", NEW_PASSWORD)]).await;
    assert_eq!(browser.at, "/account", "{}", browser.body);
    browser
}

async fn open(browser: &mut Browser, number: &CaseNumber) {
    browser.get("/represent").await;
    browser.submit(&[("action", "open"), ("number", &number.to_string())]).await;
}

both! {
    async fn the_representative_confirms_on_an_own_device_and_the_clerk_goes_on(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, number) = asked(&world, &unit, LIMING.phone).await;
        let mut own = signed_in(&world, "liming").await;
        open(&mut own, &number).await;
        assert!(own.shows(unit.name) && own.shows(unit.code), "{}", own.body);
        own.submit(&[("action", "confirm")]).await;
        assert!(own.error("terms"), "the agreement is the representative's to accept");
        own.submit(&[("action", "confirm"), ("terms", "yes")]).await;
        assert!(own.shows("已确认"), "{}", own.body);
        let at = clerk.at.clone();
        clerk.get(&at).await;
        // The agreement was accepted there; the registry is asked; the clerk completes the account.
        if clerk.at.ends_with("/unit-check") {
            clerk.submit(&[]).await;
        }
        complete(&mut clerk, "huiyun").await;
        assert!(clerk.shows("单位账号已开通") && clerk.shows("请用新的单位账号登录"), "{}", clerk.body);
        clerk.get("/account").await;
        assert_eq!(clerk.at, "/login", "nobody is signed in at the clerk's");
        assert_eq!(rows(&world).await, [1, 1, 1]);
        let mandate = world.text("SELECT person_id FROM mandates").await;
        let liming = world.text("SELECT id FROM accounts WHERE user_name = 'liming'").await;
        assert_eq!(mandate, liming);
    }

    async fn nobody_else_can_answer(world) {
        citizen(&world, &LIMING).await;
        citizen(&world, &ZHANGWEI).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, number) = asked(&world, &unit, LIMING.phone).await;
        // Another person with the number; and somebody who knows only the number.
        let mut other = signed_in(&world, "zhangwei").await;
        open(&mut other, &number).await;
        assert!(other.error("number") && !other.shows(unit.name), "{}", other.body);
        let unknown = other.body.split("number-error").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
        open(&mut other, &CaseNumber::parse("0000-0000-0000").unwrap()).await;
        assert!(other.body.contains(&unknown), "the same answer as for no such number");
        other.submit(&[("action", "confirm"), ("terms", "yes"), ("number", &number.to_string())]).await;
        assert!(other.error("number"));
        let mut nobody = world.browser();
        nobody.get("/represent").await;
        assert_eq!(nobody.at, "/login");
        let at = clerk.at.clone();
        clerk.get(&at).await;
        assert!(clerk.at.ends_with("/confirmation"), "nothing has moved: {}", clerk.at);
    }

    async fn a_confirmation_is_for_this_unit_and_no_other(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, number) = asked(&world, &unit, LIMING.phone).await;
        let mut own = signed_in(&world, "liming").await;
        open(&mut own, &number).await;
        own.submit(&[("action", "confirm"), ("terms", "yes")]).await;
        // The clerk enters another unit of the same representative.
        let journey = clerk.at.rsplit_once('/').unwrap().0.to_owned();
        clerk.get(&format!("{journey}/unit")).await;
        clerk.submit(&Unit::of("mingde").form()).await;
        assert!(clerk.at.ends_with("/confirmation"), "asked anew: {} {}", clerk.at, clerk.body);
        assert_eq!(rows(&world).await, [0, 0, 0]);
    }

    async fn a_question_is_answered_once_and_expires(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, number) = asked(&world, &unit, LIMING.phone).await;
        let mut own = signed_in(&world, "liming").await;
        open(&mut own, &number).await;
        let mut twice = own.clone();
        own.submit(&[("action", "decline")]).await;
        assert!(own.shows("已告知办理人"));
        twice.submit(&[("action", "confirm"), ("terms", "yes")]).await;
        assert!(twice.error("number"), "declined is declined");
        let at = clerk.at.clone();
        clerk.get(&at).await;
        assert!(clerk.shows("没有同意"), "{}", clerk.body);
        clerk.submit(&[("action", "send"), ("phone", LIMING.phone), ("captcha", "0000")]).await;
        assert!(clerk.shows("等待法定代表人确认"), "{}", clerk.body);
        world.advance(8 * 24 * 60 * 60);
        let mut own = signed_in(&world, "liming").await;
        open(&mut own, &number).await;
        assert!(own.error("number"), "expired");
        assert_eq!(world.count("representative_invitations").await, 2);
        world.advance(60 * 24 * 60 * 60);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("representative_invitations").await, 0, "whom it was for isn't kept");
    }

    async fn the_representative_may_sign_in_here_after_all(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, number) = asked(&world, &unit, LIMING.phone).await;
        clerk.submit(&[("action", "here")]).await;
        assert!(clerk.at.ends_with("/representative"), "{}", clerk.at);
        let mut own = signed_in(&world, "liming").await;
        open(&mut own, &number).await;
        assert!(own.error("number"), "the question was taken back");
    }

    async fn a_phone_is_asked_so_often_at_the_most(world) {
        citizen(&world, &LIMING).await;
        let unit = Unit::of("huiyun");
        let (mut clerk, _) = asked(&world, &unit, LIMING.phone).await;
        for _ in 0..2 {
            clerk.submit(&[("action", "again")]).await;
            clerk.submit(&[("action", "send"), ("phone", LIMING.phone), ("captcha", "0000")]).await;
            assert!(clerk.shows("等待法定代表人确认"), "{}", clerk.body);
        }
        clerk.submit(&[("action", "again")]).await;
        clerk.submit(&[("action", "send"), ("phone", LIMING.phone), ("captcha", "0000")]).await;
        assert!(clerk.status == 429 && clerk.shows("已达上限"), "{}", clerk.body);
        assert!(clerk.shows("改为直接登录"), "no dead end");
    }
}
