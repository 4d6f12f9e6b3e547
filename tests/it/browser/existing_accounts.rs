//! Where an account is there already.

use std::time::Duration;

use super::chrome::{Chrome, DESK, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

#[tokio::test]
async fn a_migrated_citizen_is_led_to_the_account_that_is_there() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "existing" };
    let liming = person("liming");
    walk.through_agreement(liming).await;
    walk.complete(liming, None).await;
    walk.old_password().await;

    // Another person at another computer.
    chrome.forget().await;
    chrome.open(&demo.portal("/login")).await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(liming).await;
    walk.see("linked", "/sign-in").await;
    assert_eq!(chrome.words("h1").await, "该账号已经升级");

    walk.through_agreement(person("liming2009")).await;
    walk.see("document", "/existing-account").await;
    assert_eq!(chrome.words("h1").await, "该证件已有统一账号");
    assert!(!chrome.words("main").await.contains("liming"), "the user name is masked");

    // The old password was carried over: a browser that isn't known needs a code besides.
    chrome.press(".ways a[href^='/login']").await;
    chrome.fill("#identifier", "liming").await;
    chrome.fill("#password", liming.password).await;
    chrome.press(NEXT).await;
    chrome.look("existing-login-code").await;
    let code = patient_code(&demo, &chrome, liming.mobile).await;
    chrome.fill("#code", if code == "000000" { "111111" } else { "000000" }).await;
    chrome.press(NEXT).await;
    chrome.see_error("existing-login-code-wrong", "code").await;
    chrome.fill("#code", &code).await;
    chrome.press(NEXT).await;
    walk.see("account", "/account").await;
}

/// A phone gets one message a minute, so the code of the migration holds back the one of the sign-in: asks until it
/// comes.
async fn patient_code(demo: &Demo, chrome: &Chrome, phone: &str) -> String {
    for _ in 0..45 {
        if let Some(code) = demo.code_now(phone, "正在登录").await {
            return code;
        }
        chrome.press("button[name=resend]").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    panic!("ninety seconds went by without a code for the sign-in")
}

#[tokio::test]
async fn a_taken_user_name_is_said_at_once_and_free_ones_are_offered() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "taken" };
    walk.through_agreement(person("zhangsan")).await;
    walk.complete(person("zhangsan"), None).await;
    walk.new_password().await;
    chrome.forget().await;
    walk.through_agreement(person("ZhangSan")).await;
    chrome.see_error("taken-user-name", "user_name").await;
    chrome.press("button[name=suggestion]").await;
    walk.see("next", "/phone").await;
}
