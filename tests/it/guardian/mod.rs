//! Children under 14 and their guardians through the front door, on both databases.

mod account;
mod attacks;
mod consents;
mod existing;
mod journey;

use guiyi::domain::case_number::CaseNumber;
use guiyi::review::desk::Reviewer;

use crate::migration::review::{approve, photo};
use crate::migration::{LIMING, NEW_PASSWORD, Person, migrate};
use crate::support::{Browser, World};

/// Eleven years old; the old row has her number, the source knows her.
pub const XIAOYU: Person = Person {
    account: "xiaoyu",
    password: "Panda-school-5",
    name: "陈小雨",
    number: "340111201506019985",
    gender: "2",
    ethnic: "01",
    phone: "19900000011",
};
/// A password that the child chooses.
pub const CHILDS_PASSWORD: &str = "Bamboo-forest-9";

/// A child with a permit, whose day of birth nobody but the guardian says: fourteen a week from now.
pub fn almost_fourteen() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "陈乐怡"),
        ("document_type", "hong_kong_macao_permit"),
        ("document_number", "H00000002"),
        ("birth_year", "2012"),
        ("birth_month", "12"),
        ("birth_day", "1"),
        ("gender", "2"),
    ]
}

/// 李明, with an account, freshly signed in.
pub async fn guardian(world: &World) -> Browser {
    migrate(world, &LIMING).await
}

/// From the children's page into a child's journey.
pub async fn begin(browser: &mut Browser, goal: &str) {
    browser.get("/account/children").await;
    browser.submit(&[("goal", goal)]).await;
    assert!(browser.at.starts_with("/journey/"), "{} {}", browser.at, browser.body);
}

async fn agree(browser: &mut Browser) {
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
    assert!(browser.shows("未满十四周岁未成年人个人信息处理告知"), "{}", browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
    assert!(browser.at.ends_with("/identity"), "{} {}", browser.at, browser.body);
}

/// By the child's old account to its form.
pub async fn to_form(browser: &mut Browser, child: &Person) {
    begin(browser, "migration").await;
    browser.submit(&[("system", "hefei")]).await;
    assert!(browser.at.ends_with("/sign-in"), "no question of the kind: {}", browser.at);
    browser.submit(&[("account", child.account), ("password", child.password)]).await;
    agree(browser).await;
}

/// By a registration to the child's form.
pub async fn to_registration_form(browser: &mut Browser) {
    begin(browser, "registration").await;
    agree(browser).await;
}

/// From the form past the relation, to what the source says.
pub async fn to_checked(browser: &mut Browser, child: &[(&str, &str)]) {
    browser.submit(child).await;
    assert!(browser.at.ends_with("/relation"), "{} {}", browser.at, browser.body);
    browser.submit(&[("relation", "father")]).await;
}

/// Evidence of the relation, and the submission; the case number.
pub async fn submit_case(browser: &mut Browser) -> CaseNumber {
    assert!(browser.at.ends_with("/evidence") && browser.shows("出生医学证明"), "{} {}", browser.at, browser.body);
    browser.upload("household", &[photo()]).await;
    browser.upload("holding", &[photo()]).await;
    browser.submit(&[("submit", "yes")]).await;
    assert!(browser.at.ends_with("/review"), "{} {}", browser.at, browser.body);
    number(browser)
}

pub fn number(browser: &Browser) -> CaseNumber {
    let text = browser.body.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    CaseNumber::parse(text).unwrap()
}

/// The approval, and on to what follows.
pub async fn approved(world: &World, browser: &mut Browser, reviewer: &Reviewer, number: &CaseNumber) {
    approve(world, reviewer, number).await.unwrap();
    go_on(browser).await;
}

pub async fn go_on(browser: &mut Browser) {
    browser.get(&browser.at.clone()).await;
    assert!(browser.shows("人工审核已通过"), "{} {}", browser.at, browser.body);
    browser.submit(&[("action", "continue")]).await;
}

/// From the user name to the end.
pub async fn complete(browser: &mut Browser, user_name: &str) {
    to_password(browser, user_name).await;
    choose_password(browser).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}

pub async fn to_password(browser: &mut Browser, user_name: &str) {
    assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
    browser.submit(&[("user_name", user_name), ("captcha", "0000")]).await;
    assert!(browser.at.ends_with("/password"), "{} {}", browser.at, browser.body);
}

pub async fn choose_password(browser: &mut Browser) {
    let password = CHILDS_PASSWORD;
    browser.submit(&[("choice", "new"), ("new_password", password), ("new_password_again", password)]).await;
}

/// A child registered by its guardian, from the beginning to the end.
pub async fn registered(world: &World, browser: &mut Browser, reviewer: &Reviewer, child: &[(&str, &str)], name: &str) {
    to_registration_form(browser).await;
    to_checked(browser, child).await;
    let number = submit_case(browser).await;
    approved(world, browser, reviewer, &number).await;
    complete(browser, name).await;
}

/// Signs in with a password, in the browser's own login page.
pub async fn sign_in(browser: &mut Browser, identifier: &str, password: &str) {
    browser.get("/login").await;
    browser.submit(&[("identifier", identifier), ("password", password)]).await;
}

/// Posts a form with this browser's own token.
pub async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    browser.get("/logout").await;
    let csrf = browser.csrf();
    browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await;
}

/// The only child's account.
pub async fn child_id(world: &World) -> String {
    world.text("SELECT DISTINCT child_id FROM guardianships").await
}

/// Accounts (without reviewers'), guardianships, links, agreements to a child's data: for "all or nothing".
pub async fn rows(world: &World) -> [i64; 4] {
    [
        world.scalar("SELECT COUNT(*) FROM accounts WHERE user_name NOT LIKE 'shenhe-%'").await,
        world.count("guardianships").await,
        world.count("legacy_links").await,
        world.scalar("SELECT COUNT(*) FROM agreements WHERE agreement = 'child_data'").await,
    ]
}

pub async fn set_status(world: &World, user_name: &str, status: guiyi::domain::account::AccountStatus) {
    let id = world.text(&format!("SELECT id FROM accounts WHERE user_name = '{user_name}'")).await;
    let (id, now) = (guiyi::ids::AccountId(id), world.clock.now());
    world
        .app
        .db
        .write(move |tx| Box::pin(async move { guiyi::storage::accounts::set_status(tx, &id, status, now).await }))
        .await
        .unwrap();
    // Other caches hear of it within half a second.
    world.advance(1);
}

/// A person with an account, made a reviewer.
pub async fn as_reviewer(world: &mut World, user_name: &str) -> Reviewer {
    let name = guiyi::domain::user_name::UserName::parse(user_name).unwrap();
    world.restart_with(|config| config.review.reviewers.push(name)).await;
    Reviewer::sign_in(&world.app, user_name, &guiyi::secret::Secret::new(NEW_PASSWORD)).await.unwrap()
}
