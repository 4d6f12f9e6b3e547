//! The page of applications, and the check of sessions as a browser runs it.

use super::account::{TELEPHONE, migrate};
use super::chrome::{Chrome, NEXT};
use super::demo::Demo;
use super::until;
use super::walk::Walk;

/// What `check_session_iframe` answers a page of the relying party.
async fn checked(chrome: &Chrome, demo: &Demo, session_state: &str) -> String {
    chrome.open(&demo.relying_party("/")).await;
    let (frame, portal) = (demo.portal("/check-session"), demo.portal(""));
    let script = format!(
        "window.told = null; window.addEventListener('message', e => {{ window.told = e.data; }}); \
         const frame = document.createElement('iframe'); frame.src = '{frame}'; \
         frame.onload = () => frame.contentWindow.postMessage('real-estate-booking {session_state}', '{portal}'); \
         document.body.append(frame);"
    );
    chrome.ask(&script).await;
    until("an answer of the frame", async || chrome.ask("return window.told").await.as_str().map(str::to_owned)).await
}

#[tokio::test]
async fn an_application_is_opened_from_the_portal_and_notices_the_sign_out() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "launch" };
    migrate(&walk, "en").await;
    chrome.open(&demo.portal("/")).await;
    walk.see("home", "/").await;
    chrome.press("main a[href='/apps']").await;
    walk.see("apps", "/apps").await;
    chrome.press("ul.apps a").await;
    assert_eq!(chrome.address().await, demo.relying_party("/"), "signed in without a question");

    let back = demo.relying_party("/callback");
    let asked = format!(
        "/authorize?response_type=code&client_id=real-estate-booking&scope=openid&prompt=none&redirect_uri={back}"
    );
    chrome.open(&demo.portal(&asked)).await;
    let address = url::Url::parse(&chrome.address().await).unwrap();
    let state = address.query_pairs().find(|(name, _)| name == "session_state").unwrap().1.into_owned();
    assert_eq!(checked(&chrome, &demo, &state).await, "unchanged");
    assert_eq!(checked(&chrome, &demo, "nonsense").await, "error");
    chrome.open(&demo.portal("/logout")).await;
    chrome.press(NEXT).await;
    assert_eq!(chrome.count("iframe").await, 1, "the application is told");
    assert_eq!(checked(&chrome, &demo, &state).await, "changed");
    assert_eq!(chrome.count("form[action='/logout']").await, 0, "signed out there too");
}
