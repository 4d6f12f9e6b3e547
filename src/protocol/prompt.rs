//! The `prompt` parameter, OpenID Connect Core, section 3.1.2.1.

use serde::{Deserialize, Serialize};

/// What the client asks to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// `none`: show no page.
    pub none: bool,
    /// `login`: ask for the sign-in again.
    pub login: bool,
    /// `consent`: ask for consent again.
    pub consent: bool,
    /// `select_account`: let the person choose the account.
    pub select_account: bool,
}

impl Prompt {
    /// Reads the blank-separated values; `None` if one is unknown or `none` comes with others.
    pub fn parse(text: &str) -> Option<Self> {
        let mut prompt = Self::default();
        let mut count = 0;
        for value in text.split(' ').filter(|v| !v.is_empty()) {
            count += 1;
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return None,
            }
        }
        (!prompt.none || count == 1).then_some(prompt)
    }
}
