//! Second factors in a real browser, with a virtual authenticator: set up, signed in with, asked for.

use guiyi::demo::tester;
use totp_rs::{Builder, Secret};

use super::account::TELEPHONE;
use super::chrome::{Chrome, DESK, NEXT};
use super::demo::Demo;
use super::walk::Walk;

/// From a risky page through the proof that it asks for, and back to it.
async fn confirm(walk: &Walk<'_>) {
    walk.see("confirm", "/account/confirm").await;
    walk.chrome.fill("#password", tester::PASSWORD).await;
    walk.chrome.press(NEXT).await;
    walk.see("second-factor-sms", "/account/confirm").await;
    let code = walk.demo.code("19900009998", "登录").await;
    walk.chrome.fill("#code", &code).await;
    walk.chrome.press(NEXT).await;
}

/// The name and the password.
async fn login(walk: &Walk<'_>) {
    walk.chrome.open(&walk.demo.portal("/login")).await;
    walk.chrome.fill("#identifier", tester::USER_NAME).await;
    walk.chrome.fill("#password", tester::PASSWORD).await;
    walk.chrome.press(NEXT).await;
}

/// Everything about second factors, page by page.
async fn whole_way(walk: &Walk<'_>) {
    let (chrome, demo) = (walk.chrome, walk.demo);
    login(walk).await;
    chrome.press("a[href='/account/factors']").await;
    walk.see("factors-empty", "/account/factors").await;
    chrome.press("a[href='/account/factors/totp']").await;
    confirm(walk).await;
    walk.see("totp", "/account/factors/totp").await;
    assert_eq!(chrome.count("svg.qr path").await, 1);
    let secret = Secret::try_from_base32(chrome.words("main code").await.replace(' ', "")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    chrome.fill("#code", "000000").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-totp-wrong", walk.shot), "code").await;
    let now = u64::try_from(guiyi::clock::Clock::System.now().seconds()).unwrap();
    chrome.fill("#code", &totp.generate(now).to_string()).await;
    chrome.press(NEXT).await;
    walk.see("recovery-codes", "/account/factors/totp").await;
    assert_eq!(chrome.count("ul.codes li").await, 10);

    chrome.with_authenticator().await;
    chrome.open(&demo.portal("/account/factors/passkey")).await;
    walk.see("passkey", "/account/factors/passkey").await;
    chrome.press("#passkey").await;
    walk.see("factors", "/account/factors").await;
    assert_eq!(chrome.count("ul.entries > li").await, 2);

    // The passkey alone signs in.
    chrome.forget().await;
    chrome.open(&demo.portal("/login")).await;
    chrome.arrive("/account", "#passkey").await;
    walk.see("by-passkey", "/account").await;
    chrome.open(&demo.portal("/account/sessions")).await;
    walk.see("sessions-by-passkey", "/account/sessions").await;

    // Or it is the second step after the password; the other ways are there too.
    chrome.forget().await;
    chrome.without_authenticator().await;
    login(walk).await;
    walk.see("second-factor-passkey", "/login").await;
    chrome.press("button[value=recovery]").await;
    walk.see("second-factor-recovery", "/login/code").await;
    chrome.press("button[value=totp]").await;
    walk.see("second-factor-totp", "/login/code").await;
    chrome.fill("#code", "000000").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-second-factor-wrong", walk.shot), "code").await;

    chrome.open(&demo.portal("/account/password")).await;
    walk.see("login-again", "/login").await;
}

#[tokio::test]
async fn second_factors_on_a_desk() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    whole_way(&Walk { chrome: &chrome, demo: &demo, shot: "factors" }).await;
}

#[tokio::test]
async fn second_factors_in_english_on_a_small_telephone() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    whole_way(&Walk { chrome: &chrome, demo: &demo, shot: "en-360-factors" }).await;
}
