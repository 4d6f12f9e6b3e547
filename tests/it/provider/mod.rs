//! The provider through the front door.

mod access_tokens;
mod apps;
mod assertions;
mod attacks;
mod authorize;
mod bad_input;
pub mod claims;
mod consent_page;
mod consent_races;
mod introspection;
mod keys;
mod logout;
mod logout_back_channel;
mod logout_by_others;
mod logout_front_channel;
mod logout_requests;
mod nodes;
mod redirect_uris;
mod refresh;
mod registration;
mod request_objects;
mod response_modes;
mod selection;
mod session_management;
mod session_races;
mod tokens;
mod units;
mod userinfo;

pub use claims::payload;
pub use tokens::redeem;
pub use units::acting_code;

use crate::migration::{LIMING, migrate};
use crate::support::{Browser, World};

/// A person with an account, signed in, who has consented to everything that the client asks for.
pub async fn signed_in(world: &World) -> Browser {
    migrate(world, &LIMING).await
}

/// The query of an authorization request of the demonstration's client.
pub fn query(challenge: &str, extra: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", crate::support::BOOKING),
        ("redirect_uri", "http://localhost:8081/callback"),
        ("scope", "openid profile"),
        ("state", "state-1"),
        ("nonce", "nonce-1"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in extra {
        all.retain(|(n, _)| n != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
    format!("/authorize?{query}")
}

/// A parameter of the redirect that the browser left with.
pub fn param(browser: &Browser, name: &str) -> Option<String> {
    let left = browser.left.as_ref().unwrap_or_else(|| panic!("still at {}: {}", browser.at, browser.body));
    let url = url::Url::parse(left).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

/// A code of the demonstration's client; consent is given where it is asked for.
pub async fn code(browser: &mut Browser, challenge: &str, extra: &[(&str, &str)]) -> String {
    browser.get(&query(challenge, extra)).await;
    if browser.left.is_none() {
        browser.submit(&[("decision", "allow")]).await;
    }
    param(browser, "code").unwrap_or_else(|| panic!("no code: {:?}", browser.left))
}
