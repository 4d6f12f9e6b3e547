//! What a person has answered and proven so far. Sealed at rest; typed, so that a proof can't be a text.

mod check;
mod child;
mod control;
mod lost;
mod review;
mod unit;

use serde::{Deserialize, Serialize};
use time::Date;

use super::writes::Effect;
use crate::clock::Timestamp;
use crate::domain::account::AccountKind;
use crate::domain::birth;
use crate::domain::contact::{EmailAddress, Phone};
use crate::domain::document::{Country, Document, DocumentType};
use crate::domain::ethnic::EthnicGroup;
pub(in crate::journeys) use crate::domain::identity::Identity;
use crate::domain::person::{Gender, PersonName};
use crate::domain::typed::compact;
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, SystemId};
use crate::notify::codes::Recipient;
use crate::review::ReviewPassed;
use crate::upstream::UpstreamProof;

pub(in crate::journeys) use check::{Check, Failure};
pub(in crate::journeys) use child::{ChildAnswers, ChildControl, Guardian};
pub(in crate::journeys) use control::Control;
pub(in crate::journeys) use lost::LostAnswers;
pub(in crate::journeys) use review::{About, Review, Stage};
pub(in crate::journeys) use unit::{
    Authority, By, Claim, ExistingUnit, Invitation, RepresentativeProof, UnitAnswers, UnitCheck, UnitControl,
    UnitFailure,
};

/// What a journey is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To bring a legacy account along.
    #[default]
    Migration,
    /// To register afresh (注册).
    Registration,
    /// To get another phone on file instead of a lost one.
    Recovery,
}

/// The answers of a migration or a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// What it is for.
    pub goal: Goal,
    /// Which legacy system.
    pub system: Option<SystemId>,
    /// Individual or legal person.
    pub kind: Option<AccountKind>,
    /// Control of a legacy account.
    pub upstream: Option<UpstreamProof>,
    /// The legacy system didn't confirm it later: it counts for nothing until the person has signed in there again.
    pub upstream_lapsed: bool,
    /// What was accepted, and when.
    pub agreement: Option<Agreement>,
    /// Who the person says to be.
    pub identity: Option<Identity>,
    /// What the authoritative source said about it.
    pub check: Option<Check>,
    /// The wish that a reviewer confirms who the person is.
    pub identity_review: Option<Review>,
    /// The wish to get a message when the source has answered.
    pub tell_me: bool,
    /// The verified account that this document already belongs to.
    pub existing: Option<Existing>,
    /// Control of that account.
    pub control: Option<Control>,
    /// The wish that a reviewer confirms control of that account.
    pub control_review: Option<Review>,
    /// The user name.
    pub user_name: Option<UserName>,
    /// The phone that a code was sent to.
    pub phone: Option<Phone>,
    /// The phone whose code was typed.
    pub phone_proof: Option<PhoneProof>,
    /// The person has none: an e-mail address stands in.
    pub no_phone: bool,
    /// The e-mail address, or the decision to give none.
    pub email: Option<Email>,
    /// The address whose code was typed.
    pub email_proof: Option<EmailProof>,
    /// The password.
    pub password: Option<Password>,
    /// What only a unit answers.
    pub unit: Box<UnitAnswers>,
    /// What only a child's guardian answers; there in a child's journey, and in no other.
    pub child: Option<Box<ChildAnswers>>,
    /// What only somebody answers who has lost the phone; there in a recovery, and in no other journey.
    pub lost: Option<Box<LostAnswers>>,
}

/// Two documents, accepted apart from each other, with their versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// 用户注册协议.
    pub terms: String,
    /// Consent to process identity data (PIPL, article 29); of a child's the guardian's (article 31), another text.
    pub identity_data: String,
    /// When.
    pub at: Timestamp,
}

/// An account that a document already belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    /// The document.
    pub document: Document,
    /// Whose account.
    pub account: AccountId,
}

/// A phone whose code was typed in this journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneProof {
    /// The phone.
    pub phone: Phone,
    /// When.
    pub at: Timestamp,
}

/// An e-mail address whose code was typed in this journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailProof {
    /// The address.
    pub address: EmailAddress,
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

impl Answers {
    /// The upstream proof, if it still stands and is of the system and kind that are chosen now; a registration has none.
    pub fn proof(&self) -> Option<&UpstreamProof> {
        self.upstream
            .as_ref()
            .filter(|_| !self.is_registration() && !self.upstream_lapsed)
            .filter(|proof| self.system.as_ref() == Some(proof.system()) && self.kind == Some(proof.kind()))
    }

    /// Who the person is proven to be: by the source, or by an upstream that vouches.
    pub fn proven_identity(&self, today: Date) -> Option<Identity> {
        if self.is_units() {
            return None;
        }
        if let Some(vouched) = self.vouched_identity(today) {
            return Some(vouched);
        }
        let identity = self.identity.as_ref()?;
        if self.is_childs() {
            // No source knows whose child it is: only a reviewer's word counts.
            return self.approved_child(today).map(|_| identity.clone());
        }
        match &self.check {
            Some(Check::Passed { proof }) if proof.is_for(&identity.name, &identity.document) => Some(identity.clone()),
            _ => self.approved_identity(today).map(|_| identity.clone()),
        }
    }

    /// A reviewer's word that the person is who they say.
    pub fn approved_identity(&self, today: Date) -> Option<&ReviewPassed> {
        self.identity_review.as_ref().filter(|review| review.is_for(self, today))?.proof()
    }

    /// A reviewer's word that the existing account is the person's own.
    pub fn approved_control(&self, today: Date) -> Option<&ReviewPassed> {
        self.control_review.as_ref().filter(|review| review.is_for(self, today))?.proof()
    }

    /// The review that stands between these answers and the next step.
    pub fn open_review(&self, today: Date) -> Option<&Review> {
        self.reviews().find(|review| review.proof().is_none() && review.is_for(self, today))
    }

    /// The review whose result the person hasn't been shown yet.
    pub fn unseen_review(&self, today: Date) -> Option<&Review> {
        let seen = |review: &Review| matches!(review.stage, Stage::Approved { seen: true, .. });
        self.reviews().find(|review| !seen(review) && review.is_for(self, today))
    }

    fn reviews(&self) -> impl Iterator<Item = &Review> {
        let child = self.child.as_ref().and_then(|child| child.review.as_ref());
        let lost = self.lost.as_ref().and_then(|lost| lost.review.as_ref());
        self.identity_review.iter().chain(&self.unit.review).chain(child).chain(&self.control_review).chain(lost)
    }

    /// What is with the reviewers: taken back, if its grounds change.
    pub(super) fn withdrawals(&self) -> Vec<Effect> {
        let submitted = self.reviews().filter_map(|review| match &review.stage {
            Stage::Submitted { review } => Some(Effect::Withdraw(review.clone())),
            _ => None,
        });
        let asked = self.unit.invitation.as_ref().map(|_| Effect::Uninvite);
        submitted.chain(asked).collect()
    }

    /// Answers without any of these, but for whose journey it is.
    #[must_use]
    pub(super) fn anew(&self) -> Self {
        Self { child: self.child.as_ref().map(|child| Box::new(child.anew())), ..Self::default() }
    }

    /// The same answers with their open review at another stage.
    #[must_use]
    pub(super) fn with_review(self, review: Review) -> Self {
        match review.about() {
            About::Identity(_) => Self { identity_review: Some(review), ..self },
            About::Control(_) => Self { control_review: Some(review), ..self },
            About::Lost(_) => self.with_lost_review(Some(review)),
            About::Unit { .. } => Self { unit: Box::new(UnitAnswers { review: Some(review), ..*self.unit }), ..self },
            About::Child { .. } => {
                let child = self.child.map(|child| Box::new(ChildAnswers { review: Some(review), ..*child }));
                Self { child, ..self }
            }
        }
    }

    /// The same answers without the wish for a review of this.
    #[must_use]
    pub(super) fn without_review(self, about: &About) -> Self {
        match about {
            About::Identity(_) => Self { identity_review: None, ..self },
            About::Control(_) => Self { control_review: None, ..self },
            About::Lost(_) => self.with_lost_review(None),
            About::Unit { .. } => Self { unit: Box::new(UnitAnswers { review: None, ..*self.unit }), ..self },
            About::Child { .. } => {
                let child = self.child.map(|child| Box::new(ChildAnswers { review: None, ..*child }));
                Self { child, ..self }
            }
        }
    }

    /// The check of the identity that is entered now.
    pub fn present_check(&self) -> Option<&Check> {
        let identity = self.identity.as_ref()?;
        self.check.as_ref().filter(|check| check.is_for(identity))
    }

    /// Whether this is a registration.
    pub fn is_registration(&self) -> bool {
        self.goal == Goal::Registration
    }

    /// Whether somebody has to be reached, or counted, before the account is there: a contact is asked for early.
    pub fn wants_contact(&self, today: Date) -> bool {
        self.is_registration() || self.tell_me || self.open_review(today).is_some()
    }

    /// Where the person was proven to be reachable.
    pub fn contact(&self) -> Option<Recipient> {
        if self.is_units() {
            return self.representative()?.contact.clone();
        }
        if let Some(child) = &self.child {
            return Some(child.guardian.contact.clone());
        }
        let phone = self.proven_phone().map(|proof| Recipient::Phone(proof.phone.clone()));
        phone.or_else(|| self.proven_email().map(|proof| Recipient::Email(proof.address.clone())))
    }

    /// The document on the old row, if it is well-formed. A passport of no named country is read as China's.
    pub fn old_document(&self, today: Date) -> Option<Document> {
        let profile = self.proof()?.profile();
        let kind = document_type(&profile.document_type).unwrap_or(DocumentType::ResidentId);
        let document = match (kind, Country::from_legacy(&profile.document_country)) {
            (DocumentType::Passport, Some(country)) => Document::passport(country, &profile.document_number),
            _ => Document::parse(kind, &profile.document_number, today),
        };
        document.or_else(|_| Document::from_legacy_15(&profile.document_number)).ok()
    }

    /// Kind and number of the document on the old row; of a passport whatever its country.
    pub fn old_number(&self, today: Date) -> Option<(DocumentType, String)> {
        if let Some(document) = self.old_document(today) {
            return Some((document.kind(), document.number().to_owned()));
        }
        let profile = self.proof()?.profile();
        let kind = document_type(&profile.document_type).filter(|kind| *kind == DocumentType::Passport)?;
        let number = compact(&profile.document_number);
        Some((kind, number)).filter(|(_, number)| !number.is_empty())
    }

    /// The day of birth by the old row: its document's, else the one it names.
    pub fn old_birth_date(&self, today: Date) -> Option<Date> {
        let named = || birth::from_legacy(&self.proof()?.profile().birth_date, today);
        self.old_document(today).and_then(|document| document.birth_date()).or_else(named)
    }

    /// The identity that a trusted upstream vouches for, if what it says is well-formed and says when the person was born.
    pub fn vouched_identity(&self, today: Date) -> Option<Identity> {
        // What it vouches for in a unit's account is the representative, who has an own one. A child is always checked.
        let proof = self.proof().filter(|proof| proof.vouched() && !self.is_units() && !self.is_childs())?;
        let profile = proof.profile();
        let document = match (document_type(&profile.document_type)?, Country::from_legacy(&profile.document_country)) {
            (DocumentType::Passport, country) => Document::passport(country?, &profile.document_number).ok()?,
            (kind, _) => Document::parse(kind, &profile.document_number, today).ok()?,
        };
        let born = self.old_birth_date(today).filter(|born| document.admits_birth(*born))?;
        Some(Identity {
            name: PersonName::parse(&profile.name).ok()?,
            gender: document.gender().or_else(|| Gender::parse(&profile.gender)).unwrap_or(Gender::Unknown),
            ethnic_group: EthnicGroup::from_legacy(&profile.ethnic_group),
            birth_date: document.birth_date().is_none().then_some(born),
            document,
        })
    }

    /// The account that the proven document, or the unit's proven code, already belongs to.
    pub fn existing_account(&self, today: Date) -> Option<&AccountId> {
        if self.is_units() {
            return self.existing_unit(today);
        }
        let identity = self.proven_identity(today)?;
        self.existing.as_ref().filter(|e| e.document == identity.document).map(|e| &e.account)
    }

    /// The proof of control of the existing account, as far as it goes.
    pub fn control(&self, today: Date) -> Option<&Control> {
        self.control.as_ref().filter(|control| control.is_for(self, today))
    }

    /// The phone, if its code was typed.
    pub fn proven_phone(&self) -> Option<&PhoneProof> {
        self.phone_proof.as_ref().filter(|proof| !self.no_phone && self.phone.as_ref() == Some(&proof.phone))
    }

    /// The e-mail address, if its code was typed.
    pub fn proven_email(&self) -> Option<&EmailProof> {
        let address = self.email.as_ref()?.address()?;
        self.email_proof.as_ref().filter(|proof| proof.address == *address)
    }
}

/// The document type in the words of old systems.
pub(super) fn document_type(text: &str) -> Option<DocumentType> {
    DocumentType::parse(text).or(match text.trim() {
        "1" | "01" | "111" | "居民身份证" | "身份证" => Some(DocumentType::ResidentId),
        "553" | "外国人永久居留身份证" => Some(DocumentType::ForeignPermanentResident),
        "516" | "港澳居民来往内地通行证" => Some(DocumentType::HongKongMacaoPermit),
        "511" | "台湾居民来往大陆通行证" => Some(DocumentType::TaiwanPermit),
        "港澳居民居住证" => Some(DocumentType::HongKongMacaoResidence),
        "台湾居民居住证" => Some(DocumentType::TaiwanResidence),
        "414" | "护照" | "普通护照" => Some(DocumentType::Passport),
        _ => None,
    })
}
