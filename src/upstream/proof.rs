//! Proof that somebody controls a legacy account.

use serde::{Deserialize, Serialize};

use super::UpstreamUser;
use super::openid_connect::Renewal;
use crate::clock::Timestamp;
use crate::ids::{SystemId, UpstreamSubject};
use crate::protocol::account_kind::AccountKind;

/// What an upstream says about the unit whose account it is: unchecked text, as everything in [`UpstreamProfile`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamUnit {
    /// Name.
    pub name: String,
    /// Type: the two characters of a credit code's beginning, or a word.
    pub unit_type: String,
    /// Unified social credit code, or an older number in its place.
    pub credit_code: String,
    /// Registered address.
    pub address: String,
    /// Day of registration.
    pub registered_on: String,
}

impl std::fmt::Debug for UpstreamUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamUnit")
    }
}

/// What an upstream says about its user, or, of a unit's account, about its legal representative. Unchecked text of an old system: it pre-fills forms and is compared, but it
/// proves nothing by itself.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamProfile {
    /// Name.
    pub name: String,
    /// Document type, in the upstream's words.
    pub document_type: String,
    /// Who issued the document, a code or a name.
    #[serde(default)]
    pub document_country: String,
    /// Document number.
    pub document_number: String,
    /// Day of birth.
    #[serde(default)]
    pub birth_date: String,
    /// Gender, a code or a word.
    pub gender: String,
    /// Ethnic group, a code or a word.
    pub ethnic_group: String,
    /// Mobile phone.
    pub phone: String,
    /// E-mail address.
    pub email: String,
    /// The unit, if it is a unit's account.
    #[serde(default)]
    pub unit: Option<UpstreamUnit>,
}

impl std::fmt::Debug for UpstreamProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamProfile")
    }
}

/// A sign-in at a legacy system that succeeded. Only this module makes one, out of a connector's answer; it is bound
/// to the system, the subject, the kind and the moment, and lives inside one journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamProof {
    system: SystemId,
    kind: AccountKind,
    subject: UpstreamSubject,
    account: String,
    vouched: bool,
    profile: UpstreamProfile,
    /// Argon2id hash of the password that was typed, made at the moment it was verified; absent where it may not be
    /// carried over or doesn't meet today's policy.
    password_hash: Option<String>,
    at: Timestamp,
    /// What a federated system is asked with whether it still stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renewal: Option<Renewal>,
}

impl UpstreamProof {
    /// `vouches` is the configuration's word on whether this system is believed.
    pub(super) fn new(
        system: SystemId,
        (account, kind): (&str, AccountKind),
        user: UpstreamUser,
        vouches: bool,
        at: Timestamp,
    ) -> Self {
        Self {
            system,
            kind,
            account: account.to_owned(),
            vouched: vouches && user.says_verified,
            subject: user.subject,
            profile: user.profile,
            password_hash: None,
            at,
            renewal: None,
        }
    }

    /// The same proof with what it is confirmed with later, if anything.
    #[must_use]
    pub(super) fn with_renewal(self, renewal: Option<Renewal>) -> Self {
        Self { renewal, ..self }
    }

    pub(super) fn renewal(&self) -> Option<&Renewal> {
        self.renewal.as_ref()
    }

    /// The same proof while its system is asked whether it still stands: nobody else asks meanwhile.
    #[must_use]
    pub fn asked(self, now: Timestamp) -> Self {
        Self { renewal: self.renewal.map(|renewal| renewal.asked(now)), ..self }
    }

    /// The same proof when its system doesn't confirm it: there is nothing more to ask with.
    #[must_use]
    pub fn lapsed(self) -> Self {
        self.with_renewal(None)
    }

    /// Whether both are of the same legacy account.
    pub fn is_same_account(&self, other: &Self) -> bool {
        (&self.system, self.kind, &self.subject) == (&other.system, other.kind, &other.subject)
    }

    /// The same proof with the hash of the password that was verified.
    #[must_use]
    pub fn with_password_hash(self, hash: Option<String>) -> Self {
        Self { password_hash: hash, ..self }
    }

    /// The legacy system.
    pub fn system(&self) -> &SystemId {
        &self.system
    }

    /// Individual or legal person.
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The upstream's identifier of its user.
    pub fn subject(&self) -> &UpstreamSubject {
        &self.subject
    }

    /// The account as it was typed.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether a trusted upstream vouches for the real-name data; of a unit's account, for its legal representative's.
    pub fn vouched(&self) -> bool {
        self.vouched
    }

    /// What the upstream says.
    pub fn profile(&self) -> &UpstreamProfile {
        &self.profile
    }

    /// The hash of the password, if it may become the account's.
    pub fn password_hash(&self) -> Option<&str> {
        self.password_hash.as_deref()
    }

    /// When it was proven.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}
