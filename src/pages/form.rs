//! A form as it is shown again: what was typed, except secrets, and what is wrong, each error beside its field.

use std::collections::BTreeMap;

use crate::protocol::params::Params;

/// What is wrong with a field: the key of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, and its element's id.
    pub field: &'static str,
    /// The key of the text.
    pub key: String,
}

/// Values and errors of a form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

/// Fields that are never shown again.
const SECRET: [&str; 6] = ["password", "new_password", "new_password_again", "captcha", "code", "csrf"];

impl Form {
    /// What was typed, without secrets and one-time codes.
    pub fn typed(params: &Params) -> Self {
        let shown = params.iter().filter(|(name, _)| !SECRET.contains(name));
        Self { values: shown.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), errors: Vec::new() }
    }

    /// An empty form with some values.
    pub fn with<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { values: values.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(), errors: Vec::new() }
    }

    /// Adds an error; `key` is the key of its text.
    pub fn fault(&mut self, field: &'static str, key: impl Into<String>) {
        self.errors.push(FieldError { field, key: key.into() });
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

    /// The key of a field's error, or an empty text.
    pub fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|e| e.field == field).map_or("", |e| e.key.as_str())
    }
}
