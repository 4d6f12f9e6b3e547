//! A configuration as far as it can be read: each part on its own, so that a fault in one hides none in another, and the
//! parts that are in order can be examined (`guiyi doctor`).

use std::net::{IpAddr, SocketAddr};

use figment::error::Kind;
use figment::value::{Dict, Value};
use serde::de::DeserializeOwned;
use url::Url;

use super::check::{About, Fault, check};
use super::{
    ClientEntry, Config, Database, Egress, Halls, Keys, Passwords, Registration, Review, Service, Sessions, SignIn,
    Site, System,
};

/// The parts of a [`Config`]; `None`, or left out of its list, is what can't be read.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are those of `Config`")]
pub struct Draft {
    pub issuer: Option<Url>,
    pub listen: Option<SocketAddr>,
    pub trusted_proxies: Option<Vec<IpAddr>>,
    pub database: Option<Database>,
    pub keys: Option<Keys>,
    pub site: Option<Site>,
    pub gateway: Option<Service>,
    pub source: Option<Service>,
    pub registry: Option<Service>,
    pub halls: Option<Halls>,
    pub review: Option<Review>,
    pub sign_in: Option<SignIn>,
    pub sessions: Option<Sessions>,
    pub systems: Vec<System>,
    pub clients: Vec<ClientEntry>,
    pub registration: Option<Registration>,
    pub passwords: Option<Passwords>,
    pub egress: Option<Egress>,
    unread: Vec<Fault>,
}

impl Draft {
    pub(super) fn read(values: Dict) -> Self {
        let mut reader = Reader { values, faults: Vec::new() };
        let mut draft = Self {
            issuer: reader.needed("issuer"),
            listen: reader.needed("listen"),
            trusted_proxies: reader.optional("trusted_proxies"),
            database: reader.needed("database"),
            keys: reader.needed("keys"),
            site: reader.optional("site"),
            gateway: reader.needed("gateway"),
            source: reader.needed("source"),
            registry: reader.needed("registry"),
            halls: reader.optional("halls"),
            review: reader.optional("review"),
            sign_in: reader.optional("sign_in"),
            sessions: reader.optional("sessions"),
            systems: reader.each("systems"),
            clients: reader.each("clients"),
            registration: reader.optional("registration"),
            passwords: reader.optional("passwords"),
            egress: reader.optional("egress"),
            unread: Vec::new(),
        };
        draft.unread = reader.finish();
        draft
    }

    /// Everything that is wrong: what can't be read, then what can be and isn't fit for production.
    pub fn faults(&self) -> Vec<Fault> {
        self.unread.iter().cloned().chain(check(self)).collect()
    }

    /// The whole configuration, if every part of it could be read.
    pub fn complete(self) -> Option<Config> {
        let is_whole = self.unread.is_empty();
        let config = Config {
            issuer: self.issuer?,
            listen: self.listen?,
            trusted_proxies: self.trusted_proxies?,
            database: self.database?,
            keys: self.keys?,
            site: self.site?,
            gateway: self.gateway?,
            source: self.source?,
            registry: self.registry?,
            halls: self.halls?,
            review: self.review?,
            sign_in: self.sign_in?,
            sessions: self.sessions?,
            systems: self.systems,
            clients: self.clients,
            registration: self.registration?,
            passwords: self.passwords?,
            egress: self.egress?,
        };
        is_whole.then_some(config)
    }
}

/// Takes one part after the other; what is left at the end is unknown.
struct Reader {
    values: Dict,
    faults: Vec<Fault>,
}

impl Reader {
    fn needed<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        match self.values.remove(name) {
            Some(value) => self.part(name, value),
            None => {
                self.fault(name.to_owned(), "is missing".to_owned());
                None
            }
        }
    }

    fn optional<T: DeserializeOwned + Default>(&mut self, name: &str) -> Option<T> {
        match self.values.remove(name) {
            Some(value) => self.part(name, value),
            None => Some(T::default()),
        }
    }

    /// The entries of a list, named by their ids.
    fn each<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let Some(value) = self.values.remove(name) else { return Vec::new() };
        let Some(entries) = value.as_array() else {
            self.fault(name.to_owned(), format!("must be a list: `[[{name}]]` before each entry"));
            return Vec::new();
        };
        let named = |(index, entry): (usize, &Value)| {
            let id = entry.find_ref("id").and_then(Value::as_str);
            (id.map_or_else(|| format!("{name}.{index}"), |id| format!("{name}.{id}")), entry.clone())
        };
        let entries: Vec<(String, Value)> = entries.iter().enumerate().map(named).collect();
        entries.into_iter().filter_map(|(at, entry)| self.part(&at, entry)).collect()
    }

    /// Reads a part. A setting that is wrong is reported and taken out, and the rest is read again: so all faults are found,
    /// and a part that can do without what is wrong is there.
    fn part<T: DeserializeOwned>(&mut self, name: &str, mut value: Value) -> Option<T> {
        let mut taken_out: Vec<String> = Vec::new();
        loop {
            let error = match value.deserialize() {
                Ok(part) => return Some(part),
                Err(error) => error,
            };
            let mut path = error.path;
            match &error.kind {
                // Found wrong a moment ago: nothing new.
                Kind::MissingField(field) if taken_out.iter().any(|out| out == field) => return None,
                Kind::UnknownField(field, _) if path.last() != Some(field) => path.push(field.clone()),
                Kind::MissingField(field) => path.push(field.to_string()),
                _ => {}
            }
            let setting: Vec<&str> = [name].into_iter().chain(path.iter().map(String::as_str)).collect();
            self.fault(setting.join("."), words(&error.kind));
            if !take_out(&mut value, &path) {
                return None;
            }
            taken_out.extend(path.pop());
        }
    }

    fn fault(&mut self, setting: String, message: String) {
        self.faults.push(Fault { setting, message, about: About::Setting });
    }

    fn finish(mut self) -> Vec<Fault> {
        for unknown in std::mem::take(&mut self.values).into_keys() {
            self.fault(unknown, "there is no such setting".to_owned());
        }
        self.faults
    }
}

/// Removes a setting; whether there was one.
fn take_out(value: &mut Value, path: &[String]) -> bool {
    match (value, path) {
        (Value::Dict(_, dict), [last]) => dict.remove(last).is_some(),
        (Value::Dict(_, dict), [first, rest @ ..]) => dict.get_mut(first).is_some_and(|inner| take_out(inner, rest)),
        _ => false,
    }
}

/// What is wrong, without the value: it may be a secret.
fn words(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(..) => "there is no such setting".to_owned(),
        Kind::MissingField(_) => "is missing".to_owned(),
        Kind::InvalidType(_, expected) | Kind::InvalidLength(_, expected) => format!("must be {expected}"),
        Kind::InvalidValue(_, why) => format!("is not valid ({why})"),
        Kind::UnknownVariant(name, known) => format!("{name:?} is none of {}", known.join(", ")),
        Kind::Message(text) => text.clone(),
        _ => "is of the wrong kind".to_owned(),
    }
}
