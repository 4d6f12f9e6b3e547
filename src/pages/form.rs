//! A form as it is shown again: what was typed, except secrets, and what is wrong, each error beside its field.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Page;
use crate::protocol::params::Params;

/// What is wrong with a field: the key of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, and its element's id.
    pub field: &'static str,
    /// The key of the text.
    pub key: String,
    /// A value in it.
    value: Option<u64>,
}

impl FieldError {
    /// What the page says.
    pub fn text(&self, page: &Page) -> String {
        match self.value {
            Some(value) => page.tv(&self.key, value),
            None => page.t(&self.key),
        }
    }
}

/// Values and errors of a form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    errors: Vec<FieldError>,
    /// How many seconds to wait before it is sent again.
    retry_after: Option<u64>,
}

/// A flood of hashes is worked off in so many seconds at the most.
const MOMENT: u64 = 5;

/// Fields that are never shown again.
const SECRET: [&str; 6] = ["password", "new_password", "new_password_again", "captcha", "code", "csrf"];

impl Form {
    /// What was typed, without secrets and one-time codes.
    pub fn typed(params: &Params) -> Self {
        let shown = params.iter().filter(|(name, _)| !SECRET.contains(name));
        Self { values: shown.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), ..Self::default() }
    }

    /// An empty form with some values.
    pub fn with<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { values: values.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), ..Self::default() }
    }

    /// Adds an error; `key` is the key of its text.
    pub fn fault(&mut self, field: &'static str, key: impl Into<String>) {
        self.errors.push(FieldError { field, key: key.into(), value: None });
    }

    /// Adds an error that ends by itself; the text of `key` says after how many minutes.
    pub fn fault_for(&mut self, field: &'static str, key: impl Into<String>, wait: Duration) {
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
        self.errors.push(FieldError { field, key: key.into(), value: Some(seconds.div_ceil(60)) });
        self.retry_after = Some(seconds);
    }

    /// Adds an error that may have ended in a moment.
    pub fn fault_of_load(&mut self, field: &'static str, key: impl Into<String>) {
        self.fault(field, key);
        self.retry_after = Some(MOMENT);
    }

    /// How many seconds to wait before it is sent again (RFC 9110, section 10.2.3).
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// Whether anything is wrong.
    pub fn is_faulty(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Everything that is wrong, in the order of the fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What was typed into a field.
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// Whether an option was chosen.
    pub fn chosen(&self, field: &str, option: &str) -> bool {
        self.value(field) == option
    }

    /// What the page says of a field's error, or an empty text.
    pub fn told(&self, page: &Page, field: &str) -> String {
        self.errors.iter().find(|e| e.field == field).map_or_else(String::new, |e| e.text(page))
    }

    /// The key of a field's error, or an empty text.
    pub fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|e| e.field == field).map_or("", |e| e.key.as_str())
    }
}
