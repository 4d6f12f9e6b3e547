//! Request parameters, read once: duplicates refused (RFC 6749, section 3.1), sizes bounded.

use std::collections::BTreeMap;

/// The longest parameter value, in bytes.
pub const MAX_VALUE: usize = 4096;
/// The most parameters of one request.
pub const MAX_COUNT: usize = 64;

/// What was wrong with the parameters as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamsFault {
    /// A parameter appears more than once.
    Duplicate,
    /// Too many parameters, or a value too long.
    TooLarge,
    /// A control character, or bytes that aren't UTF-8.
    Characters,
}

/// Parameters of a request, each at most once. An empty value counts as absent (RFC 6749, section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads a query or a form body.
    ///
    /// # Errors
    /// [`ParamsFault`]
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsFault> {
        Self::collect(url::form_urlencoded::parse(encoded).map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    /// The same from names and values.
    ///
    /// # Errors
    /// [`ParamsFault`]
    pub fn collect(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ParamsFault> {
        let mut map = BTreeMap::new();
        for (count, (name, value)) in pairs.into_iter().enumerate() {
            if count >= MAX_COUNT || value.len() > MAX_VALUE || name.len() > 128 {
                return Err(ParamsFault::TooLarge);
            }
            let bad =
                |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == char::REPLACEMENT_CHARACTER;
            if value.contains(bad) || name.contains(bad) {
                return Err(ParamsFault::Characters);
            }
            if map.insert(name, value).is_some() {
                return Err(ParamsFault::Duplicate);
            }
        }
        Ok(Self(map))
    }

    /// A parameter's value; `None` if it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A parameter's value, or an empty text: for form fields, where both are the same.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All parameters that aren't empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(|(_, v)| !v.is_empty())
    }
}
