//! Pages that nobody wants to see, and that must help all the same.

use super::chrome::{Chrome, DESK, NEXT};
use super::demo::{Demo, person};
use super::walk::Walk;

#[tokio::test]
async fn error_pages_are_accessible_carry_a_reference_and_lead_home() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let way = "response_type=code&scope=openid&code_challenge_method=S256\
               &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let pages = [
        ("not-found", "/nowhere".to_owned(), "页面不存在"),
        ("expired-journey", "/journey/01ARZ3NDEKTSV4RRFFQ69G5FAV/account-kind".to_owned(), "页面已失效"),
        ("expired-interaction", "/login?interaction=01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(), "页面已失效"),
        ("unknown-client", format!("/authorize?client_id=nobody&redirect_uri=http://localhost/&{way}"), "应用未接入"),
        (
            "wrong-redirect",
            format!("/authorize?client_id=real-estate-booking&redirect_uri=http://localhost/&{way}"),
            "应用的返回地址不正确",
        ),
        ("bad-request", "/login?tab=legal&tab=individual".to_owned(), "请求无法处理"),
        ("logout-invalid", "/logout?id_token_hint=nonsense".to_owned(), "无法处理退出请求"),
    ];
    for (name, path, title) in pages {
        chrome.open(&demo.portal(&path)).await;
        chrome.look(&format!("error-{name}")).await;
        assert_eq!(chrome.words("h1").await, title, "{name}");
        assert!(chrome.words("main").await.contains("参考编号"), "{name}: no reference");
        assert_eq!(chrome.count("main a[href='/']").await, 1, "{name}: no way home");
    }
}

#[tokio::test]
async fn a_form_whose_cookie_is_gone_is_answered_by_a_page_that_says_how_to_go_on() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    chrome.open(&demo.portal("/login")).await;
    chrome.forget().await;
    chrome.fill("#identifier", "liming").await;
    chrome.fill("#password", "Huizhou-2026-tea").await;
    chrome.press(NEXT).await;
    chrome.look("error-foreign").await;
    assert_eq!(chrome.words("h1").await, "页面已过期");
}

#[tokio::test]
async fn an_old_system_that_is_down_loses_nothing_and_is_tried_again() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "system-down" };
    chrome.open(&demo.portal("/login")).await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    demo.turn_legacy_system("down").await;
    walk.sign_in(person("liming")).await;
    walk.see("stop", "/sign-in").await;
    assert_eq!(chrome.words("h1").await, "原业务系统暂时无法连接");
    demo.turn_legacy_system("up").await;
    chrome.press(".ways a[href$='/sign-in']").await;
    walk.see("retry", "/sign-in").await;
    walk.sign_in(person("liming")).await;
    walk.see("after", "/agreement").await;
}

#[tokio::test]
async fn a_source_that_is_down_loses_nothing_and_is_asked_again() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "source-down" };
    walk.through_agreement(person("zhangwei")).await;
    demo.turn_source("down").await;
    chrome.press(NEXT).await;
    walk.see("stop", "/check").await;
    assert_eq!(chrome.words("h1").await, "核验服务暂时无法连接");
    chrome.press(NEXT).await;
    walk.see("still", "/check").await;
    demo.turn_source("up").await;
    chrome.press(NEXT).await;
    walk.see("after", "/user-name").await;
    chrome.press(".back").await;
    walk.see("back", "/identity").await;
}

#[tokio::test]
async fn whoever_cannot_go_on_is_told_why_and_what_to_do() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "stop" };
    chrome.open(&demo.portal("/login?tab=legal")).await;
    walk.see("legal-login", "/login").await;
    chrome.open(&demo.portal("/migrate?q=公安")).await;
    walk.see("search", "/migrate").await;
    assert_eq!(chrome.count("ul.systems li").await, 1, "one department");
    chrome.open(&demo.portal("/migrate?q=没有这样的系统")).await;
    walk.see("search-nothing", "/migrate").await;
    assert_eq!(chrome.count("ul.systems li").await, 0, "nothing matches");
    chrome.press("main p a[href='/migrate']").await;
    assert!(chrome.count("ul.systems li").await > 20, "all of them again");
    chrome.open(&demo.portal("/login")).await;
    walk.to_kind().await;
    chrome.choose("#kind-2").await;
    chrome.press(NEXT).await;
    walk.see("legal-person", "/sign-in").await;
    chrome.press("a.back").await;
    walk.see("kind-again", "/account-kind").await;
    walk.to_sign_in().await;
    walk.sign_in(person("xiaoyu")).await;
    walk.see("under-age", "/sign-in").await;
    assert_eq!(chrome.words("h1").await, "未满十四周岁，需由监护人办理");
}
