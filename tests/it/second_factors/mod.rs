//! Second factors: set up, asked for, lost; and sessions that a client wants stronger.

mod apps;
mod passkeys;
mod step_up;

use guiyi::clock::Timestamp;
use totp_rs::{Builder, Secret};

use crate::migration::{LIMING, NEW_PASSWORD, migrate};
use crate::support::{Browser, World};

/// Somebody else's address.
pub const ELSEWHERE: &str = "198.51.100.7";

/// The code that an app with this secret shows now.
pub fn shown(world: &World, secret: &str) -> String {
    shown_at(world.clock.now(), secret)
}

pub fn shown_at(now: Timestamp, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(now.seconds()).unwrap()).to_string()
}

pub async fn login(browser: &mut Browser, identifier: &str) {
    browser.get("/login").await;
    browser.submit(&[("identifier", identifier), ("password", NEW_PASSWORD)]).await;
}

/// Proves everything that a risky page asks for: the password, and the code to the phone.
pub async fn confirm(world: &World, browser: &mut Browser) {
    assert!(browser.at.starts_with("/account/confirm"), "{}", browser.at);
    browser.submit(&[("password", NEW_PASSWORD)]).await;
    let code = world.code(LIMING.phone).await;
    browser.submit(&[("code", &code)]).await;
}

/// A person with an authenticator app: the browser, the app's secret, the recovery codes.
pub async fn with_app(world: &World) -> (Browser, String, Vec<String>) {
    let mut browser = migrate(world, &LIMING).await;
    world.advance(61);
    browser.get("/account/factors/totp").await;
    confirm(world, &mut browser).await;
    let start = browser.body.split("<code>").nth(1).unwrap();
    let secret = start.split("</code>").next().unwrap().replace(' ', "");
    let code = shown(world, &secret);
    browser.submit(&[("code", &code), ("label", "")]).await;
    assert!(browser.shows("您的恢复码"), "{}", browser.body);
    let codes = browser.body.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    world.advance(61);
    (browser, secret, codes)
}
