//! A small telephone, in English.

use super::chrome::{Chrome, Look};
use super::demo::{Demo, person};
use super::walk::Walk;

const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };

#[tokio::test]
async fn a_verified_citizen_gets_through_in_english_on_a_small_screen_without_scrolling_sideways() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-360" };
    let liming = person("liming");
    chrome.open(&demo.portal("/")).await;
    chrome.look("en-360-home").await;
    chrome.open(&demo.relying_party("/?lang=en")).await;
    chrome.look("en-360-application").await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(liming).await;
    walk.agree().await;
    walk.complete(liming, Some("liming@demo.invalid")).await;
    walk.old_password().await;
    walk.to_relying_party(liming).await;
    chrome.open(&demo.portal("/account")).await;
    walk.see("account", "/account").await;
    chrome.open(&demo.portal("/logout")).await;
    walk.see("logout", "/logout").await;
}

#[tokio::test]
async fn the_real_name_form_and_its_errors_fit_a_small_screen() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-360-form" };
    walk.through_agreement(person("gulnar")).await;
    walk.see("identity", "/identity").await;
    chrome.fill("#name", "").await;
    chrome.fill("#document_number", "340103198812129986").await;
    chrome.press(super::chrome::NEXT).await;
    chrome.see_error("en-360-form-identity-error", "document_number").await;
    chrome.fill("#name", "古丽娜尔·买买提").await;
    chrome.fill("#document_number", "34010319850620998X").await;
    chrome.choose("#gender-2").await;
    chrome.press(super::chrome::NEXT).await;
    chrome.look("en-360-form-after").await;
    chrome.open(&demo.portal("/nowhere")).await;
    chrome.look("en-360-not-found").await;
}

#[tokio::test]
async fn the_link_to_the_other_language_keeps_the_page_and_is_remembered() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Look { size: (1280, 900), ..TELEPHONE }).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-desk" };
    chrome.open(&demo.portal("/login")).await;
    walk.to_kind().await;
    let before = chrome.path().await;
    chrome.press("nav a[hreflang=zh-CN]").await;
    assert_eq!(chrome.path().await, before, "the same step");
    assert_eq!(chrome.ask("return document.documentElement.lang").await, "zh-CN");
    chrome.open(&demo.portal("/")).await;
    assert_eq!(chrome.ask("return document.documentElement.lang").await, "zh-CN", "remembered");
}
