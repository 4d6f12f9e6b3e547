//! Signing in: identifier and password, the second step of a carried-over password, and the session that follows.

pub mod email_link;
pub mod federated;
mod known_browser;
mod password;
mod second_step;
pub mod session;

pub use known_browser::{KnownBrowser, LIFETIME as KNOWN_BROWSER_LIFETIME};
pub use password::{Attempt, Outcome, needs_captcha, sign_in};
pub use second_step::{Pending, send, verify};
