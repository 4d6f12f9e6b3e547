//! No page needs a script.

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

#[tokio::test]
async fn the_whole_way_works_in_a_browser_that_runs_no_scripts() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Look { script: false, ..DESK }).await);
    chrome.open("data:text/html,<html lang=zh-CN><title>off</title><script>document.title='on'</script>").await;
    assert_eq!(chrome.ask("return document.title").await, "off", "scripts are off");
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "no-script" };
    let gulnar = person("gulnar");
    chrome.open(&demo.relying_party("/")).await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(gulnar).await;
    walk.agree().await;
    walk.see("identity", "/identity").await;
    chrome.press(NEXT).await;
    walk.complete(gulnar, None).await;
    walk.old_password().await;
    walk.to_relying_party(gulnar).await;
}

#[tokio::test]
async fn the_captcha_can_be_exchanged_for_a_question_without_scripts() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(Look { script: false, ..DESK }).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "no-script-captcha" };
    walk.through_agreement(person("liming")).await;
    chrome.press(NEXT).await;
    chrome.fill("#phone", "19900000001").await;
    chrome.press("button[value=question]").await;
    walk.see("question", "/phone").await;
    assert_eq!(chrome.count(".captcha img").await, 0, "no picture");
    assert_eq!(chrome.value("#phone").await, "19900000001", "what was typed is kept");
    chrome.press("button[value=picture]").await;
    walk.see("picture", "/phone").await;
    assert_eq!(chrome.count(".captcha img").await, 1, "a picture");
}
