//! Mandates (授权): who may act for a unit, in what, and until when.
//!
//! A mandate is never wider than the one that it was granted by: its clients, matters and validity lie within, and it
//! ends with it. The root is the legal representative's, which rests on the registry's word or a reviewer's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId, MandateId};

/// What somebody is to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 法定代表人, or what stands in that place: 经营者, 执行事务合伙人, 负责人.
    LegalRepresentative,
    /// 管理员: grants mandates to agents.
    Administrator,
    /// 经办人.
    Agent,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::LegalRepresentative, Self::Administrator, Self::Agent];

    /// Its text in tokens and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LegalRepresentative => "legal_representative",
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether whoever has it may grant this one: the representative both others, an administrator agents alone.
    pub fn may_grant(self, other: Self) -> bool {
        match self {
            Self::LegalRepresentative => other != Self::LegalRepresentative,
            Self::Administrator => other == Self::Agent,
            Self::Agent => false,
        }
    }
}

/// A kind of matters (事项类别). The portal tells relying parties; it is theirs to heed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// 登记注册.
    Registration,
    /// 行政许可.
    Permits,
    /// 税务.
    Taxation,
    /// 社会保险和公积金.
    SocialInsurance,
    /// 投资项目.
    Projects,
    /// 不动产.
    RealEstate,
    /// 政府采购和招投标.
    Procurement,
}

impl Matter {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Registration,
        Self::Permits,
        Self::Taxation,
        Self::SocialInsurance,
        Self::Projects,
        Self::RealEstate,
        Self::Procurement,
    ];

    /// Its text in tokens and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Permits => "permits",
            Self::Taxation => "taxation",
            Self::SocialInsurance => "social_insurance",
            Self::Projects => "projects",
            Self::RealEstate => "real_estate",
            Self::Procurement => "procurement",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.as_str() == text)
    }
}

/// All of a kind, or these alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent<T: Ord> {
    /// All, also those that come later.
    All,
    /// These.
    These(BTreeSet<T>),
}

impl<T: Ord> Extent<T> {
    /// Whether this one is in it.
    pub fn admits(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(one),
        }
    }

    /// Whether all of the other one is in it.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::These(_), Self::All) => false,
            (Self::These(mine), Self::These(others)) => others.is_subset(mine),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::These(these) if these.is_empty())
    }
}

/// What a mandate reaches: with which clients, in which matters. Both have to fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Relying parties: the portal itself enforces these.
    pub clients: Extent<ClientId>,
    /// Kinds of matters: for relying parties to heed.
    pub matters: Extent<Matter>,
}

impl Reach {
    /// A representative's.
    pub fn whole() -> Self {
        Self { clients: Extent::All, matters: Extent::All }
    }

    /// Whether all of the other one is in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.clients.covers(&other.clients) && self.matters.covers(&other.matters)
    }
}

/// From when until when; without an end it lasts until it is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// From this moment.
    pub from: Timestamp,
    /// Up to this one, not with it.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether a moment lies in it.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// Whether all of the other one lies in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from
            && match (self.until, other.until) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(mine), Some(others)) => others <= mine,
            }
    }
}

/// What somebody is to get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// As what.
    pub role: Role,
    /// In what.
    pub reach: Reach,
    /// From when until when.
    pub validity: Validity,
}

/// Why a mandate can't be granted. The text is a key: the pages word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum GrantFault {
    /// The granter's own mandate isn't in force.
    #[error("not_in_force")]
    NotInForce,
    /// The granter's role doesn't grant this one.
    #[error("role")]
    Role,
    /// Nothing is in it.
    #[error("nothing")]
    Nothing,
    /// More than the granter has.
    #[error("too_wide")]
    TooWide,
    /// Longer than the granter has it, or no time at all.
    #[error("too_long")]
    TooLong,
    /// To the granter.
    #[error("oneself")]
    Oneself,
}

/// A mandate that its agent has accepted, and that nobody has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Its id.
    pub id: MandateId,
    /// For which unit.
    pub unit: AccountId,
    /// Who may act.
    pub person: AccountId,
    /// As what, in what, until when.
    pub terms: Terms,
    /// The mandate that it rests on; none: the representative's own.
    pub granted_by: Option<MandateId>,
}

impl Mandate {
    /// Whether it is in force at a moment.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.terms.validity.contains(now)
    }

    /// Whether it serves with a client at a moment.
    pub fn serves(&self, client: &ClientId, now: Timestamp) -> bool {
        self.is_in_force(now) && self.terms.reach.clients.admits(client)
    }

    /// Whether its holder may grant these terms to somebody (`None`: not known yet) now.
    ///
    /// # Errors
    /// [`GrantFault`]
    pub fn may_grant(&self, terms: &Terms, to: Option<&AccountId>, now: Timestamp) -> Result<(), GrantFault> {
        let mine = &self.terms;
        if !self.is_in_force(now) {
            return Err(GrantFault::NotInForce);
        }
        if !mine.role.may_grant(terms.role) {
            return Err(GrantFault::Role);
        }
        if to == Some(&self.person) {
            return Err(GrantFault::Oneself);
        }
        if terms.reach.clients.is_empty() || terms.reach.matters.is_empty() {
            return Err(GrantFault::Nothing);
        }
        if !mine.reach.covers(&terms.reach) {
            return Err(GrantFault::TooWide);
        }
        let ends = terms.validity.until.is_some_and(|until| until <= terms.validity.from || until <= now);
        if ends || !mine.validity.covers(&terms.validity) {
            return Err(GrantFault::TooLong);
        }
        Ok(())
    }
}

/// Who acts for the account of a code, a grant or a token: by this mandate, checked again at each use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The natural person.
    #[serde(rename = "p")]
    pub person: AccountId,
    /// By which mandate.
    #[serde(rename = "m")]
    pub mandate: MandateId,
}
