//! Recovery: forgotten passwords, lost phones, numbers that are somebody else's by now; the hardest citizens, and the thieves.

mod not_mine;
mod others;
mod password;
pub mod phone;
mod strangers;
mod thieves;

use std::sync::Arc;

use guiyi::domain::account::{Account, Holder, PasswordOrigin, Person, StoredPassword};
use guiyi::domain::contact::EmailAddress;
use guiyi::secret::Secret;

use crate::mandates::town::{individual, store};
use crate::migration::{LIMING, NEW_PASSWORD};
use crate::support::{Browser, World};

/// What everybody chooses who has forgotten the password.
pub const ANOTHER: &str = "Plum-blossom-2026";
/// The waiting time, in seconds.
pub const WAIT: u64 = 72 * 60 * 60;

/// To the page of the code, with an identifier.
pub async fn ask(browser: &mut Browser, identifier: &str) {
    browser.get("/recover").await;
    browser.submit(&[("identifier", identifier), ("captcha", "0000")]).await;
    assert!(browser.shows("document_number"), "{} {}", browser.at, browser.body);
}

/// Types the code that went to a phone (or an address), and a document number.
pub async fn prove(world: &World, browser: &mut Browser, to: &str, number: &str) {
    let code = world.code(to).await;
    browser.submit(&[("code", &code), ("document_number", number)]).await;
}

/// Sets the new password.
pub async fn choose(browser: &mut Browser) {
    assert!(browser.shows("new_password_again"), "{} {}", browser.at, browser.body);
    browser.submit(&[("new_password", ANOTHER), ("new_password_again", ANOTHER)]).await;
}

/// 李明 from the beginning to the new password.
pub async fn recover(world: &World, identifier: &str) -> Browser {
    let mut browser = world.browser();
    ask(&mut browser, identifier).await;
    prove(world, &mut browser, LIMING.phone, LIMING.number).await;
    choose(&mut browser).await;
    browser
}

/// Whether a password is right: a sign-in goes on, or asks for a second factor.
pub async fn signs_in(world: &World, identifier: &str, password: &str) -> bool {
    let mut browser = world.browser();
    browser.get("/login").await;
    browser.submit(&[("identifier", identifier), ("password", password), ("captcha", "0000")]).await;
    !browser.error("identifier")
}

/// Brings into effect what has waited long enough; how many.
pub async fn due(world: &World) -> usize {
    guiyi::sign_in::recovery::apply_due(&world.app).await.unwrap()
}

/// The number in the newest notice to a phone or an address.
pub async fn stop_number(world: &World, to: &str) -> String {
    let texts = world.messages(to).await;
    let text = texts.iter().rev().find(|text| text.contains("停止申请")).expect("nothing was told");
    text.split("编号").nth(1).unwrap().chars().take(14).collect()
}

/// Stops what a number was told for.
pub async fn stop(world: &World, number: &str) -> Browser {
    let mut browser = world.browser();
    browser.get("/recover/stop").await;
    browser.submit(&[("number", number), ("captcha", "0000")]).await;
    browser
}

/// Somebody else with an account, and the password of all tests.
pub const ZHAO: (&str, &str) = ("赵敏", "340102199101011225");

/// An account of 赵敏's with this phone, changed before it is stored.
pub async fn seed(world: &World, phone: &str, change: impl FnOnce(&mut Account)) -> Account {
    let (app, now) = (Arc::clone(&world.app), world.clock.now());
    let mut account = individual(&app.random, now, ZHAO, phone);
    let hash = app.passwords.hash(&Secret::new(NEW_PASSWORD)).await.unwrap();
    account.password = Some(StoredPassword { hash, origin: PasswordOrigin::Chosen });
    change(&mut account);
    store(&app.db, &app.keys, &app.random, &account).await;
    account
}

/// The person of an account.
pub fn person(account: &mut Account) -> &mut Person {
    match &mut account.holder {
        Holder::Person(person) => person,
        Holder::Organisation(_) => panic!("a unit"),
    }
}

/// Without a phone, but with a confirmed address.
pub fn by_mail_alone(account: &mut Account) {
    account.phone_proven_at = None;
    account.email_verified_at = Some(account.created_at);
    person(account).phone = None;
    person(account).email = Some(EmailAddress::parse("zhao@mail.example").unwrap());
}
