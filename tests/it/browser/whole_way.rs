//! From the application through the wizard and back, in Chinese, at a desk.

use super::chrome::{Chrome, DESK, NEXT};
use super::demo::{Demo, person};
use super::until;
use super::walk::Walk;

#[tokio::test]
async fn an_unverified_citizen_gets_from_the_application_through_the_wizard_and_back_signed_in() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "zh" };
    let zhangwei = person("zhangwei");
    chrome.open(&demo.relying_party("/")).await;
    chrome.look("zh-application").await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(zhangwei).await;
    walk.agree().await;

    walk.see("identity", "/identity").await;
    assert_eq!(chrome.value("#name").await, zhangwei.name, "pre-filled from the old row");
    // A well-formed number that isn't his: of the same day and sex, with its own check digit.
    let wrong = "340104199009129979";
    chrome.fill("#document_number", wrong).await;
    chrome.choose("#ethnic_group option[value='03']").await;
    chrome.press(NEXT).await;
    walk.see("mismatch", "/check").await;
    assert!(chrome.words("h1").await.contains("未通过核验"), "{}", chrome.words("h1").await);

    chrome.press("main a.button").await;
    walk.see("identity-again", "/identity").await;
    assert_eq!(chrome.value("#name").await, zhangwei.name, "the name is kept");
    assert_eq!(chrome.value("#document_number").await, wrong, "the number is kept");
    assert_eq!(chrome.value("[name=gender]:checked").await, "1", "the gender is kept");
    assert_eq!(chrome.value("#ethnic_group").await, "03", "the ethnic group is kept");
    walk.enter(&zhangwei.truth).await;
    chrome.press(NEXT).await;

    walk.complete(zhangwei, Some("zhangwei@demo.invalid")).await;
    walk.new_password().await;
    walk.to_relying_party(zhangwei).await;

    chrome.open(&demo.mailed_link("zhangwei@demo.invalid").await).await;
    chrome.look("zh-email-confirm").await;
    chrome.press(NEXT).await;
    chrome.look("zh-email-confirmed").await;
    chrome.open(&demo.portal("/account")).await;
    walk.see("account", "/account").await;
    let words = chrome.words("main").await;
    assert!(words.contains("zhangwei") && words.contains("（已确认）"), "the account page: {words}");
    assert!(!words.contains(zhangwei.truth.document_number), "the number is masked: {words}");
    chrome.open(&demo.portal("/")).await;
    chrome.look("zh-home-signed-in").await;
    chrome.open(&demo.portal("/logout")).await;
    walk.see("logout", "/logout").await;
    chrome.press(NEXT).await;
    chrome.look("zh-logged-out").await;
    chrome.open(&demo.portal("/account")).await;
    walk.see("login-again", "/login").await;
}

#[tokio::test]
async fn signing_out_at_the_application_signs_out_at_the_portal_too() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "zh-sign-out" };
    let wangfang = person("wangfang");
    chrome.open(&demo.relying_party("/")).await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(wangfang).await;
    walk.agree().await;
    walk.complete(wangfang, None).await;
    assert_eq!(chrome.count("#choice").await, 0, "a weak old password can't be kept");
    walk.new_password().await;
    walk.to_relying_party(wangfang).await;
    chrome.press("form[action='/logout'] button").await;
    // Over the page on which the applications are told, without a click.
    until("the way back", async || chrome.path().await.starts_with("/logged-out?").then_some(())).await;
    chrome.look("zh-sign-out-application").await;
    chrome.open(&demo.portal("/account")).await;
    walk.see("gone", "/login").await;
}
