//! The account centre in a real browser, with a virtual authenticator: several accounts, one's data, closing the account and taking
//! that back; and the back button after a sign-out.

use guiyi::demo::{staff, tester};

use super::account::TELEPHONE;
use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::Demo;
use super::walk::Walk;

const PHONE: &str = "19900009998";

async fn fill_in(walk: &Walk<'_>, name: &str, password: &str) {
    walk.chrome.fill("#identifier", name).await;
    walk.chrome.fill("#password", password).await;
    walk.chrome.press(NEXT).await;
}

async fn login(walk: &Walk<'_>) {
    walk.chrome.open(&walk.demo.portal("/login")).await;
    fill_in(walk, tester::USER_NAME, tester::PASSWORD).await;
    walk.see("overview", "/account").await;
}

/// Proves everything that a risky page asks for.
async fn confirm(walk: &Walk<'_>) {
    walk.chrome.fill("#password", tester::PASSWORD).await;
    walk.chrome.press(NEXT).await;
    let code = walk.demo.code(PHONE, "登录").await;
    walk.chrome.fill("#code", &code).await;
    walk.chrome.press(NEXT).await;
}

async fn see_several(walk: &Walk<'_>) {
    let (chrome, demo) = (walk.chrome, walk.demo);
    let [(reviewer, ..), _] = staff::REVIEWERS;
    chrome.press("main a[href='/account/switch']").await;
    walk.see("switch-one", "/account/switch").await;
    chrome.press("a[href='/login?keep=yes']").await;
    walk.see("login-beside", "/login").await;
    fill_in(walk, reviewer, staff::PASSWORD).await;
    walk.see("overview-of-two", "/account").await;
    chrome.press("main a[href='/account/switch']").await;
    walk.see("switch-two", "/account/switch").await;
    assert_eq!(chrome.count("ul.entries > li").await, 2);
    chrome.press("form[action='/account/switch'] button").await;
    chrome.open(&demo.portal("/logout")).await;
    walk.see("logout-of-two", "/logout").await;
    chrome.press("button[name='one']").await;
    chrome.look(&format!("{}-logged-out-one", walk.shot)).await;
    chrome.open(&demo.portal("/login")).await;
    walk.see("login-with-one-that-waits", "/login").await;
    chrome.press("button.choice").await;
    walk.see("chosen", "/account").await;
    chrome.open(&demo.portal("/logout")).await;
    chrome.press(NEXT).await;
}

async fn whole_way(walk: &Walk<'_>) {
    let (chrome, demo) = (walk.chrome, walk.demo);
    login(walk).await;
    see_several(walk).await;
    login(walk).await;
    chrome.with_authenticator().await;
    chrome.open(&demo.portal("/account/factors/passkey")).await;
    confirm(walk).await;
    chrome.press("#passkey").await;

    chrome.open(&demo.portal("/account/sessions")).await;
    walk.see("sessions", "/account/sessions").await;
    chrome.open(&demo.portal("/account/data")).await;
    walk.see("data", "/account/data").await;
    chrome.press("button[value='page']").await;
    walk.see("data-copy", "/account/data").await;
    assert!(chrome.words("main").await.contains(PHONE), "in full");

    chrome.open(&demo.portal("/account/close")).await;
    walk.see("close", "/account/close").await;
    chrome.press("a.button[href*='step=last']").await;
    walk.see("close-last", "/account/close").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-close-error", walk.shot), "sure").await;
    chrome.choose("#sure").await;
    chrome.press(NEXT).await;
    walk.see("closing", "/account/close").await;

    // The passkey alone is a whole sign-in: it leads to the offer, and that back to the account.
    chrome.open(&demo.portal("/login")).await;
    chrome.arrive("/login/passkey", "#passkey").await;
    walk.see("closing-offer", "/login/passkey").await;
    chrome.press(NEXT).await;
    walk.see("taken-back", "/account").await;
    chrome.press("main a[href='/account/log']").await;
    walk.see("log", "/account/log").await;
}

#[tokio::test]
async fn the_account_centre_on_a_desk() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    whole_way(&Walk { chrome: &chrome, demo: &demo, shot: "centre" }).await;
}

#[tokio::test]
async fn the_account_centre_on_a_small_telephone_in_english() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    whole_way(&Walk { chrome: &chrome, demo: &demo, shot: "en-360-centre" }).await;
}

#[tokio::test]
async fn the_account_centre_on_a_telephone() {
    let look = Look { language: "zh-CN", size: (390, 844), script: true };
    let (demo, chrome) = (Demo::start().await, Chrome::start(look).await);
    whole_way(&Walk { chrome: &chrome, demo: &demo, shot: "390-centre" }).await;
}

#[tokio::test]
async fn the_back_button_shows_nothing_of_who_has_signed_out() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "back" };
    login(&walk).await;
    for page in ["/account/sessions", "/account/log", "/account"] {
        chrome.open(&demo.portal(page)).await;
        assert!(chrome.words("header").await.contains("***"), "the header names who is signed in");
    }
    chrome.open(&demo.portal("/logout")).await;
    chrome.press(NEXT).await;
    for _ in 0..5 {
        chrome.back().await;
        let shown = chrome.words("body").await;
        let personal = ["***", tester::USER_NAME, "登录于"].into_iter().find(|text| shown.contains(text));
        assert!(personal.is_none(), "{personal:?} at {}: {shown}", chrome.path().await);
    }
    assert!(chrome.path().await.starts_with("/login"), "each page is asked for anew: {}", chrome.path().await);
}
