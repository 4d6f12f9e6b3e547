//! Nothing but the keyboard.

use super::chrome::{Chrome, DESK};
use super::demo::{Demo, person};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";

/// What has the focus: a short name, where it is, and whether its focus can be seen.
const FOCUSED: &str = "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect(); \
    return { tag: e.tagName.toLowerCase(), id: e.id, name: e.getAttribute('name') || '', value: e.value || '', \
    href: e.getAttribute('href') || '', top: r.top + scrollY, left: r.left, \
    seen: r.width > 1 && r.height > 1 && s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 };";

/// Tabs until the focus is on what `wanted` describes, and checks the way there: each stop shows its focus, and the
/// order is the one of reading.
async fn tab_to(chrome: &Chrome, wanted: (&str, &str)) {
    let (attribute, value) = wanted;
    let mut before = -1.0;
    for _ in 0..40 {
        chrome.keys(TAB).await;
        let focused = chrome.ask(FOCUSED).await;
        assert_eq!(focused["seen"], true, "the focus is visible on {focused}");
        let top = focused["top"].as_f64().unwrap();
        // Two in one line stand at almost the same height.
        assert!(top > before - 40.0, "the focus goes down the page: {focused} after {before}");
        before = top;
        if focused[attribute].as_str().is_some_and(|v| v.starts_with(value)) {
            return;
        }
    }
    panic!("forty tabs don't lead to {wanted:?} on {}", chrome.address().await);
}

#[tokio::test]
async fn the_keyboard_alone_leads_from_login_to_the_agreement_with_a_visible_focus() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let liming = person("liming");
    chrome.open(&demo.portal("/login")).await;
    chrome.keys(TAB).await;
    assert_eq!(chrome.ask(FOCUSED).await["href"], "#main", "the first stop skips to the content");
    chrome.look("keyboard-skip").await;
    tab_to(&chrome, ("href", "/migrate")).await;
    chrome.look("keyboard-entry").await;
    chrome.leave_by_keys(ENTER).await;

    chrome.see("keyboard-systems", "/migrate").await;
    tab_to(&chrome, ("value", "hefei")).await;
    chrome.leave_by_keys(ENTER).await;

    chrome.see("keyboard-kind", "/account-kind").await;
    tab_to(&chrome, ("name", "kind")).await;
    chrome.keys(SPACE).await;
    assert_eq!(chrome.value("[name=kind]:checked").await, "individual");
    tab_to(&chrome, ("tag", "button")).await;
    chrome.leave_by_keys(SPACE).await;

    chrome.see("keyboard-sign-in", "/sign-in").await;
    tab_to(&chrome, ("id", "account")).await;
    chrome.keys(liming.account).await;
    tab_to(&chrome, ("id", "password")).await;
    chrome.keys(liming.password).await;
    chrome.leave_by_keys(ENTER).await;

    chrome.see("keyboard-agreement", "/agreement").await;
    tab_to(&chrome, ("id", "terms")).await;
    chrome.keys(SPACE).await;
    tab_to(&chrome, ("id", "identity_data")).await;
    chrome.keys(SPACE).await;
    chrome.look("keyboard-agreed").await;
    tab_to(&chrome, ("tag", "button")).await;
    chrome.leave_by_keys(ENTER).await;
    chrome.see("keyboard-user-name", "/user-name").await;
}

#[tokio::test]
async fn the_keyboard_alone_mends_a_form_from_the_summary_of_its_errors() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    chrome.open(&demo.portal("/login")).await;
    tab_to(&chrome, ("id", "identifier")).await;
    chrome.leave_by_keys(ENTER).await;
    chrome.see_error("keyboard-error", "identifier").await;
    tab_to(&chrome, ("href", "#identifier")).await;
    chrome.keys(ENTER).await;
    assert_eq!(chrome.ask(FOCUSED).await["id"], "identifier", "the summary's link puts the focus into the field");
}
