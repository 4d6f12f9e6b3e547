//! Portal accounts (统一账号).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::Date;

use super::address::PostalAddress;
use super::authenticator::SecondFactors;
use super::birth;
use super::contact::{EmailAddress, Phone};
use super::document::Document;
use super::ethnic::EthnicGroup;
use super::person::{Gender, PersonName};
use super::unit::Unit;
use super::user_name::UserName;
use crate::clock::Timestamp;
use crate::ids::{AccountId, SystemId};
pub use crate::protocol::account_kind::AccountKind;
use crate::protocol::acr::{IdentityLevel, SignInLevel};

/// A phone that hasn't been proven for so long may have a new owner: it doesn't count alone.
const PHONE_COUNTS_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Stopped by an operator.
    Disabled,
    /// Stopped by its owner, who says that somebody else is at it, until a reviewer has seen who the owner is (冻结).
    Frozen,
    /// Being closed (注销中): out of use, and its owner may still take that back.
    Closing,
    /// Closed by its owner (注销): nothing is left of whose it was.
    Closed,
}

impl AccountStatus {
    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Frozen => "frozen",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Frozen, Self::Closing, Self::Closed]
            .into_iter()
            .find(|s| s.as_str() == text)
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
    /// Where the person says to live; nobody has checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Box<PostalAddress>>,
}

/// What is known of the organisation behind an account. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// The unit, as it was verified.
    pub unit: Unit,
    /// An e-mail address, confirmed or not.
    pub email: Option<EmailAddress>,
}

/// Whose account it is. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Holder {
    /// A natural person's.
    Person(Person),
    /// An organisation's.
    Organisation(Organisation),
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
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Unique by its folded form.
    pub user_name: UserName,
    /// Whose.
    pub holder: Holder,
    /// When the phone was last proven.
    pub phone_proven_at: Option<Timestamp>,
    /// When the e-mail address was confirmed.
    pub email_verified_at: Option<Timestamp>,
    /// The password, if the account has one.
    pub password: Option<StoredPassword>,
    /// What was set up beside it.
    pub second_factors: SecondFactors,
    /// How well the identity is proven.
    pub identity_level: IdentityLevel,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// Individual or legal person.
    pub fn kind(&self) -> AccountKind {
        match self.holder {
            Holder::Person(_) => AccountKind::Individual,
            Holder::Organisation(_) => AccountKind::LegalPerson,
        }
    }

    /// The natural person, if it is one's.
    pub fn person(&self) -> Option<&Person> {
        match &self.holder {
            Holder::Person(person) => Some(person),
            Holder::Organisation(_) => None,
        }
    }

    /// The unit, if it is one's.
    pub fn unit(&self) -> Option<&Unit> {
        match &self.holder {
            Holder::Person(_) => None,
            Holder::Organisation(organisation) => Some(&organisation.unit),
        }
    }

    /// The phone whose control was proven; a unit has none.
    pub fn phone(&self) -> Option<&Phone> {
        self.phone_on_file().filter(|_| self.phone_proven_at.is_some())
    }

    /// The phone, even if somebody else has proven since that it is theirs now.
    pub fn phone_on_file(&self) -> Option<&Phone> {
        self.person()?.phone.as_ref()
    }

    /// Whether a code to the phone counts alone: it was proven lately, so that it has hardly got another owner.
    pub fn phone_counts(&self, now: Timestamp) -> bool {
        self.phone_proven_at.is_some_and(|at| now.since(at) < PHONE_COUNTS_FOR)
    }

    /// The postal address that a person has given; a unit's is its registered one.
    pub fn address(&self) -> Option<&PostalAddress> {
        self.person()?.address.as_deref()
    }

    /// The e-mail address, confirmed or not.
    pub fn email(&self) -> Option<&EmailAddress> {
        match &self.holder {
            Holder::Person(person) => person.email.as_ref(),
            Holder::Organisation(organisation) => organisation.email.as_ref(),
        }
    }

    /// The name in full: a person's or a unit's.
    pub fn name(&self) -> &str {
        match &self.holder {
            Holder::Person(person) => person.name.as_str(),
            Holder::Organisation(organisation) => organisation.unit.name.as_str(),
        }
    }

    /// Whether the person whose it is has this name.
    pub fn is_named(&self, name: &PersonName) -> bool {
        self.person().is_some_and(|person| person.name.fold() == name.fold())
    }

    /// The name as others may see it: a person's masked, a unit's in full (registers of units are public).
    pub fn shown_name(&self) -> String {
        match &self.holder {
            Holder::Person(person) => person.name.masked(),
            Holder::Organisation(organisation) => organisation.unit.name.as_str().to_owned(),
        }
    }

    /// The day of birth of the person whose it is: the document's, else the one that was typed.
    pub fn born(&self) -> Option<Date> {
        self.person().and_then(|person| person.document.birth_date().or(person.birth_date))
    }

    /// Whether it is a child's for whom a guardian has to proceed.
    pub fn is_childs(&self, today: Date) -> bool {
        self.born().is_some_and(|born| birth::is_under_age(born, today))
    }

    /// Whether its password comes from a legacy system, where others may know it.
    pub fn carried_over(&self) -> bool {
        self.password.as_ref().is_some_and(|password| matches!(password.origin, PasswordOrigin::CarriedOver(_)))
    }

    /// How strongly it can be signed in to: a passkey resists phishing, and a code makes two factors beside a password alone.
    pub fn reachable(&self) -> SignInLevel {
        let code = self.second_factors.totp || self.phone().is_some();
        match (self.second_factors.passkey, self.password.is_some() && code) {
            (true, _) => SignInLevel::PhishingResistant,
            (false, true) => SignInLevel::TwoFactors,
            (false, false) => SignInLevel::OneFactor,
        }
    }

    /// Whether it is being closed: then a sign-in is offered to take that back, and nothing else.
    pub fn is_closing(&self) -> bool {
        self.status == AccountStatus::Closing
    }

    /// Whether it may be used.
    pub fn is_active(&self) -> bool {
        self.status == AccountStatus::Active
    }
}
