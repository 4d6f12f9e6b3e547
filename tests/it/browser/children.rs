//! A child's way with its guardian, page by page, in both languages, on a desk and on a small telephone.

use guiyi::demo::people::Person;

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::{NEW_PASSWORD, Walk};

const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };
const CHILDS_PASSWORD: &str = "Bamboo-forest-9";

/// The child alone at its old account: stopped, and the way that leads on for its guardian.
async fn alone(walk: &Walk<'_>, child: &Person) {
    walk.chrome.open(&walk.demo.portal("/login")).await;
    walk.chrome.press("a[href^='/migrate']").await;
    walk.chrome.press("button[value=hefei]").await;
    walk.chrome.choose("#kind").await;
    walk.chrome.press(NEXT).await;
    walk.sign_in(child).await;
    walk.see("under-age", "/sign-in").await;
    walk.chrome.press(".ways a[href='/account/children']").await;
    walk.see("login", "/login").await;
}

async fn add(walk: &Walk<'_>, kind: &str) {
    walk.chrome.choose(&format!("#kind option[value={kind}]")).await;
    walk.chrome.attach("#files", &walk.demo.picture()).await;
    walk.chrome.press("form[enctype] button").await;
}

/// From the list of children to the case at the reviewers; the case number.
async fn to_submitted(walk: &Walk<'_>, child: &Person) -> String {
    let chrome = walk.chrome;
    walk.see("children-none", "/account/children").await;
    chrome.press("button[value=migration]").await;
    walk.see("system", "/system").await;
    chrome.press("button[value=hefei]").await;
    walk.see("sign-in", "/sign-in").await;
    walk.sign_in(child).await;
    walk.agree().await;
    walk.see("identity", "/identity").await;
    walk.enter(&child.truth).await;
    chrome.press(NEXT).await;
    walk.see("relation", "/relation").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-relation-error", walk.shot), "relation").await;
    chrome.choose("#relation").await;
    chrome.press(NEXT).await;
    walk.see("evidence", "/evidence").await;
    chrome.press("button[name=submit]").await;
    chrome.see_error(&format!("{}-evidence-error", walk.shot), "files").await;
    chrome.press("button[name=cancel]").await;
    walk.see("relation-review", "/check").await;
    chrome.press("button[value=review]").await;
    add(walk, "birth_certificate").await;
    add(walk, "holding").await;
    chrome.press("button[name=submit]").await;
    walk.see("waiting", "/review").await;
    chrome.words(".facts strong").await
}

/// From the approval to the last page.
async fn to_done(walk: &Walk<'_>) {
    let chrome = walk.chrome;
    chrome.open(&chrome.address().await).await;
    walk.see("approved", "/review").await;
    chrome.press("button[value=continue]").await;
    walk.see("user-name", "/user-name").await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    walk.see("password", "/password").await;
    assert_eq!(chrome.count("#choice").await, 0, "the old password is not offered");
    chrome.fill("#new_password", CHILDS_PASSWORD).await;
    chrome.fill("#new_password_again", CHILDS_PASSWORD).await;
    chrome.press(NEXT).await;
    walk.see("done", "/done").await;
    chrome.press("main a.button").await;
    walk.see("children", "/account/children").await;
}

/// The child's page, and a consent with everything that is asked for.
async fn consent(walk: &Walk<'_>) {
    let chrome = walk.chrome;
    chrome.press("ul.entries a").await;
    chrome.look(&format!("{}-child", walk.shot)).await;
    chrome.press("a.button[href$='/consents']").await;
    walk.see("clients", "/consents").await;
    chrome.press(".ways a").await;
    walk.see("scopes", "/consents").await;
    chrome.press(NEXT).await;
    chrome.see_error(&format!("{}-scopes-error", walk.shot), "scopes").await;
    for scope in ["profile", "phone", "email", "address", "real_name", "legacy_accounts"] {
        if chrome.count(&format!("#scope-{scope}")).await == 1 {
            chrome.choose(&format!("#scope-{scope}")).await;
        }
    }
    chrome.press(NEXT).await;
    chrome.look(&format!("{}-child-consented", walk.shot)).await;
    assert_eq!(chrome.count("form[action$='/revoke']").await, 1);
}

async fn sign_in(chrome: &Chrome, identifier: &str, password: &str) {
    chrome.fill("#identifier", identifier).await;
    chrome.fill("#password", password).await;
    chrome.press(NEXT).await;
}

async fn whole_way(look: Look, shot: &'static str, language: &str) {
    let (demo, chrome) = (Demo::start().await, Chrome::start(look).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot };
    let quiet = Walk { shot: "child-guardian", ..walk };
    let (liming, xiaoyu) = (person("liming"), person("xiaoyu"));
    quiet.through_agreement(liming).await;
    quiet.complete(liming, None).await;
    quiet.new_password().await;
    chrome.forget().await;
    alone(&walk, xiaoyu).await;
    sign_in(&chrome, "liming", NEW_PASSWORD).await;
    let number = to_submitted(&walk, xiaoyu).await;
    let shown = demo.review(0, &["show", &number]);
    assert!(shown.contains("says to be: father") && !shown.contains("陈小雨") && !shown.contains("李明"), "{shown}");
    demo.review(0, &["claim", &number]);
    demo.review(0, &["approve", &number, "--evidence", "1,2"]);
    demo.told(liming.mobile, "已通过").await;
    // The session is gone, the browser is the same: the guardian signs in again.
    let journey = chrome.address().await;
    chrome.drop_cookie("guiyi_session").await;
    chrome.open(&journey).await;
    walk.see("guardian", "/guardian").await;
    chrome.press(".ways a").await;
    sign_in(&chrome, "liming", NEW_PASSWORD).await;
    to_done(&walk).await;

    // The child at the application, before its guardian has consented and afterwards.
    chrome.forget().await;
    chrome.open(&demo.relying_party(&format!("/?lang={language}"))).await;
    chrome.press("a.button.main").await;
    sign_in(&chrome, "xiaoyu", CHILDS_PASSWORD).await;
    chrome.look(&format!("{shot}-guardian-consents")).await;
    assert_eq!(chrome.count("button[value=allow]").await, 0);
    let waiting = chrome.address().await;
    let childs = chrome.drop_cookie("guiyi_session").await;
    chrome.open(&demo.portal("/account/children")).await;
    sign_in(&chrome, "liming", NEW_PASSWORD).await;
    consent(&walk).await;
    chrome.set_cookie(childs).await;
    chrome.open(&waiting).await;
    let address = chrome.address().await;
    assert_eq!(address.split('?').next(), Some(demo.relying_party("/").as_str()), "at the application");
}

#[tokio::test]
async fn a_child_and_its_guardian_on_a_desk() {
    whole_way(DESK, "child", "zh").await;
}

#[tokio::test]
async fn a_child_and_its_guardian_in_english_on_a_small_telephone() {
    whole_way(TELEPHONE, "en-360-child", "en").await;
}
