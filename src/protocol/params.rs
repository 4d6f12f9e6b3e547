//! Request parameters, read once: duplicates refused (RFC 6749, section 3.1) but of the one that is made to be repeated
//! (RFC 8707, section 2), sizes bounded.

use std::collections::BTreeMap;

/// The longest parameter value, in bytes.
pub const MAX_VALUE: usize = 4096;
/// The most parameters of one request.
pub const MAX_COUNT: usize = 64;
/// The parameter that may appear more than once.
const REPEATABLE: &str = "resource";

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

/// Parameters of a request, each at most once, save `resource`. An empty value counts as absent (RFC 6749, section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, Vec<String>>);

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
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (count, (name, value)) in pairs.into_iter().enumerate() {
            if count >= MAX_COUNT || value.len() > MAX_VALUE || name.len() > 128 {
                return Err(ParamsFault::TooLarge);
            }
            let bad =
                |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == char::REPLACEMENT_CHARACTER;
            if value.contains(bad) || name.contains(bad) {
                return Err(ParamsFault::Characters);
            }
            let is_repeatable = name == REPEATABLE;
            let values = map.entry(name).or_default();
            if !values.is_empty() && !is_repeatable {
                return Err(ParamsFault::Duplicate);
            }
            values.push(value);
        }
        Ok(Self(map))
    }

    /// A parameter's value; `None` if it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that aren't empty: for the one that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A parameter's value, or an empty text: for form fields, where both are the same.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All parameters that aren't empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.0.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        values.map(|(name, value)| (name.as_str(), value.as_str())).filter(|(_, value)| !value.is_empty())
    }
}
