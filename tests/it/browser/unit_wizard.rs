//! A unit from the application through the whole wizard and back: the representative's own account on the way; a manual
//! review in the middle; the representative on another device; an account that exists already.

use guiyi::demo::people::{COMPANIES, Person, SOCIETIES};

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::{NEW_PASSWORD, Walk};

const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };
const UNIT_PASSWORD: &str = "Seal-of-the-office-5";

fn unit(account: &str) -> (&'static str, &'static Person) {
    let company = COMPANIES.iter().find(|p| p.account == account).map(|person| ("gsj", person));
    let society = SOCIETIES.iter().find(|(p, _)| p.account == account).map(|(person, _)| ("mzt", person));
    company.or(society).expect("a unit of the demonstration")
}

/// From the login page to the representative's.
async fn to_representative(walk: &Walk<'_>, account: &str) {
    let (system, person) = unit(account);
    walk.chrome.press("a[href^='/migrate']").await;
    walk.see("systems", "/migrate").await;
    walk.chrome.press(&format!("button[value={system}]")).await;
    walk.see("unit-sign-in", "/sign-in").await;
    walk.sign_in(person).await;
    walk.see("representative", "/representative").await;
}

/// The unit's form as it is pre-filled, and the agreement.
async fn enter(walk: &Walk<'_>, account: &str) {
    let truth = unit(account).1.unit.unwrap().truth;
    walk.see("unit", "/unit").await;
    assert_eq!(walk.chrome.value("#credit_code").await, truth.credit_code, "pre-filled");
    walk.chrome.fill("#unit_name", truth.name).await;
    walk.chrome.press(NEXT).await;
}

async fn complete(walk: &Walk<'_>) {
    let chrome = walk.chrome;
    walk.see("unit-user-name", "/user-name").await;
    chrome.fill("#captcha", "0000").await;
    chrome.press(NEXT).await;
    walk.see("unit-email", "/email").await;
    chrome.press("button[name=skip]").await;
    walk.see("unit-password", "/password").await;
    if chrome.count("#choice-new").await == 1 {
        chrome.choose("#choice-new").await;
    }
    chrome.fill("#new_password", UNIT_PASSWORD).await;
    chrome.fill("#new_password_again", UNIT_PASSWORD).await;
    chrome.press(NEXT).await;
    walk.see("unit-done", "/done").await;
}

async fn submit_case(walk: &Walk<'_>, kinds: &[&str]) -> String {
    walk.chrome.press("button[value=review]").await;
    // Of a person the phone comes first.
    if walk.chrome.path().await.ends_with("/contact-phone") {
        walk.chrome.press(NEXT).await;
    }
    for kind in kinds {
        walk.chrome.choose(&format!("#kind option[value={kind}]")).await;
        walk.chrome.attach("#files", &walk.demo.picture()).await;
        walk.chrome.press("form[enctype] button").await;
    }
    walk.see("unit-evidence", "/evidence").await;
    walk.chrome.press("button[name=submit]").await;
    walk.see("unit-review", "/review").await;
    walk.chrome.words(".facts strong").await
}

async fn approve(walk: &Walk<'_>, number: &str) {
    walk.demo.review(0, &["claim", number]);
    walk.demo.review(0, &["approve", number, "--evidence", "1,2"]);
    walk.chrome.open(&walk.chrome.address().await).await;
    walk.see("unit-approved", "/review").await;
    walk.chrome.press("button[value=continue]").await;
}

/// 李明 has an account of his own.
async fn liming(walk: &Walk<'_>) {
    let quiet = Walk { shot: "", ..*walk };
    quiet.through_agreement(person("liming")).await;
    quiet.complete(person("liming"), None).await;
    quiet.new_password().await;
    walk.chrome.forget().await;
}

async fn sign_in(walk: &Walk<'_>, name: &str) {
    walk.chrome.fill("#identifier", name).await;
    walk.chrome.fill("#password", NEW_PASSWORD).await;
    walk.chrome.press("button[value=password]:not(.hidden)").await;
}

#[tokio::test]
async fn from_the_application_by_way_of_the_representative_s_own_account_and_back() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "units" };
    let zhangwei = person("zhangwei");
    chrome.open(&demo.relying_party("/")).await;
    chrome.press("a[href*='account_kind=legal_person']").await;
    walk.see("login", "/login").await;
    to_representative(&walk, "teaculture").await;
    // 2.2: the representative's own old account, inside the same migration.
    chrome.press("button[value=migrate]").await;
    walk.see("detour-systems", "/system").await;
    chrome.press("button[value=hefei]").await;
    walk.see("detour-sign-in", "/sign-in").await;
    walk.sign_in(zhangwei).await;
    walk.agree().await;
    walk.enter(&zhangwei.truth).await;
    chrome.press(NEXT).await;
    walk.complete(zhangwei, None).await;
    walk.new_password().await;
    chrome.press("main a.button").await;
    walk.see("representative-back", "/representative").await;
    chrome.press("button[value=session]").await;
    // 2.3
    enter(&walk, "teaculture").await;
    walk.agree().await;
    complete(&walk).await;
    chrome.press("main a.button").await;
    walk.see("consent", &chrome.path().await).await;
    chrome.press("button[value=allow]").await;
    walk.see("application-signed-in", "/").await;
    let words = chrome.words("main").await;
    let name = unit("teaculture").1.unit.unwrap().truth.name;
    assert!(words.contains(name) && words.contains(zhangwei.truth.name), "unit and person: {words}");
}

#[tokio::test]
async fn with_a_manual_review_in_the_middle() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "units-review" };
    liming(&walk).await;
    chrome.open(&demo.relying_party("/")).await;
    chrome.press("a[href*='account_kind=legal_person']").await;
    to_representative(&walk, "dashushan").await;
    sign_in(&walk, "nobody-of-this-name").await;
    chrome.see_error("units-review-representative-error", "identifier").await;
    sign_in(&walk, "liming").await;
    walk.see("unit", "/unit").await;
    chrome.fill("#credit_code", "91340104MO0000C540").await;
    chrome.press(NEXT).await;
    chrome.see_error("units-review-unit-error", "credit_code").await;
    chrome.fill("#credit_code", unit("dashushan").1.unit.unwrap().truth.credit_code).await;
    enter(&walk, "dashushan").await;
    walk.agree().await;
    walk.see("mismatch", "/unit-check").await;
    let number = submit_case(&walk, &["licence", "holding"]).await;
    let shown = demo.review(0, &["show", &number]);
    assert!(shown.contains("大蜀山") && shown.contains("licence"), "{shown}");
    approve(&walk, &number).await;
    complete(&walk).await;
    chrome.press("main a.button").await;
    chrome.press("button[value=allow]").await;
    let words = chrome.words("main").await;
    assert!(words.contains("大蜀山") && words.contains("李明"), "unit and person: {words}");
}

#[tokio::test]
async fn the_representative_elsewhere_and_a_second_old_account_on_a_small_screen_in_english() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    let walk = Walk { chrome: &chrome, demo: &demo, shot: "en-360-units" };
    liming(&walk).await;
    chrome.open(&demo.portal("/login")).await;
    to_representative(&walk, "huiyun").await;
    chrome.press("button[value=invite]").await;
    enter(&walk, "huiyun").await;
    walk.see("confirmation", "/confirmation").await;
    chrome.press("button[value=send]:not(.hidden)").await;
    chrome.see_error("en-360-units-confirmation-error", "phone").await;
    chrome.fill("#phone", person("liming").mobile).await;
    chrome.fill("#captcha", "0000").await;
    chrome.press("button[value=send]:not(.hidden)").await;
    walk.see("confirmation-waiting", "/confirmation").await;
    let clerk = chrome.address().await;
    let text = demo.told(person("liming").mobile, "法定代表人确认").await;
    let number = text.split("编号").nth(1).unwrap().trim_end_matches('。').to_owned();
    // The representative, on an own device.
    let own = Chrome::start(TELEPHONE).await;
    let theirs = Walk { chrome: &own, demo: &demo, shot: "en-360-represent" };
    own.open(&demo.portal("/login")).await;
    own.fill("#identifier", "liming").await;
    own.fill("#password", NEW_PASSWORD).await;
    own.press(NEXT).await;
    own.press("a[href='/represent']").await;
    theirs.see("number", "/represent").await;
    own.fill("#number", "0000-0000-0000").await;
    own.press(NEXT).await;
    own.see_error("en-360-represent-number-error", "number").await;
    own.fill("#number", &number).await;
    own.press(NEXT).await;
    theirs.see("question", "/represent").await;
    own.press("button[value=confirm]").await;
    own.see_error("en-360-represent-question-error", "terms").await;
    own.choose("#terms").await;
    own.press("button[value=confirm]").await;
    theirs.see("confirmed", "/represent").await;
    chrome.open(&clerk).await;
    if chrome.path().await.ends_with("/unit-check") {
        chrome.press("button[value=retry]").await;
    }
    complete(&walk).await;
    assert!(chrome.words("main").await.contains("Sign in with the unit's new account"));
    // A second old account of the same unit: the representative confirms the binding.
    chrome.forget().await;
    chrome.open(&demo.portal("/login")).await;
    to_representative(&Walk { shot: "", ..walk }, "huiyun2009").await;
    sign_in(&walk, "liming").await;
    enter(&walk, "huiyun2009").await;
    walk.agree().await;
    walk.see("existing-unit", "/existing-unit").await;
    chrome.press("button[value=bind]").await;
    walk.see("bound", "/done").await;
}
