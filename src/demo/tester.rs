//! The demonstration's ready-made account: whoever tries a relying party, or the protocol, signs in with it without walking
//! a wizard first. It has all that the standard scopes tell.

use super::staff;
use crate::app::App;
use crate::domain::account::Person;
use crate::domain::address::{Parts, PostalAddress};
use crate::domain::contact::{EmailAddress, Phone};

/// Its user name.
pub const USER_NAME: &str = "ceshi-sun";
/// Its password.
pub const PASSWORD: &str = "Try-the-portal-2026";

/// Makes it, unless it is there.
///
/// # Errors
/// The store's own.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    let person = Person {
        phone: Some(Phone::parse("19900009998")?),
        email: Some(EmailAddress::parse("ceshi-sun@demo.invalid")?),
        address: Some(Box::new(PostalAddress::parse(&Parts {
            country: "CHN".to_owned(),
            region: "安徽省".to_owned(),
            locality: "合肥市".to_owned(),
            street_address: "庐阳区虚构路 1 号 2 幢 301 室".to_owned(),
            postal_code: "230001".to_owned(),
        })?)),
        ..staff::person(app, "孙测试", "34010219880801998X")?
    };
    staff::open_account(app, USER_NAME, PASSWORD, person).await
}
