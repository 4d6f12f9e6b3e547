//! The form of a copy: sections of entries of fields. One content, two faces: a file for programs, a page for people.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::pages::{Locale, beijing};

/// A field's value: as the portal keeps it, and in words where that says little.
#[derive(Clone, Debug)]
struct Field {
    key: &'static str,
    value: String,
    words: Option<String>,
}

/// One thing: an account, a document, a sign-in.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry(Vec<Field>);

impl Entry {
    /// The same with a field; one that holds nothing is left out.
    pub(super) fn text(mut self, key: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push(Field { key, value, words: None });
        }
        self
    }

    /// A field that people read otherwise than programs.
    pub(super) fn worded(mut self, key: &'static str, value: impl Into<String>, words: String) -> Self {
        self.0.push(Field { key, value: value.into(), words: Some(words) });
        self
    }

    /// A moment.
    pub(super) fn at(self, key: &'static str, at: impl Into<Option<i64>>) -> Self {
        match at.into() {
            Some(at) => self.text(key, beijing(Timestamp(at))),
            None => self,
        }
    }
}

/// Everything, by section.
#[derive(Clone, Debug, Default)]
pub(super) struct Copy(Vec<(&'static str, Vec<Entry>)>);

/// A section of the page.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) entries: Vec<Vec<(String, String)>>,
}

impl Copy {
    /// Adds a section, whether there is anything in it or not.
    pub(super) fn section(&mut self, key: &'static str, entries: impl IntoIterator<Item = Entry>) {
        self.0.push((key, entries.into_iter().collect()));
    }

    /// The file.
    pub(super) fn json(&self, now: Timestamp) -> String {
        let entry = |entry: &Entry| {
            let fields = entry.0.iter().map(|field| (field.key.to_owned(), Value::String(field.value.clone())));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        let mut all = Map::new();
        all.insert("copied_at".to_owned(), json!(beijing(now)));
        all.insert("time_zone".to_owned(), json!("Asia/Shanghai"));
        for (key, entries) in &self.0 {
            all.insert((*key).to_owned(), Value::Array(entries.iter().map(entry).collect()));
        }
        serde_json::to_string_pretty(&Value::Object(all)).unwrap_or_default()
    }

    /// The page.
    pub(super) fn shown(&self, locale: Locale) -> Vec<Shown> {
        let label = |key: &str| locale.t(&format!("data-f-{}", key.replace('_', "-")));
        let field = |field: &Field| (label(field.key), field.words.clone().unwrap_or_else(|| field.value.clone()));
        let section = |(key, entries): &(&str, Vec<Entry>)| Shown {
            title: locale.t(&format!("data-s-{}", key.replace('_', "-"))),
            entries: entries.iter().map(|entry| entry.0.iter().map(field).collect()).collect(),
        };
        self.0.iter().map(section).collect()
    }
}
