//! Configuration: one TOML file and the environment (`GUIYI_SITE__ORGANISER=…`); unknown settings are refused by name.

mod check;
mod connectors;
mod draft;
mod load;
mod sessions;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::client::AccessTokenFormat;
use crate::domain::user_name::UserName;
use crate::ids::{ClientId, SystemId};
use crate::protocol::account_kind::AccountKind;
use crate::protocol::client_metadata::ClientMetadata;
use crate::secret::Secret;

pub use check::{About, DEMONSTRATION, Fault, LEAST_MEMORY_KIB, LEAST_PASSES};
pub use connectors::{Connector, Formula, OpenidConnect, ProfileNames, Status, UserTable};
pub use draft::Draft;
pub use load::{LoadError, load, read};
pub use sessions::{Halls, Sessions};

/// Everything that an operator sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The issuer identifier (OpenID Connect Discovery, section 3): https, no query, no fragment, no slash at the end.
    pub issuer: Url,
    /// Where the portal listens; TLS ends in front of it.
    pub listen: SocketAddr,
    /// Addresses of the proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
    /// The database.
    pub database: Database,
    /// Keys.
    pub keys: Keys,
    /// What the pages say of their owner.
    #[serde(default)]
    pub site: Site,
    /// Where SMS and e-mail go.
    pub gateway: Service,
    /// The authoritative source of real-name checks.
    pub source: Service,
    /// The registry of organisations: units and their legal representatives.
    pub registry: Service,
    /// Service halls.
    #[serde(default)]
    pub halls: Halls,
    /// Manual review.
    #[serde(default)]
    pub review: Review,
    /// Connected legacy systems.
    #[serde(default)]
    pub systems: Vec<System>,
    /// Relying parties.
    #[serde(default)]
    pub clients: Vec<ClientEntry>,
    /// Clients that register themselves.
    #[serde(default)]
    pub registration: Registration,
    /// How passwords are hashed, and judged.
    #[serde(default)]
    pub passwords: Passwords,
    /// How people sign in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// How long sign-ins last.
    #[serde(default)]
    pub sessions: Sessions,
    /// Calls to URLs that clients name.
    #[serde(default)]
    pub egress: Egress,
}

/// How people sign in.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Whom a browser that is new is asked a second factor of.
    pub new_browser: NewBrowser,
}

/// Whom a browser that is new is asked a second factor of, beside those with a carried-over password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewBrowser {
    /// Everybody who has any, an SMS to the phone included.
    #[default]
    Any,
    /// Those who have set one up: a passkey or an authenticator app.
    Enrolled,
}

/// Calls to URLs that clients name: https to public addresses, and what is named here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// Hosts with their ports (`"keys.example.gov.cn:443"`) that may have any address; on loopback plain http too.
    pub allow: Vec<String>,
    /// A file of certificates (PEM) that are trusted beside the system's: for a private authority.
    pub ca: Option<PathBuf>,
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:/var/lib/guiyi/guiyi.db` or `postgres://…`. May hold a password.
    pub url: Secret,
    /// The most connections that read (SQLite, which never uses more than four), or in all (PostgreSQL).
    #[serde(default = "default_connections")]
    pub connections: u32,
}

fn default_connections() -> u32 {
    8
}

/// Where keys are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// A folder; missing keys are made there at the first start, readable only by their owner.
    pub directory: PathBuf,
}

/// What the pages say of their owner (footer).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// 主办单位.
    pub organiser: String,
    /// 网站标识码.
    pub site_code: String,
    /// ICP record number.
    pub icp: String,
    /// 公安备案号.
    pub police: String,
    /// A telephone for people who can't go on alone.
    pub hotline: String,
    /// The signature of text messages, without 【】.
    pub sms_signature: String,
}

/// A back-end service that is called with signed requests (see `crypto::signed_http`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name in audit and claims.
    pub id: String,
    /// Its base URL.
    pub url: Url,
    /// Who the portal is to it.
    pub client: String,
    /// The shared secret, 16 characters or more.
    pub secret: Secret,
}

/// Manual review.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// User names of the portal accounts that may review.
    pub reviewers: Vec<UserName>,
    /// How long pictures are kept after a decision, in days.
    pub evidence_days: u32,
}

impl Default for Review {
    fn default() -> Self {
        Self { reviewers: Vec::new(), evidence_days: 30 }
    }
}

impl Review {
    /// How long pictures are kept after a decision.
    pub fn evidence_term(&self) -> Duration {
        Duration::from_secs(u64::from(self.evidence_days) * 24 * 60 * 60)
    }
}

/// What becomes of a legacy password (flows.md, "Complete the account").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarryOver {
    /// A new password is asked for.
    #[default]
    No,
    /// It may be kept; the first sign-in on a new browser adds an SMS code.
    WithSecondStep,
}

/// A connected legacy system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The id of a catalogue row, or a new one.
    pub id: SystemId,
    /// Its name in Chinese; the catalogue's if absent.
    pub name_zh: Option<String>,
    /// Its name in English; the catalogue's if absent.
    pub name_en: Option<String>,
    /// Whether it is believed when it says that a user is real-name verified.
    #[serde(default)]
    pub vouches: bool,
    /// What becomes of its passwords.
    #[serde(default)]
    pub carry_over: CarryOver,
    /// Whether whoever is linked may sign in with it: only for systems that are signed in to over there.
    #[serde(default)]
    pub sign_in: bool,
    /// Whose accounts it has; by default both kinds for `ticket`, individuals for the others.
    pub holds: Option<Vec<AccountKind>>,
    /// How it is spoken to.
    pub connector: Connector,
    /// Off: refused at the next step of every migration.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl System {
    /// Whether it has accounts of this kind.
    pub fn holds(&self, kind: AccountKind) -> bool {
        match &self.holds {
            Some(kinds) => kinds.contains(&kind),
            None => kind == AccountKind::Individual || matches!(self.connector, Connector::Ticket { .. }),
        }
    }
}

/// A relying party.
#[derive(Clone, Debug, Deserialize)]
pub struct ClientEntry {
    /// `client_id`.
    pub id: ClientId,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// Its secret, 22 characters or more; a client without one is public.
    pub secret: Option<Secret>,
    /// Scopes that it may ask for, blank-separated; none for a client that signs nobody in.
    #[serde(default)]
    pub scopes: String,
    /// For which kinds of accounts it can be signed in to: `individual`, `legal_person`, or both.
    #[serde(default = "individuals")]
    pub account_kinds: Vec<AccountKind>,
    /// Whether it takes a unit without a person who acts for it.
    #[serde(default)]
    pub units_alone: bool,
    /// The old system that it has taken over from: `legacy_accounts` tells it that system's users, and no other's.
    pub owns_system: Option<SystemId>,
    /// The host or URL whose pairwise subjects it shares; by default the host of its redirect URIs.
    pub sector: Option<String>,
    /// What its access tokens look like: `opaque` or `jwt`.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// Whether each use of a refresh token makes another one; a public client's always does.
    #[serde(default)]
    pub rotate_refresh_tokens: bool,
    /// Whether its requests must have a `code_challenge` (RFC 7636); a public client's always must.
    #[serde(default)]
    pub require_pkce: bool,
    /// Whether the token endpoint's URL will do as audience of its assertions, beside the issuer.
    #[serde(default)]
    pub token_endpoint_as_audience: bool,
    /// The resource servers that it may ask tokens for (RFC 8707), to the letter.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Off: refused everywhere.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The rest, by the names of client registration.
    #[serde(flatten)]
    pub metadata: ClientMetadata,
    /// Settings that there aren't: reported with its other faults.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// Who may register clients (RFC 7591).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Nobody: clients stand in the configuration.
    #[default]
    Off,
    /// Whoever has an initial access token (section 3).
    Token,
    /// Anybody, within limits.
    Open,
}

/// Dynamic client registration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Registration {
    /// Who may register.
    pub mode: RegistrationMode,
    /// Initial access tokens, 22 characters or more each.
    pub initial_access_tokens: Vec<Secret>,
    /// What such clients may ask for at the most, blank-separated; never what tells who a person really is.
    pub scopes: String,
    /// How many clients one address may register in an hour.
    pub hourly: u32,
    /// Whether the token endpoint's URL will do as audience of their assertions, beside the issuer.
    pub token_endpoint_as_audience: bool,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            initial_access_tokens: Vec::new(),
            scopes: "openid profile phone email address offline_access".to_owned(),
            hourly: 20,
            token_endpoint_as_audience: false,
        }
    }
}

fn individuals() -> Vec<AccountKind> {
    vec![AccountKind::Individual]
}

fn yes() -> bool {
    true
}

/// Passwords: Argon2id (RFC 9106), and what is done about guesses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passwords {
    /// Memory in KiB; 19456 (19 MiB) at the least.
    pub memory_kib: u32,
    /// Passes; 2 at the least.
    pub passes: u32,
    /// A list of breached passwords: lines of a SHA-1 in upper-case hexadecimal digits, `:` and a count, sorted (Pwned Passwords,
    /// ordered by hash). It is asked where it lies.
    pub breached: Option<PathBuf>,
    /// After so many failed sign-ins of the whole portal in a minute a captcha comes before every password, but on browsers
    /// that are known to their account.
    pub failures_a_minute: u32,
}

/// What a hash costs by Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCosts {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

impl Passwords {
    /// What a hash costs.
    pub fn costs(&self) -> HashCosts {
        HashCosts { memory_kib: self.memory_kib, passes: self.passes }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { memory_kib: LEAST_MEMORY_KIB, passes: LEAST_PASSES, breached: None, failures_a_minute: 600 }
    }
}

impl Config {
    /// The issuer as it stands in tokens: no slash at the end.
    pub fn issuer_text(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }

    /// What the portal is called: by its owner, in text messages, and in the parts of its host.
    pub fn names(&self) -> Vec<String> {
        let host = self.issuer.host_str().unwrap_or_default();
        let said = [host, self.site.organiser.as_str(), self.site.sms_signature.as_str()];
        said.into_iter().chain(host.split('.')).map(str::to_owned).collect()
    }

    /// Whether cookies can be `Secure` with the `__Host-` prefix.
    pub fn secure_cookies(&self) -> bool {
        self.issuer.scheme() == "https"
    }
}
