//! 注册, by somebody without a phone.

use super::chrome::{Chrome, DESK, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

#[tokio::test]
async fn a_person_without_a_phone_registers_with_an_e_mail_address() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "register" };
    let hegl = person("hegl1935");
    chrome.open(&demo.portal("/login")).await;
    chrome.press("a[href='/register']").await;
    chrome.look("register-begin").await;
    chrome.press(NEXT).await;
    walk.agree().await;
    walk.see("identity", "/identity").await;
    walk.enter(&hegl.truth).await;
    chrome.press(NEXT).await;
    walk.see("phone", "/contact-phone").await;
    chrome.press("button[name=no_phone]").await;
    walk.see("email", "/contact-email").await;
    chrome.fill("#email", "not-an-address").await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    chrome.see_error("register-email-error", "email").await;
    chrome.fill("#email", "hegl@demo.invalid").await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    walk.see("email-code", "/contact-email-code").await;
    let code = demo.code("hegl@demo.invalid", "正在注册").await;
    chrome.fill("#code", &code).await;
    chrome.press(NEXT).await;
    walk.see("user-name", "/user-name").await;
    chrome.fill("#user_name", "hegl1935").await;
    chrome.press(NEXT).await;
    walk.see("password", "/password").await;
    walk.new_password().await;
    chrome.press("main a.button").await;
    walk.see("account", "/account").await;
}
