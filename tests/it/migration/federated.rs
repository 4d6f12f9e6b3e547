//! 省公安厅-互联网+公安: a federated system, signed in to over there, as a step of the wizard and as a way to sign in.

use super::*;
use crate::support::{RelyingParty, at_police};
use guiyi::demo::Mode;

const FANGJING: Person = Person {
    account: "fangjing",
    password: "Quiet+garden+61",
    name: "方静",
    number: "340102198909309986",
    gender: "2",
    ethnic: "01",
    phone: "19900000041",
};
const SUQIANG: Person = Person {
    account: "suqiang",
    password: "Half-way-there-3",
    name: "苏强",
    number: "340121199006269999",
    gender: "1",
    ethnic: "01",
    phone: "19900000042",
};

/// From the entry to the police's own page.
async fn to_police(browser: &mut Browser, entry: &str) {
    to_sign_in_at(browser, entry, "gat").await;
    assert!(browser.shows("前往“省公安厅-互联网+公安”登录") && !browser.shows("type=\"password\""), "{}", browser.body);
    browser.submit(&[]).await;
}

/// Presses the login page's button for the police.
pub async fn login_with_police(browser: &mut Browser, login: &str) {
    browser.get(login).await;
    assert!(browser.shows("使用“省公安厅-互联网+公安”登录"), "{}", browser.body);
    let (_, mut fields) = browser.form();
    fields.push(("system".into(), "gat".into()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post("/upstream/sign-in", &fields).await;
}

/// Signs in over there and comes back.
pub async fn come_back(browser: &mut Browser, account: &str, password: &str) {
    let back = at_police(browser, account, password).await;
    browser.get(&back).await;
}

/// The whole migration of somebody whom the police vouch for.
pub async fn migrate_from_police(world: &World) -> Browser {
    let mut browser = world.browser();
    to_police(&mut browser, "/migrate").await;
    come_back(&mut browser, FANGJING.account, FANGJING.password).await;
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    assert!(browser.at.ends_with("/user-name"), "vouched for: {}", browser.at);
    browser.submit(&[("user_name", "fangjing")]).await;
    assert_eq!(browser.value("phone"), FANGJING.phone);
    to_email(world, &mut browser, FANGJING.phone).await;
    browser.submit(&[("skip", "yes")]).await;
    assert!(!browser.shows("value=\"old\""), "nobody typed a password here");
    let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    browser.submit(&fields).await;
    assert!(browser.shows("账号升级完成"), "{} {}", browser.at, browser.body);
    browser
}

both! {
    async fn a_person_whom_the_police_vouch_for_comes_back_and_signs_in_with_them_from_then_on(world) {
        migrate_from_police(&world).await;
        let method = "SELECT COUNT(*) FROM verifications WHERE method = 'upstream' AND source = 'gat'";
        assert_eq!(world.scalar(method).await, 1);
        assert_eq!(world.text("SELECT subject FROM legacy_links WHERE system_id = 'gat'").await, "ga-5f2c01");
        let mut browser = world.browser();
        login_with_police(&mut browser, "/login").await;
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        assert_eq!(browser.at, "/account", "{}", browser.body);
        assert!(browser.shows("方*"));
        let session = "SELECT COUNT(*) FROM sessions WHERE methods = 'urn:guiyi:legacy' AND sign_in_level = 1";
        assert_eq!(world.scalar(session).await, 1, "one factor, and none of the portal's own");
    }

    async fn a_linked_person_signs_in_to_the_application_that_waits(world) {
        migrate_from_police(&world).await;
        let party = RelyingParty::booking(&world).await;
        let started = party.start(&["profile"], &[]);
        let mut browser = world.browser();
        browser.get(&started.path.clone()).await;
        let policy = browser.headers["content-security-policy"].to_str().unwrap().to_owned();
        let login = browser.at.clone();
        login_with_police(&mut browser, &login).await;
        let provider = browser.left.clone().unwrap();
        assert!(policy.contains(provider.split("/authorize").next().unwrap()), "the form may lead there: {policy}");
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        browser.submit(&[("decision", "allow")]).await;
        let back = browser.left.clone().expect("back at the relying party");
        let (_, claims) = party.finish(started, &back).await;
        assert_eq!(claims.auth_context_ref().unwrap().as_str(), "urn:guiyi:i2:a1");
        assert_eq!(claims.auth_method_refs().unwrap()[0].as_str(), "urn:guiyi:legacy");
    }

    async fn somebody_who_is_not_linked_goes_straight_to_the_agreement(world) {
        let party = RelyingParty::booking(&world).await;
        let started = party.start(&["profile"], &[]);
        let mut browser = world.browser();
        browser.get(&started.path.clone()).await;
        let login = browser.at.clone();
        login_with_police(&mut browser, &login).await;
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        assert!(browser.at.starts_with("/journey/") && browser.at.ends_with("/agreement"), "{}", browser.at);
        assert!(!browser.jar.contains_key("guiyi_session"), "and isn't signed in");
        assert!(browser.link("/login").contains("interaction="), "the application still waits");
    }

    async fn somebody_whom_the_police_do_not_vouch_for_is_checked(world) {
        let mut browser = world.browser();
        to_police(&mut browser, "/migrate").await;
        come_back(&mut browser, SUQIANG.account, SUQIANG.password).await;
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        assert!(browser.at.ends_with("/identity"), "{}", browser.at);
        assert_eq!(browser.value("name"), "苏强");
        browser.submit(&SUQIANG.identity()).await;
        assert!(browser.at.ends_with("/user-name"), "{}", browser.at);
    }

    async fn a_child_is_stopped_on_the_way_back_before_anything_is_stored(world) {
        for by_login in [false, true] {
            let mut browser = world.browser();
            if by_login {
                login_with_police(&mut browser, "/login").await;
            } else {
                to_police(&mut browser, "/migrate").await;
            }
            come_back(&mut browser, "xiaoman", "Kite_on_a_hill_7").await;
            assert!(browser.shows("监护人"), "{}", browser.body);
            assert!(!browser.shows("code="), "the answer's parameters are nowhere on the page");
        }
        let proven = "SELECT COUNT(*) FROM audit WHERE event = 'journey.upstream_proven'";
        assert_eq!(world.scalar(proven).await, 0);
    }

    async fn a_second_account_of_a_person_is_bound_with_proof(world) {
        migrate(&world, &LIMING).await;
        let mut browser = world.browser();
        to_police(&mut browser, "/migrate").await;
        come_back(&mut browser, "liming", "Blue-lantern-88").await;
        browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
        assert!(browser.at.ends_with("/existing-account"), "{}", browser.at);
        browser.submit(&[("password", NEW_PASSWORD)]).await;
        assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
        let mut later = world.browser();
        login_with_police(&mut later, "/login").await;
        come_back(&mut later, "liming", "Blue-lantern-88").await;
        assert_eq!(later.at, "/account");
    }

    async fn a_linked_account_is_told_whose_it_is_masked(world) {
        migrate_from_police(&world).await;
        let mut browser = world.browser();
        to_police(&mut browser, "/migrate").await;
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        assert!(browser.shows("f***g") && browser.shows("前往登录"), "{}", browser.body);
    }

    async fn whoever_breaks_off_can_try_again_or_choose_another_system(world) {
        let mut browser = world.browser();
        to_police(&mut browser, "/migrate").await;
        come_back(&mut browser, "", "").await;
        assert!(browser.shows("登录没有完成") && browser.shows("选择其他系统"), "{}", browser.body);
        browser.submit(&[]).await;
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.at);
        let mut other = world.browser();
        login_with_police(&mut other, "/login").await;
        come_back(&mut other, "", "").await;
        assert!(other.error("federated") && other.shows("使用“省公安厅-互联网+公安”登录"), "{}", other.body);
    }

    async fn a_provider_that_is_down_keeps_nobody_from_starting_and_loses_nothing(world) {
        world.neighbours.police.set_mode(Mode::Down);
        let mut world = world;
        world.restart().await; // the portal starts without it
        let mut browser = world.browser();
        to_sign_in_at(&mut browser, "/migrate", "gat").await;
        browser.submit(&[]).await;
        assert!(browser.status == 503 && browser.shows("暂时无法连接") && browser.shows("选择其他系统"), "{}", browser.body);
        let mut login = world.browser();
        login.get("/login").await;
        let (_, mut fields) = login.form();
        fields.push(("system".into(), "gat".into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        login.post("/upstream/sign-in", &fields).await;
        assert!(login.error("federated") && login.shows("暂时无法连接"), "{}", login.body);
        world.neighbours.police.set_mode(Mode::Up);
        browser.submit(&[]).await;
        let back = at_police(&browser, FANGJING.account, FANGJING.password).await;
        world.neighbours.police.set_mode(Mode::Down);
        browser.get(&back).await;
        assert!(browser.status == 503 && browser.shows("重试"), "{}", browser.body);
        world.neighbours.police.set_mode(Mode::Up);
        browser.submit(&[]).await;
        come_back(&mut browser, FANGJING.account, FANGJING.password).await;
        assert!(browser.at.ends_with("/agreement"), "{}", browser.at);
    }

    async fn two_tabs_and_a_page_loaded_again_lead_on(world) {
        let mut first = world.browser();
        to_police(&mut first, "/migrate").await;
        let mut second = world.browser();
        second.jar = first.jar.clone();
        to_police(&mut second, "/migrate").await;
        let backs = [
            at_police(&first, FANGJING.account, FANGJING.password).await,
            at_police(&second, SUQIANG.account, SUQIANG.password).await,
        ];
        second.get(&backs[1]).await;
        assert!(second.at.ends_with("/agreement"), "{}", second.at);
        first.get(&backs[0]).await;
        assert!(first.at.ends_with("/agreement"), "{}", first.at);
        assert_ne!(first.at, second.at);
        let here = first.at.clone();
        first.get(&backs[0]).await;
        assert_eq!(first.at, here, "the page loaded again leads to the journey");
        let proven = "SELECT COUNT(*) FROM audit WHERE event = 'journey.upstream_proven'";
        assert_eq!(world.scalar(proven).await, 2, "and has no second effect");
    }
}
