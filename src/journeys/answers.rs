//! What a person has answered and proven so far. Sealed at rest; typed, so that a proof can't be a text.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::clock::Timestamp;
use crate::domain::account::AccountKind;
use crate::domain::contact::{EmailAddress, Phone};
use crate::domain::document::{Document, DocumentType};
use crate::domain::ethnic::EthnicGroup;
use crate::domain::person::{Gender, PersonName};
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, SystemId, UpstreamSubject};
use crate::upstream::UpstreamProof;
use crate::verify::{CheckPassed, CheckResult};

/// The answers of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// Which legacy system.
    pub system: Option<SystemId>,
    /// Individual or legal person.
    pub kind: Option<AccountKind>,
    /// Control of a legacy account.
    pub upstream: Option<UpstreamProof>,
    /// What was accepted, and when.
    pub agreement: Option<Agreement>,
    /// Who the person says to be.
    pub identity: Option<Identity>,
    /// What the authoritative source said about it.
    pub check: Option<Check>,
    /// The verified account that this document already belongs to.
    pub existing: Option<Existing>,
    /// Control of that account.
    pub control: Option<Control>,
    /// The user name.
    pub user_name: Option<UserName>,
    /// The phone that a code was sent to.
    pub phone: Option<Phone>,
    /// The phone whose code was typed.
    pub phone_proof: Option<PhoneProof>,
    /// The e-mail address, or the decision to give none.
    pub email: Option<Email>,
    /// The password.
    pub password: Option<Password>,
}

/// Two documents, accepted apart from each other, with their versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// 用户注册协议.
    pub terms: String,
    /// Consent to process identity data (PIPL, article 29).
    pub identity_data: String,
    /// When.
    pub at: Timestamp,
}

/// Who a person says to be: typed, well-formed, not yet proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name.
    pub name: PersonName,
    /// The document.
    pub document: Document,
    /// Gender.
    pub gender: Gender,
    /// Ethnic group; none for foreigners.
    pub ethnic_group: Option<EthnicGroup>,
}

/// What a check came to. Bound to the name and document that were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Check {
    /// The source confirmed it.
    Passed {
        /// The proof.
        proof: CheckPassed,
    },
    /// It didn't. To the outside all of these look the same.
    Failed {
        /// What was checked.
        identity: Identity,
        /// What the source said; a match that contradicts the old row is a failure too.
        why: Failure,
    },
    /// The source gave no answer.
    Unavailable {
        /// What was to be checked.
        identity: Identity,
    },
    /// A limit was reached.
    Limited {
        /// What was to be checked.
        identity: Identity,
    },
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The source's own word.
    Source(CheckResult),
    /// It matches, but the old row names somebody else: whoever holds a stolen old password could be claiming it.
    Contradiction,
}

/// An account that a document already belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    /// The document.
    pub document: Document,
    /// Whose account.
    pub account: AccountId,
}

/// Control of an account that exists already, proven now. Bound to that account and to the legacy account that is to
/// be bound to it: another one can't consume it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    account: AccountId,
    system: SystemId,
    subject: UpstreamSubject,
    password: bool,
    code: bool,
    enough: bool,
}

impl Control {
    /// Nothing is proven yet.
    pub(super) fn begin(answers: &Answers, today: Date) -> Option<Self> {
        let proof = answers.proof()?;
        Some(Self {
            account: answers.existing_account(today)?.clone(),
            system: proof.system().clone(),
            subject: proof.subject().clone(),
            password: false,
            code: false,
            enough: false,
        })
    }

    /// The password was right; `alone` says whether that is enough.
    pub(super) fn with_password(self, alone: bool) -> Self {
        Self { password: true, enough: self.enough || alone || self.code, ..self }
    }

    /// The code was right; `alone` says whether that is enough.
    pub(super) fn with_code(self, alone: bool) -> Self {
        Self { code: true, enough: self.enough || alone || self.password, ..self }
    }

    /// Whether it is about the accounts of these answers.
    pub(super) fn is_for(&self, answers: &Answers, today: Date) -> bool {
        answers.existing_account(today) == Some(&self.account)
            && answers.proof().is_some_and(|p| *p.system() == self.system && *p.subject() == self.subject)
    }

    /// Whether nothing more is needed.
    pub fn is_enough(&self) -> bool {
        self.enough
    }

    /// Whether the password is proven.
    pub fn has_password(&self) -> bool {
        self.password
    }

    /// Whether a code is proven.
    pub fn has_code(&self) -> bool {
        self.code
    }
}

/// A phone whose code was typed in this journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneProof {
    /// The phone.
    pub phone: Phone,
    /// When.
    pub at: Timestamp,
}

/// The answer to the question for an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Email {
    /// The person gave none.
    Declined,
    /// The person gave this one.
    Given(EmailAddress),
}

impl Email {
    /// The address, if one was given.
    pub fn address(&self) -> Option<&EmailAddress> {
        match self {
            Self::Declined => None,
            Self::Given(address) => Some(address),
        }
    }
}

/// The password of the new account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Password {
    /// The old one, whose hash was made when the legacy system accepted it.
    CarriedOver,
    /// A new one: its Argon2id hash.
    New {
        /// In PHC form.
        hash: String,
    },
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CarriedOver => "CarriedOver",
            Self::New { .. } => "New",
        })
    }
}

impl Check {
    /// Whether it is about this identity.
    pub fn is_for(&self, identity: &Identity) -> bool {
        match self {
            Self::Passed { proof } => proof.is_for(&identity.name, &identity.document),
            Self::Failed { identity: checked, .. }
            | Self::Unavailable { identity: checked }
            | Self::Limited { identity: checked } => {
                checked.name == identity.name && checked.document == identity.document
            }
        }
    }
}

impl Answers {
    /// The upstream proof, if it is of the system and kind that are chosen now.
    pub fn proof(&self) -> Option<&UpstreamProof> {
        self.upstream
            .as_ref()
            .filter(|proof| self.system.as_ref() == Some(proof.system()) && self.kind == Some(proof.kind()))
    }

    /// Who the person is proven to be: by the source, or by an upstream that vouches.
    pub fn proven_identity(&self, today: Date) -> Option<Identity> {
        if let Some(vouched) = self.vouched_identity(today) {
            return Some(vouched);
        }
        let identity = self.identity.as_ref()?;
        match &self.check {
            Some(Check::Passed { proof }) if proof.is_for(&identity.name, &identity.document) => Some(identity.clone()),
            _ => None,
        }
    }

    /// The document on the old row, if it is well-formed.
    pub fn old_document(&self, today: Date) -> Option<Document> {
        let profile = self.proof()?.profile();
        let kind = document_type(&profile.document_type).unwrap_or(DocumentType::ResidentId);
        Document::parse(kind, &profile.document_number, today)
            .or_else(|_| Document::from_legacy_15(&profile.document_number))
            .ok()
    }

    /// The identity that a trusted upstream vouches for, if what it says is well-formed.
    pub fn vouched_identity(&self, today: Date) -> Option<Identity> {
        let proof = self.proof().filter(|proof| proof.vouched())?;
        let profile = proof.profile();
        let kind = document_type(&profile.document_type)?;
        let document = Document::parse(kind, &profile.document_number, today).ok()?;
        Some(Identity {
            name: PersonName::parse(&profile.name).ok()?,
            gender: document.gender().or_else(|| Gender::parse(&profile.gender)).unwrap_or(Gender::Unknown),
            ethnic_group: EthnicGroup::from_legacy(&profile.ethnic_group),
            document,
        })
    }

    /// Whether the proven document already belongs to an account.
    pub fn existing_account(&self, today: Date) -> Option<&AccountId> {
        let identity = self.proven_identity(today)?;
        self.existing.as_ref().filter(|e| e.document == identity.document).map(|e| &e.account)
    }

    /// The proof of control of the existing account, as far as it goes.
    pub fn control(&self, today: Date) -> Option<&Control> {
        self.control.as_ref().filter(|control| control.is_for(self, today))
    }

    /// The phone, if its code was typed.
    pub fn proven_phone(&self) -> Option<&PhoneProof> {
        self.phone_proof.as_ref().filter(|proof| self.phone.as_ref() == Some(&proof.phone))
    }
}

/// The document type in the words of old systems.
pub(super) fn document_type(text: &str) -> Option<DocumentType> {
    DocumentType::parse(text).or(match text.trim() {
        "1" | "01" | "111" | "居民身份证" | "身份证" => Some(DocumentType::ResidentId),
        "553" | "外国人永久居留身份证" => Some(DocumentType::ForeignPermanentResident),
        "516" | "港澳居民来往内地通行证" => Some(DocumentType::HongKongMacaoPermit),
        "511" | "台湾居民来往大陆通行证" => Some(DocumentType::TaiwanPermit),
        "414" | "护照" => Some(DocumentType::Passport),
        _ => None,
    })
}
