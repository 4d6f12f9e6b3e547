//! Request parameters, read once: duplicates refused (RFC 6749, section 3.1) but of the one that is made to be repeated
//! (RFC 8707, section 2), sizes bounded.

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
pub struct Params(Vec<(String, String)>);

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
        let mut known: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs {
            if known.len() >= MAX_COUNT || value.len() > MAX_VALUE || name.len() > 128 {
                return Err(ParamsFault::TooLarge);
            }
            if !is_text(&value) || !is_text(&name) {
                return Err(ParamsFault::Characters);
            }
            // There are few: looking through them is cheaper than a map.
            if name != REPEATABLE && known.iter().any(|(known, _)| *known == name) {
                return Err(ParamsFault::Duplicate);
            }
            known.push((name, value));
        }
        Ok(Self(known))
    }

    /// A parameter's value; `None` if it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that aren't empty: for the one that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A parameter's value, or an empty text: for form fields, where both are the same.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All parameters that aren't empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(_, value)| !value.is_empty())
    }
}

/// Whether a text has no control characters but ends of lines and tabs, and nothing that wasn't UTF-8.
fn is_text(text: &str) -> bool {
    let bad = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == char::REPLACEMENT_CHARACTER;
    text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.contains(bad)
}
