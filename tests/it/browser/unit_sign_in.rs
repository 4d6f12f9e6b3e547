//! Signing in for a unit: whom to act for, who acts, and a unit that is no more; in both languages.

use sqlx::Connection;

use super::chrome::{Chrome, DESK, Look, NEXT};
use super::demo::{Demo, person};
use super::walk::{NEW_PASSWORD, Walk};
use crate::support::{Unit, representative_at, unit_at};

const TELEPHONE: Look = Look { language: "en", size: (360, 740), script: true };

/// A person with an account, two units of theirs, and the application's page with them signed in.
async fn begin(walk: &Walk<'_>, lang: &str) {
    let liming = person("liming");
    walk.chrome.open(&walk.demo.relying_party(&format!("/?lang={lang}"))).await;
    walk.see("application", "/").await;
    walk.to_login().await;
    walk.to_kind().await;
    walk.to_sign_in().await;
    walk.sign_in(liming).await;
    walk.agree().await;
    walk.complete(liming, None).await;
    walk.new_password().await;
    walk.to_relying_party(liming).await;
}

async fn units(walk: &Walk<'_>) {
    let app = walk.demo.store().await;
    for one in [Unit::YUNHAI, Unit::QINGSHAN] {
        let id = unit_at(&app, one).await;
        representative_at(&app, &id, "liming").await;
    }
    app.db.close().await;
}

/// The registry calls the second unit off.
async fn dissolve(walk: &Walk<'_>) {
    let url = walk.demo.database();
    let mut store = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let code = Unit::QINGSHAN.code;
    let sql = format!("UPDATE units SET standing = 'dissolved' WHERE credit_code = '{code}'");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut store).await.unwrap();
    let told = format!(
        "INSERT INTO changes (subject, changed_at) SELECT 'unit:' || account_id, {} FROM units WHERE credit_code = '{code}'",
        guiyi::clock::Clock::System.now().0
    );
    sqlx::query(sqlx::AssertSqlSafe(told)).execute(&mut store).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
}

async fn sign_in(walk: &Walk<'_>, name: &str, password: &str) {
    walk.chrome.fill("#identifier", name).await;
    walk.chrome.fill("#password", password).await;
    walk.chrome.press(NEXT).await;
}

async fn whole(walk: &Walk<'_>, lang: &str) {
    let (chrome, demo) = (walk.chrome, walk.demo);
    begin(walk, lang).await;
    chrome.press("a[href*='prompt=select_account']").await;
    walk.see("select-none", &chrome.path().await).await;
    units(walk).await;
    chrome.open(&demo.relying_party(&format!("/login?lang={lang}&prompt=select_account"))).await;
    walk.see("select", &chrome.path().await).await;
    // What isn't theirs does nothing, and says so.
    chrome.ask("document.querySelector('button.choice').value = 'another'").await;
    chrome.press("button.choice").await;
    chrome.see_error(&format!("{}-select-error", walk.shot), "choice").await;
    chrome.press("li:nth-child(2) button.choice").await;
    walk.see("consent-unit", &chrome.path().await).await;
    chrome.press("button[value=allow]").await;
    walk.see("signed-in-unit", "/").await;
    let words = chrome.words("main").await;
    assert!(words.contains(Unit::YUNHAI.name) && words.contains("李明"), "{words}");
    dissolve(walk).await;
    chrome
        .open(&demo.relying_party(&format!("/login?lang={lang}&prompt=select_account&account_kind=legal_person")))
        .await;
    walk.see("select-dissolved", &chrome.path().await).await;
    chrome.open(&demo.portal("/account/consents")).await;
    walk.see("consents", "/account/consents").await;

    // By the unit's own password.
    chrome.forget().await;
    chrome.open(&demo.relying_party(&format!("/login?lang={lang}&account_kind=legal_person"))).await;
    walk.see("login", "/login").await;
    sign_in(walk, Unit::YUNHAI.code, "wrong").await;
    chrome.see_error(&format!("{}-login-error", walk.shot), "identifier").await;
    sign_in(walk, Unit::YUNHAI.code, Unit::YUNHAI.password).await;
    walk.see("actor", "/login/actor").await;
    sign_in(walk, "nobody-here", "wrong").await;
    chrome.see_error(&format!("{}-actor-error", walk.shot), "identifier").await;
    sign_in(walk, "liming", NEW_PASSWORD).await;
    walk.see("back", "/").await;
    assert!(chrome.words("main").await.contains(Unit::YUNHAI.name));

    chrome.open(&demo.portal("/")).await;
    chrome.forget().await;
    chrome.open(&demo.portal(&format!("/login?tab=legal&ui_locales={lang}"))).await;
    sign_in(walk, Unit::QINGSHAN.user_name, Unit::QINGSHAN.password).await;
    walk.see("dissolved", "/login").await;
    sign_in_alone(walk).await;
}

/// Without a waiting application nobody has to be named.
async fn sign_in_alone(walk: &Walk<'_>) {
    walk.chrome.open(&walk.demo.portal("/login?tab=legal")).await;
    sign_in(walk, Unit::YUNHAI.user_name, Unit::YUNHAI.password).await;
    walk.see("actor-alone", "/login/actor").await;
}

#[tokio::test]
async fn for_a_unit_on_a_desk() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(DESK).await);
    whole(&Walk { chrome: &chrome, demo: &demo, shot: "unit" }, "zh").await;
}

#[tokio::test]
async fn for_a_unit_in_english_on_a_small_telephone() {
    let (demo, chrome) = (Demo::start().await, Chrome::start(TELEPHONE).await);
    whole(&Walk { chrome: &chrome, demo: &demo, shot: "en-360-unit" }, "en").await;
}
