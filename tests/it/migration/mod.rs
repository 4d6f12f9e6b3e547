//! The wizard through the front door: each outcome, each way to get it wrong, on both databases.

pub mod attacks;
mod binding;
mod codes;
mod contacts;
mod federated;
mod federated_attacks;
mod federated_refresh;
mod interruptions;
mod limits;
mod outcomes;
mod papers;
mod races;
mod refusals;
mod registration;
pub mod review;
mod source;
mod stories;
mod tampering;
mod user_table;
mod ways_in;

use crate::support::{Browser, World};

/// What a person of the demonstration types.
#[derive(Clone, Copy)]
pub struct Person {
    pub account: &'static str,
    pub password: &'static str,
    pub name: &'static str,
    pub number: &'static str,
    pub gender: &'static str,
    pub ethnic: &'static str,
    pub phone: &'static str,
}

/// Verified in the old system, with a good password.
pub const LIMING: Person = Person {
    account: "liming",
    password: "Huizhou-2026-tea",
    name: "李明",
    number: "340102198803159975",
    gender: "1",
    ethnic: "01",
    phone: "19900000001",
};
/// Not verified there; the source confirms him.
pub const ZHANGWEI: Person = Person {
    account: "zhangwei",
    password: "Chaohu#lake88",
    name: "张伟",
    number: "340104199009129995",
    gender: "1",
    ethnic: "01",
    phone: "19900000003",
};

impl Person {
    pub fn identity(&self) -> [(&'static str, &'static str); 5] {
        [
            ("name", self.name),
            ("document_type", "resident_id"),
            ("document_number", self.number),
            ("gender", self.gender),
            ("ethnic_group", self.ethnic),
        ]
    }
}

pub const NEW_PASSWORD: &str = "Tulip-garden-77";

/// To the sign-in page of the old system.
pub async fn to_sign_in(browser: &mut Browser, entry: &str) {
    to_sign_in_at(browser, entry, "hefei").await;
}

/// The same for any system.
pub async fn to_sign_in_at(browser: &mut Browser, entry: &str, system: &str) {
    browser.get(entry).await;
    browser.submit(&[("system", system)]).await;
    // A system that has accounts of one kind alone doesn't ask.
    if browser.at.ends_with("/account-kind") {
        browser.submit(&[("kind", "individual")]).await;
    }
    assert!(browser.at.ends_with("/sign-in"), "{}", browser.at);
}

/// Past the agreement.
pub async fn to_agreed(browser: &mut Browser, entry: &str, person: &Person) {
    to_sign_in(browser, entry).await;
    browser.submit(&[("account", person.account), ("password", person.password)]).await;
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
}

/// To the choice of the user name, whichever way leads there.
pub async fn to_user_name(browser: &mut Browser, entry: &str, person: &Person) {
    to_agreed(browser, entry, person).await;
    if browser.at.ends_with("/identity") {
        browser.submit(&person.identity()).await;
    }
    assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
}

/// Past the phone's code.
pub async fn to_email(world: &World, browser: &mut Browser, phone: &str) {
    browser.submit(&[("phone", phone), ("captcha", "0000")]).await;
    assert!(browser.at.ends_with("/phone-code"), "{} {}", browser.at, browser.body);
    let code = world.code(phone).await;
    browser.submit(&[("code", &code)]).await;
    assert!(browser.at.ends_with("/email"), "{} {}", browser.at, browser.body);
}

/// From the user name to the end, with a new password.
pub async fn complete(world: &World, browser: &mut Browser, person: &Person) {
    let name = browser.value("user_name");
    complete_as(world, browser, person, &name).await;
}

/// The same under a user name of one's own.
pub async fn complete_as(world: &World, browser: &mut Browser, person: &Person, name: &str) {
    browser.submit(&[("user_name", name)]).await;
    to_email(world, browser, person.phone).await;
    browser.submit(&[("email", "")]).await;
    let fields = [("choice", "new"), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    browser.submit(&fields).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}

/// The whole migration from the portal's own login page.
pub async fn migrate(world: &World, person: &Person) -> Browser {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", person).await;
    complete(world, &mut browser, person).await;
    browser
}
