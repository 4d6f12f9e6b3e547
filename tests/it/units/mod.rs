//! The wizard of units through the front door: each branch of flows.md 2, on both databases.

mod attacks;
mod binding;
mod detour;
mod invited;
mod registry;
mod review;
mod stories;

use guiyi::demo::people::{COMPANIES, PEOPLE, SOCIETIES};

use crate::migration::{NEW_PASSWORD, Person, to_user_name};
use crate::support::{Browser, World};

/// An old account of a unit, and what is true of the unit.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub system: &'static str,
    pub account: &'static str,
    pub password: &'static str,
    pub class: &'static str,
    pub name: &'static str,
    pub code: &'static str,
    pub address: &'static str,
    pub registered: [&'static str; 3],
}

impl Unit {
    /// The demonstration's unit with this old account.
    pub fn of(account: &str) -> Self {
        let here = PEOPLE.iter().find(|p| p.account == account).map(|person| ("hefei", person));
        let company = COMPANIES.iter().find(|p| p.account == account).map(|person| ("gsj", person));
        let society = SOCIETIES.iter().find(|(p, _)| p.account == account).map(|(person, _)| ("mzt", person));
        let (system, person) = here.or(company).or(society).expect("no such unit");
        let truth = person.unit.unwrap().truth;
        let mut day = truth.registered_on.split('-');
        Self {
            system,
            account: person.account,
            password: person.password,
            class: truth.unit_type,
            name: truth.name,
            code: truth.credit_code,
            address: truth.address,
            registered: [(); 3].map(|()| day.next().unwrap()),
        }
    }

    pub fn form(&self) -> [(&'static str, &'static str); 7] {
        [
            ("unit_type", self.class),
            ("unit_name", self.name),
            ("credit_code", self.code),
            ("address", self.address),
            ("registered_year", self.registered[0]),
            ("registered_month", self.registered[1]),
            ("registered_day", self.registered[2]),
        ]
    }
}

/// To the representative's page.
pub async fn to_representative(browser: &mut Browser, entry: &str, unit: &Unit) {
    browser.get(entry).await;
    browser.submit(&[("system", unit.system)]).await;
    if browser.at.ends_with("/account-kind") {
        browser.submit(&[("kind", "legal_person")]).await;
    }
    assert!(browser.at.ends_with("/sign-in"), "{}", browser.at);
    browser.submit(&[("account", unit.account), ("password", unit.password)]).await;
    assert!(browser.at.ends_with("/representative"), "{} {}", browser.at, browser.body);
}

/// The representative signs in by an own password.
pub async fn sign_in(browser: &mut Browser, identifier: &str, password: &str) {
    browser.submit(&[("action", "password"), ("identifier", identifier), ("password", password)]).await;
}

/// Past the representative and the unit's form, and the agreement, to what the registry says.
pub async fn to_checked(browser: &mut Browser, entry: &str, unit: &Unit, identifier: &str) {
    to_representative(browser, entry, unit).await;
    sign_in(browser, identifier, NEW_PASSWORD).await;
    assert!(browser.at.ends_with("/unit"), "{} {}", browser.at, browser.body);
    browser.submit(&unit.form()).await;
    agree(browser).await;
}

pub async fn agree(browser: &mut Browser) {
    assert!(browser.at.ends_with("/agreement"), "{} {}", browser.at, browser.body);
    browser.submit(&[("terms", "yes"), ("identity_data", "yes")]).await;
}

/// From the user name to the end, with a new password.
pub async fn complete(browser: &mut Browser, name: &str) {
    assert!(browser.at.ends_with("/user-name"), "{} {}", browser.at, browser.body);
    browser.submit(&[("user_name", name), ("captcha", "0000")]).await;
    assert!(browser.at.ends_with("/email"), "{} {}", browser.at, browser.body);
    browser.submit(&[("email", "")]).await;
    let fields = [("choice", "new"), ("new_password", UNIT_PASSWORD), ("new_password_again", UNIT_PASSWORD)];
    browser.submit(&fields).await;
    assert!(browser.at.ends_with("/done"), "{} {}", browser.at, browser.body);
}

/// Verified in the old system; he represents many.
pub const ZHANGSAN: Person = Person {
    account: "zhangsan",
    password: "Qimen-black-tea",
    name: "张三",
    number: "340103198211209971",
    gender: "1",
    ethnic: "01",
    phone: "19900000065",
};

pub const UNIT_PASSWORD: &str = "Seal-of-the-office-5";

/// A person of the individuals' table, migrated; the browser is left behind.
pub async fn citizen(world: &World, person: &Person) {
    let mut browser = world.browser();
    to_user_name(&mut browser, "/migrate", person).await;
    crate::migration::complete(world, &mut browser, person).await;
}

/// A unit whose representative is a citizen already: the whole wizard.
pub async fn migrate(world: &World, unit: &Unit, identifier: &str) -> Browser {
    let mut browser = world.browser();
    to_checked(&mut browser, "/migrate", unit, identifier).await;
    complete(&mut browser, unit.account).await;
    browser
}

/// Rows of the unit's account, its representative's mandate and its link, for "one or nothing".
pub async fn rows(world: &World) -> [i64; 3] {
    [
        world.scalar("SELECT COUNT(*) FROM accounts WHERE kind = 'legal_person'").await,
        world.scalar("SELECT COUNT(*) FROM mandates WHERE role = 'legal_representative' AND ended_at IS NULL").await,
        world.scalar("SELECT COUNT(*) FROM legacy_links WHERE system_id IN ('gsj', 'mzt')").await,
    ]
}
