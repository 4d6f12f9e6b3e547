//! How an authorization answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1; OAuth 2.0 Form
//! Post Response Mode, section 2).

use serde::{Deserialize, Serialize};

/// `response_mode`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI: the default of the code flow.
    #[default]
    Query,
    /// In its fragment, which no server on the way sees.
    Fragment,
    /// In the body of a POST to it: in no address at all.
    FormPost,
}

impl ResponseMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// The mode of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}
