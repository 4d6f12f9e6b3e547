//! Signing in: identifier and password, second factors, and the session that follows.

pub mod email_link;
mod exposed;
pub mod federated;
mod known_browser;
mod password;
pub mod recovery;
pub mod second_factor;
pub mod session;
mod tries;

pub use known_browser::{KnownBrowser, LIFETIME as KNOWN_BROWSER_LIFETIME};
pub use password::{Attempt, Outcome, needs_captcha, needs_captcha_here, reject, sign_in};
