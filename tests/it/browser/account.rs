//! The account pages: empty and full, in both languages, on a desk and on a small telephone.

use guiyi::demo::tester;

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::{NEW_PASSWORD, Walk};

pub(super) const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };
/// The pages, by the last part of their path.
const PAGES: [&str; 7] = ["phone", "address", "links", "sessions", "consents", "units", "log"];

/// Looks at every account page.
async fn see_all(walk: &Walk<'_>, state: &str) {
    walk.chrome.open(&walk.demo.portal("/account")).await;
    walk.see(&format!("{state}-overview"), "/account").await;
    for page in PAGES {
        walk.chrome.press(&format!("main a[href='/account/{page}']")).await;
        walk.see(&format!("{state}-{page}"), page).await;
        walk.chrome.press(".back").await;
    }
}

/// From the relying party through the migration and back: an account with a link and a consent.
pub(super) async fn migrate(walk: &Walk<'_>, lang: &str) {
    let liming = person("liming");
    walk.chrome.open(&walk.demo.relying_party(&format!("/?lang={lang}"))).await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(liming).await;
    walk.agree().await;
    walk.complete(liming, None).await;
    walk.new_password().await;
    walk.to_relying_party(liming).await;
}

/// Signs in anew, in the same browser without its cookies: the first sign-in is another one now.
async fn sign_in_again(walk: &Walk<'_>) {
    walk.chrome.open(&walk.demo.portal("/")).await;
    walk.chrome.forget().await;
    walk.chrome.open(&walk.demo.portal("/login")).await;
    walk.chrome.fill("#identifier", "liming").await;
    walk.chrome.fill("#password", NEW_PASSWORD).await;
    walk.chrome.press(NEXT).await;
}

#[tokio::test]
async fn the_account_pages_full_and_emptied_on_a_desk() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "account" };
    migrate(&walk, "zh").await;
    sign_in_again(&walk).await;
    chrome.open(&demo.portal("/")).await;
    walk.see("home", "/").await;
    see_all(&walk, "full").await;

    chrome.open(&demo.portal("/account/sessions")).await;
    assert_eq!(chrome.count("ul.entries > li").await, 2);
    chrome.press("form[action$='/end'] button").await;
    assert_eq!(chrome.count("ul.entries > li").await, 1);
    chrome.open(&demo.portal("/account/consents")).await;
    chrome.press("form[action$='/revoke'] > button").await;
    walk.see("revoked", "/account/consents").await;
    chrome.open(&demo.portal("/account/links")).await;
    chrome.press("ul.entries a").await;
    chrome.look("account-unlink").await;
    chrome.press(NEXT).await;
    see_all(&walk, "empty").await;
    let log = chrome.words("main").await;
    assert!(log.contains("已绑定的原账号"), "back at the overview: {log}");
}

#[tokio::test]
async fn the_account_pages_in_english_on_a_small_telephone() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-360-account" };
    migrate(&walk, "en").await;
    sign_in_again(&walk).await;
    see_all(&walk, "full").await;
    chrome.open(&demo.portal("/account/links")).await;
    chrome.press("ul.entries a").await;
    chrome.look("en-360-account-unlink").await;
}

/// The ready-made account has an address: full, faulty, removed, empty.
async fn see_the_address(look: Look, shot: &'static str) {
    let (demo, chrome) = (Demo::start().await, Chrome::start(look).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot };
    chrome.open(&demo.portal("/login")).await;
    chrome.fill("#identifier", tester::USER_NAME).await;
    chrome.fill("#password", tester::PASSWORD).await;
    chrome.press(NEXT).await;
    walk.see("overview", "/account").await;
    chrome.press("main a[href='/account/address']").await;
    walk.see("full", "/account/address").await;
    for (field, text) in [("#region", ""), ("#postal_code", "2300")] {
        chrome.fill(field, text).await;
    }
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{shot}-error"), "region").await;
    chrome.press("button[value='remove']").await;
    walk.see("removed", "/account").await;
    chrome.press("main a[href='/account/address']").await;
    walk.see("empty", "/account/address").await;
    assert_eq!(chrome.count("button[value='remove']").await, 0);
}

#[tokio::test]
async fn the_address_page_on_a_small_telephone() {
    see_the_address(Look { language: "zh-CN", ..TELEPHONE }, "360-address").await;
    see_the_address(TELEPHONE, "en-360-address").await;
}
