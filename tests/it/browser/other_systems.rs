//! The old user table and the federated system, in a real browser.

use guiyi::demo::people::{EXAM, POLICE, Person};

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::Demo;
use super::walk::{NEW_PASSWORD, Walk};

const TELEPHONE: Look = Look { size: (360, 740), ..DESK };

fn candidate(account: &str) -> &'static Person {
    EXAM.iter().map(|(person, _)| person).find(|person| person.account == account).unwrap()
}

fn citizen(account: &str) -> &'static Person {
    POLICE.iter().find(|person| person.account == account).unwrap()
}

impl Walk<'_> {
    /// From the portal's own login page to the sign-in page of a system.
    async fn to_sign_in_at(&self, system: &str) {
        self.chrome.open(&self.demo.portal("/login")).await;
        self.chrome.press("a[href^='/migrate']").await;
        self.chrome.press(&format!("button[value={system}]")).await;
        // It has accounts of people alone: which kind isn't asked.
        self.see("sign-in", "/sign-in").await;
    }

    /// Signs in on the police's own page.
    async fn at_police(&self, person: &Person) {
        self.chrome.look(&format!("{}-police", self.shot)).await;
        self.chrome.fill("#account", person.account).await;
        self.chrome.fill("#password", person.password).await;
        self.chrome.press("form[action='/authorize'] button").await;
    }
}

#[tokio::test]
async fn a_candidate_of_the_old_user_table_gets_through_on_a_small_screen() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "table-360" };
    let hanmei = candidate("hanmei");
    walk.to_sign_in_at("jyt").await;
    for _ in 0..2 {
        chrome.fill("#account", hanmei.account).await;
        chrome.fill("#password", "wrong").await;
        chrome.press(NEXT).await;
    }
    chrome.see_error("table-360-captcha", "account").await;
    chrome.fill("#password", hanmei.password).await;
    chrome.press(NEXT).await;
    chrome.see_error("table-360-captcha-empty", "captcha").await;
    assert_eq!(chrome.value("#account").await, hanmei.account, "what was typed is kept");
    chrome.fill("#password", "wrong").await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    chrome.fill("#password", hanmei.password).await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    walk.see("stopped", "/sign-in").await;
    assert_eq!(chrome.words("h1").await, "暂时不能继续尝试");

    // Another account is as it was.
    let gaofeng = candidate("gaofeng");
    chrome.press(".ways a[href$='/sign-in']").await;
    walk.sign_in(gaofeng).await;
    walk.agree().await;
    walk.see("identity", "/identity").await;
    assert_eq!(chrome.value("#name").await, gaofeng.name, "pre-filled from the old row");
    chrome.press(NEXT).await;
    walk.complete(gaofeng, None).await;
    assert_eq!(chrome.count("#choice").await, 0, "the old password can't be kept");
    walk.new_password().await;
}

#[tokio::test]
async fn a_citizen_comes_back_from_the_police_and_signs_in_with_them_later() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "police-360" };
    let fangjing = citizen("fangjing");
    walk.to_sign_in_at("gat").await;
    demo.turn_police("down").await;
    chrome.press(NEXT).await;
    walk.see("down", "/sign-in").await;
    demo.turn_police("up").await;
    chrome.press(NEXT).await;
    chrome.press("button[name=cancel]").await;
    chrome.look("police-360-declined").await;
    assert_eq!(chrome.words("h1").await, "登录没有完成");
    chrome.press(NEXT).await;
    walk.at_police(fangjing).await;
    walk.agree().await;
    walk.complete(fangjing, None).await;
    walk.new_password().await;

    // From an application, later, in another browser.
    chrome.forget().await;
    chrome.open(&demo.relying_party("/")).await;
    chrome.press("a.button.main").await;
    walk.see("login", "/login").await;
    chrome.press("#federated button").await;
    chrome.press("button[name=cancel]").await;
    chrome.see_error("police-360-login-declined", "federated").await;
    chrome.press("#federated button").await;
    walk.at_police(fangjing).await;
    chrome.press("button[value=allow]").await;
    let words = chrome.words("main").await;
    assert!(words.contains(fangjing.truth.name), "back at the application: {words}");

    // Once more: this time nothing is asked in between, and the form's policy must let it through.
    chrome.open(&demo.portal("/logout")).await;
    chrome.press(NEXT).await;
    chrome.open(&demo.relying_party("/login")).await;
    chrome.fill("#identifier", "fangjing").await;
    chrome.fill("#password", NEW_PASSWORD).await;
    chrome.press(NEXT).await;
    assert!(chrome.address().await.starts_with(&demo.relying_party("/")), "{}", chrome.address().await);
}

#[tokio::test]
async fn a_citizen_who_is_not_linked_goes_from_the_login_page_to_the_agreement() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "police" };
    chrome.open(&demo.portal("/login")).await;
    walk.see("login", "/login").await;
    chrome.press("#federated button").await;
    walk.at_police(citizen("wangfang")).await;
    walk.see("agreement", "/agreement").await;

    // The same on the wizard's way, for somebody who is linked already: told whose account it is.
    walk.agree().await;
    walk.complete(citizen("wangfang"), None).await;
    walk.new_password().await;
    chrome.forget().await;
    walk.to_sign_in_at("gat").await;
    chrome.press(NEXT).await;
    walk.at_police(citizen("wangfang")).await;
    chrome.look("police-linked").await;
    assert_eq!(chrome.words("h1").await, "该账号已经升级");
    chrome.open(&demo.police("/")).await;
    chrome.look("police-home").await;
}
