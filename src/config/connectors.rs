//! How legacy systems are spoken to: one type a connector kind.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::secret::Secret;

/// How a legacy system is spoken to; one variant a connector kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Connector {
    /// The ticket API with md5 signatures.
    Ticket {
        /// Base URL.
        url: Url,
        /// `servicecode`.
        service_code: String,
        /// `servicepwd`.
        service_password: Secret,
    },
    /// The old user table itself.
    UserTable(UserTable),
    /// An OpenID Connect provider.
    OpenidConnect(OpenidConnect),
}

/// An old user table in a SQLite file, which is only ever read. All names are plain identifiers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserTable {
    /// The file.
    pub path: PathBuf,
    /// The table, or a view.
    pub table: String,
    /// The columns that a user may sign in with: user name, phone, …
    pub accounts: Vec<String>,
    /// The column that never changes and is never given to another user.
    pub subject: String,
    /// The column of the password's hash.
    pub password: String,
    /// The column of its salt.
    pub salt: Option<String>,
    /// The formulas that are accepted; each row is judged by whichever it fits.
    pub formulas: Vec<Formula>,
    /// The column that says whether an account works.
    pub status: Option<Status>,
    /// The columns of what else is known of the user.
    #[serde(default)]
    pub columns: ProfileNames,
}

/// How an old system made a password's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// The middle 16 hexadecimal digits of the MD5.
    #[serde(rename = "md5_16")]
    Md5Middle,
    /// `md5hex(md5hex(password) + salt)`.
    Md5Md5Salt,
}

impl Formula {
    /// Whether equal passwords have different hashes.
    pub fn is_salted(self) -> bool {
        match self {
            Self::Md5Middle => false,
            Self::Md5Md5Salt => true,
        }
    }
}

/// What a status column says; any other value means that the account works.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The column.
    pub column: String,
    /// Its values for a disabled account.
    #[serde(default)]
    pub disabled: Vec<String>,
    /// Its values for a locked account.
    #[serde(default)]
    pub locked: Vec<String>,
}

/// What an upstream calls the parts of a profile: columns of a table, or claims.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileNames {
    /// Name.
    pub name: Option<String>,
    /// Document type.
    pub document_type: Option<String>,
    /// The country that issued the document.
    pub document_country: Option<String>,
    /// Document number.
    pub document_number: Option<String>,
    /// Day of birth.
    pub birth_date: Option<String>,
    /// Gender.
    pub gender: Option<String>,
    /// Ethnic group.
    pub ethnic_group: Option<String>,
    /// Mobile phone.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// A unit's name; name and document above are its legal representative's then.
    pub unit_name: Option<String>,
    /// Its type.
    pub unit_type: Option<String>,
    /// Its unified social credit code.
    pub credit_code: Option<String>,
    /// Its registered address.
    pub unit_address: Option<String>,
    /// Its day of registration.
    pub registered_on: Option<String>,
}

impl ProfileNames {
    /// Those of a person, in this order.
    pub fn person(&self) -> [Option<&str>; 9] {
        let Self {
            name,
            document_type,
            document_country,
            document_number,
            birth_date,
            gender,
            ethnic_group,
            phone,
            email,
            ..
        } = self;
        [name, document_type, document_country, document_number, birth_date, gender, ethnic_group, phone, email]
            .map(Option::as_deref)
    }

    /// Those of a unit, in this order.
    pub fn unit(&self) -> [Option<&str>; 5] {
        let Self { unit_name, unit_type, credit_code, unit_address, registered_on, .. } = self;
        [unit_name, unit_type, credit_code, unit_address, registered_on].map(Option::as_deref)
    }
}

/// An OpenID Connect provider (Core 1.0 and Discovery 1.0). The redirect URI to register there is
/// `{issuer of the portal}/upstream/callback`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenidConnect {
    /// Its issuer, to the letter. Another issuer is another system: its subjects are other people.
    pub issuer: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, sent as `client_secret_basic`.
    pub client_secret: Secret,
    /// The scopes to ask for, blank-separated; `openid` is always among them. With `offline_access` a sign-in is confirmed
    /// by a refresh (Core, section 12) when it is relied on later.
    #[serde(default)]
    pub scopes: String,
    /// How old a sign-in may get before that, in seconds.
    #[serde(default = "ten_minutes")]
    pub refresh_after: u64,
    /// Whether the userinfo endpoint is asked, or the ID token holds every claim.
    #[serde(default = "super::yes")]
    pub userinfo: bool,
    /// The claim of the user name there, which is proposed for the new account.
    #[serde(default = "preferred_username")]
    pub account: String,
    /// The claims of what else is known of the user; those of OpenID Connect where nothing is said.
    #[serde(default)]
    pub claims: ProfileNames,
    /// The claim that says that the user is real-name verified.
    pub verified_claim: Option<String>,
    /// Its value then.
    #[serde(default = "truth")]
    pub verified_value: String,
    /// Origins besides the issuer's that its sign-in leads through (they are named in `form-action`).
    #[serde(default)]
    pub origins: Vec<Url>,
}

impl OpenidConnect {
    /// Whether sign-ins are confirmed by a refresh.
    pub fn refreshes(&self) -> bool {
        self.scopes.split_whitespace().any(|scope| scope == "offline_access")
    }
}

fn ten_minutes() -> u64 {
    600
}

fn preferred_username() -> String {
    "preferred_username".to_owned()
}

fn truth() -> String {
    "true".to_owned()
}
