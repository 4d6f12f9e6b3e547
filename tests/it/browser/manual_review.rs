//! 人工审核 from the refusal to the end, with the reviewers' command line, and 继续办理 in another browser.

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };

async fn prove_phone(walk: &Walk<'_>, phone: &str) {
    let chrome = walk.chrome;
    walk.see("contact-phone", "/contact-phone").await;
    chrome.fill("#phone", phone).await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    walk.see("contact-code", "/contact-code").await;
    let code = walk.demo.code(phone, "实名认证").await;
    chrome.fill("#code", &code).await;
    chrome.press(NEXT).await;
}

async fn add(walk: &Walk<'_>, kind: &str) {
    walk.chrome.choose(&format!("#kind option[value={kind}]")).await;
    walk.chrome.attach("#files", &walk.demo.picture()).await;
    walk.chrome.press("form[enctype] button").await;
}

#[tokio::test]
async fn a_case_is_sent_returned_sent_again_approved_and_finished_elsewhere() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "review" };
    let liuyang = person("liuyang");
    walk.through_agreement(liuyang).await;
    walk.enter(&liuyang.truth).await;
    chrome.press(NEXT).await;
    walk.see("mismatch", "/check").await;
    chrome.press("button[value=review]").await;
    prove_phone(&walk, liuyang.mobile).await;
    walk.see("evidence-empty", "/evidence").await;
    chrome.press("button[name=submit]").await;
    chrome.see_error("review-evidence-error", "files").await;
    add(&walk, "document").await;
    add(&walk, "holding").await;
    walk.see("evidence-full", "/evidence").await;
    chrome.press("button[name=submit]").await;
    walk.see("waiting", "/review").await;
    let number = chrome.words(".facts strong").await;
    let list = demo.review(0, &["list"]);
    assert!(list.contains(&number) && list.contains("not_found") && !list.contains("刘洋"), "{list}");
    demo.review(0, &["claim", &number]);
    demo.review(0, &["ask", &number, "--reason", "请补充户口簿照片"]);
    demo.told(liuyang.mobile, "补正").await;
    chrome.open(&chrome.address().await).await;
    walk.see("returned", "/evidence").await;
    assert!(chrome.words(".notice").await.contains("户口簿"));
    add(&walk, "household").await;
    chrome.press("button[name=submit]").await;
    walk.see("waiting-again", "/review").await;

    demo.review(0, &["claim", &number]);
    let shown = demo.review(0, &["show", &number, "--unmasked", "--purpose", "compare the pictures"]);
    assert!(shown.contains("刘洋") && shown.contains("picture 3  household"), "{shown}");
    let approved = demo.review(0, &["approve", &number, "--evidence", "1,2"]);
    assert!(approved.contains("in effect from"), "{approved}");
    let told = demo.told(liuyang.mobile, "已通过").await;
    assert!(told.contains(&number) && !told.contains("http"), "{told}");

    // Another computer: the number, and a code to the phone.
    chrome.forget().await;
    chrome.open(&demo.portal("/login")).await;
    chrome.press("a[href='/continue']").await;
    chrome.look("review-resume").await;
    chrome.fill("#number", &number.to_lowercase()).await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    chrome.look("review-resume-code").await;
    chrome.fill("#code", "000001").await;
    chrome.press(NEXT).await;
    chrome.see_error("review-resume-code-wrong", "code").await;
    // A phone gets one message a minute: the code of the contact may hold this one back.
    let mut code = demo.code_now(liuyang.mobile, "继续办理").await;
    for _ in 0..40 {
        if code.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        chrome.press("a[href='/continue']").await;
        chrome.fill("#number", &number).await;
        chrome.fill("#captcha", "0000").await;
        chrome.press(NEXT).await;
        code = demo.code_now(liuyang.mobile, "继续办理").await;
    }
    let code = match code {
        Some(code) => code,
        None => demo.code(liuyang.mobile, "继续办理").await,
    };
    chrome.fill("#code", &code).await;
    chrome.press(NEXT).await;
    walk.see("approved", "/review").await;
    chrome.press("button[value=continue]").await;
    walk.see("user-name", "/user-name").await;
    chrome.press(NEXT).await;
    walk.see("email", "/email").await;
    chrome.press("button[name=skip]").await;
    walk.see("password", "/password").await;
    walk.new_password().await;
}

#[tokio::test]
async fn every_page_of_a_rejected_case_fits_a_small_screen_in_english() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-360-review" };
    let liuyang = person("liuyang");
    demo.turn_source("down").await;
    walk.through_agreement(liuyang).await;
    walk.enter(&liuyang.truth).await;
    chrome.press(NEXT).await;
    walk.see("source-down", "/check").await;
    chrome.press("button[value=tell]").await;
    prove_phone(&walk, liuyang.mobile).await;
    walk.see("source-waiting", "/check").await;
    demo.turn_source("up").await;
    demo.told(liuyang.mobile, "已有结果").await;
    chrome.open(&chrome.address().await).await;
    walk.see("mismatch", "/check").await;
    chrome.press("button[value=review]").await;
    walk.see("evidence", "/evidence").await;
    add(&walk, "document").await;
    chrome.press("button[name=submit]").await;
    walk.see("waiting", "/review").await;
    let number = chrome.words(".facts strong").await;
    demo.review(1, &["claim", &number]);
    demo.review(1, &["reject", &number, "--reason", "证件照片与填写的信息不一致"]);
    chrome.open(&chrome.address().await).await;
    walk.see("rejected", "/review").await;
    chrome.press("button[value=again]").await;
    walk.see("again", "/evidence").await;
}
