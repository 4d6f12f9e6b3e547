//! What is answered and proven of a unit: who represents it, what it is, what the registry says of it.

use serde::{Deserialize, Serialize};
use time::Date;

use super::{Answers, Review};
use crate::clock::Timestamp;
use crate::domain::account::AccountKind;
use crate::domain::identity::Identity;
use crate::domain::session::{FRESH, Method};
use crate::domain::unit::Unit;
use crate::ids::{AccountId, InvitationId, JourneyId, SystemId, UpstreamSubject};
use crate::notify::codes::Recipient;
use crate::review::ReviewPassed;
use crate::verify::{UnitCheckPassed, UnitCheckResult};

/// The part of a unit's answers that a person's don't have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitAnswers {
    /// Whether the representative is asked on an own device.
    pub invited: bool,
    /// The question that was sent there.
    pub invitation: Option<Invitation>,
    /// The journey by which the representative gets an account: 实名注册 as a detour.
    pub detour: Option<JourneyId>,
    /// Who represents the unit, proven.
    pub representative: Option<RepresentativeProof>,
    /// What the unit says to be.
    pub entered: Option<Unit>,
    /// What the registry said about it.
    pub check: Option<UnitCheck>,
    /// The wish that a reviewer confirms what the unit is, and who represents it.
    pub review: Option<Review>,
    /// The account that this credit code already belongs to.
    pub existing: Option<ExistingUnit>,
    /// Authority over that account.
    pub control: Option<UnitControl>,
}

/// A question that was sent to a representative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Which one.
    pub id: InvitationId,
    /// The unit that it is about.
    pub unit: Unit,
    /// The phone that it went to, masked.
    pub phone: String,
    /// Up to when it can be answered.
    pub until: Timestamp,
    /// Whether the representative has declined.
    pub declined: bool,
}

/// How a representative took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::journeys) enum By {
    /// Signed in here, in this journey.
    Here {
        /// How.
        methods: Vec<Method>,
        /// In which browser.
        browser: String,
    },
    /// Confirmed this unit on an own device.
    Invitation(InvitationId, Unit),
}

/// Somebody with a verified account of their own who says to represent the unit. That they do is for the registry or a
/// reviewer to say. Bound to the legacy account, and by an invitation to the unit too. Only
/// [`representative`](crate::journeys::representative) makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepresentativeProof {
    pub(in crate::journeys) account: AccountId,
    pub(in crate::journeys) identity: Identity,
    pub(in crate::journeys) contact: Option<Recipient>,
    pub(in crate::journeys) legacy: (SystemId, UpstreamSubject),
    pub(in crate::journeys) by: By,
    pub(in crate::journeys) at: Timestamp,
}

impl RepresentativeProof {
    /// Whose account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How they signed in, if it was in this browser and a moment ago: then it is their session that goes on. A clerk who
    /// completes the account later, or elsewhere, isn't signed in as the representative.
    pub fn methods(&self, browser: &str, now: Timestamp) -> Option<&[Method]> {
        match &self.by {
            By::Here { methods, browser: here } => {
                (here == browser && now.since(self.at) < FRESH).then_some(methods.as_slice())
            }
            By::Invitation(..) => None,
        }
    }

    fn is_for(&self, answers: &Answers) -> bool {
        let legacy = answers.proof().is_some_and(|p| *p.system() == self.legacy.0 && *p.subject() == self.legacy.1);
        legacy
            && match &self.by {
                By::Here { .. } => !answers.unit.invited,
                By::Invitation(_, unit) => answers.unit.invited && answers.unit.entered.as_ref() == Some(unit),
            }
    }
}

/// What is asked of the registry: this unit, represented by this person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The unit.
    pub unit: Unit,
    /// Its representative.
    pub representative: Identity,
}

impl Claim {
    fn is_same(&self, other: &Self) -> bool {
        self.unit.is_same_unit(&other.unit) && self.representative.is_same_person(&other.representative)
    }
}

/// What a check of a unit came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum UnitCheck {
    /// The registry confirmed it.
    Passed {
        /// The proof.
        proof: UnitCheckPassed,
    },
    /// It didn't.
    Failed {
        /// What was checked.
        claim: Claim,
        /// Why; a match that contradicts the old row is a failure too.
        why: UnitFailure,
    },
    /// The registry gave no answer.
    Unavailable {
        /// What was to be checked.
        claim: Claim,
    },
    /// So many tries that a captcha comes first.
    Captcha {
        /// What is to be checked.
        claim: Claim,
    },
    /// A limit was reached: only a reviewer can go on.
    Limited {
        /// What was to be checked.
        claim: Claim,
    },
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitFailure {
    /// The registry's own word.
    Registry(UnitCheckResult),
    /// It matches, but the old row is another unit's: whoever holds its stolen old password could be claiming it.
    Contradiction,
    /// The code's check character is wrong: no registry can be asked.
    CheckCharacter,
}

impl UnitFailure {
    /// Its text in the audit log and for reviewers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry(result) => result.as_str(),
            Self::Contradiction => "contradiction",
            Self::CheckCharacter => "check_character",
        }
    }
}

impl UnitCheck {
    /// Whether it is about this claim.
    pub fn is_for(&self, about: &Claim) -> bool {
        match self {
            Self::Passed { proof } => {
                proof.is_for(&about.unit, &about.representative.name, &about.representative.document)
            }
            Self::Failed { claim, .. }
            | Self::Unavailable { claim }
            | Self::Captcha { claim }
            | Self::Limited { claim } => claim.is_same(about),
        }
    }
}

/// An account that a credit code already belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistingUnit {
    /// The code.
    pub credit_code: crate::domain::unit::CreditCode,
    /// Whose account.
    pub account: AccountId,
}

/// Authority over a unit's account, proven now. Bound to that account, the person and the legacy account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitControl {
    account: AccountId,
    person: AccountId,
    legacy: (SystemId, UpstreamSubject),
    /// By what.
    pub by: Authority,
}

/// What gives somebody authority over a unit's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// A mandate in force as its representative or administrator.
    Mandate,
    /// The registry's word of this very journey that the person is its representative.
    Registry,
    /// The unit's own password, chosen for this account.
    Password,
}

impl UnitControl {
    /// Authority over the account of these answers.
    pub(in crate::journeys) fn new(answers: &Answers, by: Authority, today: Date) -> Option<Self> {
        let proof = answers.proof()?;
        Some(Self {
            account: answers.existing_account(today)?.clone(),
            person: answers.representative()?.account.clone(),
            legacy: (proof.system().clone(), proof.subject().clone()),
            by,
        })
    }

    fn is_for(&self, answers: &Answers, today: Date) -> bool {
        Self::new(answers, self.by, today).as_ref() == Some(self)
    }
}

impl Answers {
    /// Whether this is a unit's journey.
    pub fn is_units(&self) -> bool {
        self.kind == Some(AccountKind::LegalPerson)
    }

    /// Who represents the unit: of these answers, and no others.
    pub fn representative(&self) -> Option<&RepresentativeProof> {
        self.unit.representative.as_ref().filter(|proof| self.is_units() && proof.is_for(self))
    }

    /// The same answers without a representative who has signed in in the journey's browser; `None` if there is none.
    pub(in crate::journeys) fn without_sign_in(&self) -> Option<Self> {
        let here = self.unit.representative.as_ref().is_some_and(|proof| matches!(proof.by, By::Here { .. }));
        here.then(|| Self {
            unit: Box::new(UnitAnswers { representative: None, ..(*self.unit).clone() }),
            ..self.clone()
        })
    }

    /// What is to be checked: the unit that is entered now, and who represents it.
    pub fn claim(&self) -> Option<Claim> {
        let representative = self.representative()?.identity.clone();
        Some(Claim { unit: self.unit.entered.clone()?, representative })
    }

    /// The check of the claim that is made now.
    pub fn present_unit_check(&self) -> Option<&UnitCheck> {
        let claim = self.claim()?;
        self.unit.check.as_ref().filter(|check| check.is_for(&claim))
    }

    /// The registry's proof of the claim that is made now.
    pub fn registry_proof(&self) -> Option<&UnitCheckPassed> {
        match self.present_unit_check()? {
            UnitCheck::Passed { proof } => Some(proof),
            _ => None,
        }
    }

    /// A reviewer's word that the unit is what it says, and this its representative.
    pub fn approved_unit(&self, today: Date) -> Option<&ReviewPassed> {
        self.unit.review.as_ref().filter(|review| review.is_for(self, today))?.proof()
    }

    /// What the unit is proven to be.
    pub fn proven_unit(&self, today: Date) -> Option<&Unit> {
        let proven = self.registry_proof().is_some() || self.approved_unit(today).is_some();
        self.unit.entered.as_ref().filter(|_| proven && self.representative().is_some())
    }

    /// The account that the proven code already belongs to.
    pub(super) fn existing_unit(&self, today: Date) -> Option<&AccountId> {
        let unit = self.proven_unit(today)?;
        self.unit.existing.as_ref().filter(|e| e.credit_code == unit.credit_code).map(|e| &e.account)
    }

    /// Whether the account gets a representative whom it didn't have, by the registry's word or two reviewers': its password is
    /// new too.
    pub fn names_representative(&self, today: Date) -> bool {
        let registry = self.unit_control(today).is_some_and(|control| control.by == Authority::Registry);
        self.is_units() && (registry || self.approved_control(today).is_some())
    }

    /// Authority over that account.
    pub fn unit_control(&self, today: Date) -> Option<&UnitControl> {
        self.unit.control.as_ref().filter(|control| control.is_for(self, today))
    }
}
