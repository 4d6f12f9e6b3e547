//! What a configuration must be beyond its types. All faults are reported at once.

mod clients;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use url::Url;

use super::sessions::limits_of;
use super::{CarryOver, Connector, Draft, Egress, OpenidConnect, Service, System, UserTable};
use crate::domain::session::Limits;
use crate::protocol::account_kind::AccountKind;

/// A fault: which setting, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting's path, e.g. `clients.booking.secret`.
    pub setting: String,
    /// What is wrong, and how to mend it; never the value.
    pub message: String,
    /// Of what kind it is.
    pub about: About,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A setting that there isn't, that is missing, or that is of the wrong type.
    Setting,
    /// A value that isn't fit for production.
    Value,
    /// A secret that is too short, or published.
    Secret,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}

/// Secrets that stand in this project's own demonstration and examples: never good in production.
const KNOWN_SECRETS: [&str; 2] = ["demo-", "change-me"];

/// The least memory of Argon2id, in KiB, and with it the least number of passes: what OWASP's cheat sheet on storing passwords
/// calls the minimum.
pub const LEAST_MEMORY_KIB: u32 = 19 * 1024;
/// See [`LEAST_MEMORY_KIB`].
pub const LEAST_PASSES: u32 = 2;

/// A file in the keys folder of a demonstration, whose reviewers have published passwords.
pub const DEMONSTRATION: &str = "demonstration";

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, setting: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { setting: setting.into(), message: message.into(), about: About::Value });
    }

    fn weak(&mut self, setting: String, message: String) {
        self.0.push(Fault { setting, message, about: About::Secret });
    }

    fn secret(&mut self, setting: String, secret: &str, least: usize) {
        if secret.len() < least {
            self.weak(
                setting,
                format!("a secret has {least} characters or more; make one with `openssl rand -hex 24`"),
            );
        } else if KNOWN_SECRETS.iter().any(|known| secret.starts_with(known)) {
            self.weak(setting, "this secret is a published one; make your own".to_owned());
        }
    }

    fn outbound(&mut self, setting: String, url: &Url) {
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            self.add(setting, "must be https (plain http only to this machine's loopback)");
        }
    }
}

/// What makes the parts of a configuration that could be read unfit for production.
pub(super) fn check(draft: &Draft) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    issuer(&mut faults, draft.issuer.as_ref());
    if draft.passwords.as_ref().is_some_and(|costs| costs.memory_kib < LEAST_MEMORY_KIB || costs.passes < LEAST_PASSES)
    {
        faults.add("passwords", "Argon2id needs memory_kib of 19456 or more, and 2 passes or more");
    }
    if draft.passwords.as_ref().is_some_and(|passwords| passwords.failures_a_minute == 0) {
        faults.add("passwords.failures_a_minute", "must be 1 or more");
    }
    if draft.keys.as_ref().is_some_and(|keys| keys.directory.join(DEMONSTRATION).exists()) {
        faults.add(
            "keys.directory",
            "these are a demonstration's keys, with a demonstration's accounts: begin with an empty folder",
        );
    }
    if draft.database.as_ref().is_some_and(|database| database.connections == 0) {
        faults.add("database.connections", "must be 1 or more");
    }
    sessions(&mut faults, draft);
    for (name, part) in [("gateway", &draft.gateway), ("source", &draft.source), ("registry", &draft.registry)] {
        if let Some(part) = part {
            service(&mut faults, name, part);
        }
    }
    let mut ids = BTreeSet::new();
    for entry in &draft.systems {
        system(&mut faults, entry);
        if !ids.insert(entry.id.as_str()) {
            faults.add(format!("systems.{}", entry.id), "appears twice");
        }
    }
    let mut ids = BTreeSet::new();
    for entry in &draft.clients {
        clients::client(&mut faults, entry, &draft.systems);
        if !ids.insert(entry.id.as_str()) {
            faults.add(format!("clients.{}", entry.id), "appears twice");
        }
    }
    if let Some(registration) = &draft.registration {
        clients::registration(&mut faults, registration);
    }
    if let Some(settings) = &draft.egress {
        egress(&mut faults, settings);
    }
    faults.0
}

fn issuer(faults: &mut Faults, issuer: Option<&Url>) {
    let Some(issuer) = issuer else { return };
    if issuer.scheme() != "https" {
        faults.add("issuer", "must be https: tokens and cookies travel under it");
    }
    if issuer.query().is_some() || issuer.fragment().is_some() || issuer.path() != "/" {
        faults.add("issuer", "must be scheme and host alone: no path, no query, no fragment");
    }
}

fn egress(faults: &mut Faults, egress: &Egress) {
    for place in &egress.allow {
        let parsed = Url::parse(&format!("https://{place}")).ok();
        let is_place =
            parsed.is_some_and(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none());
        let has_port = place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if !(is_place && has_port) {
            faults.add("egress.allow", format!("{place:?} is no host with a port, like \"keys.example.gov.cn:443\""));
        }
    }
}

/// Stricter than NIST SP 800-63B-4, section 2.2.3, has it for two factors (an hour, and a day): many sign in with one.
const LONGEST: Limits = Limits { idle: Duration::from_secs(30 * 60), absolute: Duration::from_secs(12 * 60 * 60) };

fn sessions(faults: &mut Faults, draft: &Draft) {
    let (ordinary, hall) = limits_of(&draft.sessions.unwrap_or_default(), &draft.halls.clone().unwrap_or_default());
    if ordinary.idle.is_zero() || ordinary.idle > LONGEST.idle {
        faults.add("sessions.idle_minutes", "must be between 1 and 30");
    }
    if ordinary.absolute.is_zero() || ordinary.absolute > LONGEST.absolute {
        faults.add("sessions.absolute_hours", "must be between 1 and 12");
    }
    if hall.idle.is_zero() || hall.idle > ordinary.idle {
        faults.add("halls.idle_minutes", "must be 1 or more, and no more than sessions.idle_minutes");
    }
    if hall.absolute.is_zero() || hall.absolute > ordinary.absolute {
        faults.add("halls.absolute_minutes", "must be 1 or more, and no longer than sessions.absolute_hours");
    }
}

fn service(faults: &mut Faults, name: &str, service: &Service) {
    faults.outbound(format!("{name}.url"), &service.url);
    faults.secret(format!("{name}.secret"), service.secret.expose(), 16);
}

fn system(faults: &mut Faults, system: &System) {
    let at = |field: &str| format!("systems.{}.{field}", system.id);
    match &system.connector {
        Connector::Ticket { url, service_code, service_password } => {
            faults.outbound(at("connector.url"), url);
            if service_code.is_empty() {
                faults.add(at("connector.service_code"), "is empty");
            }
            // Given by the legacy system's owner: nothing to choose, but a published one is still refused.
            faults.secret(at("connector.service_password"), service_password.expose(), 8);
        }
        Connector::UserTable(table) => user_table(faults, system, table),
        Connector::OpenidConnect(provider) => openid_connect(faults, system, provider),
    }
    if system.sign_in && !matches!(system.connector, Connector::OpenidConnect(_)) {
        faults.add(at("sign_in"), "an old password is no way into an account: only for `openid_connect`");
    }
    if system.holds.as_ref().is_some_and(Vec::is_empty) {
        faults.add(at("holds"), "names nobody: `individual`, `legal_person` or both");
    }
    if system.name_zh.is_none() && crate::upstream::catalogue::row(&system.id).is_none() {
        faults.add(at("name_zh"), "a system that isn't in the catalogue needs a name");
    }
}

fn user_table(faults: &mut Faults, system: &System, table: &UserTable) {
    let at = |field: &str| format!("systems.{}.{field}", system.id);
    if !table.path.is_absolute() {
        faults.add(at("connector.path"), "must be an absolute path");
    }
    if table.accounts.is_empty() {
        faults.add(at("connector.accounts"), "at least one column is needed");
    }
    if table.formulas.is_empty() {
        faults.add(at("connector.formulas"), "at least one formula is needed");
    }
    if table.formulas.iter().any(|formula| formula.is_salted()) && table.salt.is_none() {
        faults.add(at("connector.salt"), "a salted formula needs the column of the salt");
    }
    let status = table.status.as_ref().map(|status| &status.column);
    let names = [&table.table, &table.subject, &table.password].into_iter().chain(&table.accounts);
    let names = names.chain(&table.salt).chain(status).map(String::as_str);
    let columns = table.columns.person().into_iter().chain(table.columns.unit());
    for name in names.chain(columns.flatten()) {
        if !is_plain(name) {
            faults.add(at("connector"), format!("{name:?} is no plain name of a table or column"));
        }
    }
    match (system.holds(AccountKind::Individual), system.holds(AccountKind::LegalPerson)) {
        (true, true) => faults.add(at("holds"), "a table has one kind of accounts: connect a view of each as a system"),
        (false, true) if table.columns.credit_code.is_none() => {
            faults.add(at("connector.columns.credit_code"), "a table of units needs the column of the credit code");
        }
        (true, false) if table.columns.unit().iter().any(Option::is_some) => {
            faults.add(at("connector.columns"), "a table of individuals has no columns of units: see `holds`");
        }
        _ => {}
    }
    if system.vouches {
        faults.add(at("vouches"), "a table's word is anybody's who can write to it: its users are checked again");
    }
    if system.carry_over != CarryOver::No && table.formulas.iter().any(|formula| !formula.is_salted()) {
        faults.add(at("carry_over"), "must be \"no\": passwords that were kept without a salt are known by now");
    }
}

/// An ASCII letter or `_`, then letters, digits and `_`; 63 at the most.
fn is_plain(name: &str) -> bool {
    name.len() <= 63
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn openid_connect(faults: &mut Faults, system: &System, provider: &OpenidConnect) {
    let at = |field: &str| format!("systems.{}.{field}", system.id);
    match Url::parse(&provider.issuer) {
        Ok(issuer) if issuer.query().is_none() && issuer.fragment().is_none() => {
            faults.outbound(at("connector.issuer"), &issuer);
        }
        _ => faults.add(at("connector.issuer"), "must be a URL without query and fragment"),
    }
    if provider.client_id.is_empty() {
        faults.add(at("connector.client_id"), "is empty");
    }
    faults.secret(at("connector.client_secret"), provider.client_secret.expose(), 16);
    for origin in &provider.origins {
        faults.outbound(at("connector.origins"), origin);
    }
    if !(1..=86_400).contains(&provider.refresh_after) {
        faults.add(at("connector.refresh_after"), "must be between a second and a day");
    }
    if system.holds(AccountKind::LegalPerson) || provider.claims.unit().iter().any(Option::is_some) {
        faults.add(at("holds"), "a provider signs in individuals: units need a `ticket` API or a `user_table`");
    }
    if system.vouches && provider.verified_claim.is_none() {
        faults.add(at("connector.verified_claim"), "a system that vouches needs the claim that says so");
    }
    if system.carry_over != CarryOver::No {
        faults.add(at("carry_over"), "must be \"no\": nobody types a password of that system here");
    }
}
