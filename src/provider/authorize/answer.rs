//! The answer to an authorization request, in the mode that the client asked for.

use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::response_mode::ResponseMode;

/// What goes back to the client by way of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A redirect to this address.
    Redirect(String),
    /// A page whose form posts these fields to the redirect URI.
    Form(Vec<(&'static str, String)>),
}

impl Answer {
    /// Parameters for a redirect URI.
    pub(super) fn new<'a>(
        mode: ResponseMode,
        uri: &RedirectUri,
        params: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Self {
        let params = params.into_iter();
        let in_address = |(name, value): (&'static str, &'a str)| -> (&'a str, &'a str) { (name, value) };
        match mode {
            ResponseMode::Query => Self::Redirect(uri.with_query(params.map(in_address))),
            ResponseMode::Fragment => Self::Redirect(uri.with_fragment(params.map(in_address))),
            ResponseMode::FormPost => Self::Form(params.map(|(name, value)| (name, value.to_owned())).collect()),
        }
    }
}
