//! Portal accounts (统一账号).

use serde::{Deserialize, Serialize};
use time::Date;

use super::birth;
use super::contact::{EmailAddress, Phone};
use super::document::Document;
use super::ethnic::EthnicGroup;
use super::person::{Gender, PersonName};
use super::user_name::UserName;
use crate::clock::Timestamp;
use crate::ids::{AccountId, SystemId};
pub use crate::protocol::account_kind::AccountKind;
use crate::protocol::acr::IdentityLevel;

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Stopped by an operator.
    Disabled,
    /// Closed by its owner (注销).
    Closed,
}

impl AccountStatus {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Closed].into_iter().find(|s| s.as_str() == text)
    }
}

/// What is known of the natural person behind an account. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The verified name.
    pub name: PersonName,
    /// GB/T 2261.1.
    pub gender: Gender,
    /// GB/T 3304; absent for foreigners.
    pub ethnic_group: Option<EthnicGroup>,
    /// The document that was verified.
    pub document: Document,
    /// The day of birth as the person typed it, where the document's number doesn't tell it. No claim is made of it.
    #[serde(default, with = "birth::json", skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// A phone whose control was proven.
    pub phone: Option<Phone>,
    /// An e-mail address, confirmed or not.
    pub email: Option<EmailAddress>,
}

/// Where a password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordOrigin {
    /// Chosen for this account.
    Chosen,
    /// Carried over from a legacy system: the first sign-in on a new browser needs a second step.
    CarriedOver(SystemId),
}

/// A password at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// An Argon2id hash in PHC form.
    pub hash: String,
    /// Where it comes from.
    pub origin: PasswordOrigin,
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredPassword({:?})", self.origin)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Individual or legal person.
    pub kind: AccountKind,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Unique by its folded form.
    pub user_name: UserName,
    /// The person.
    pub person: Person,
    /// When the phone was last proven.
    pub phone_proven_at: Option<Timestamp>,
    /// When the e-mail address was confirmed.
    pub email_verified_at: Option<Timestamp>,
    /// The password, if the account has one.
    pub password: Option<StoredPassword>,
    /// How well the identity is proven.
    pub identity_level: IdentityLevel,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// Whether it may sign in.
    pub fn is_active(&self) -> bool {
        self.status == AccountStatus::Active
    }
}
