//! Authentication context: who the person is proven to be and how they signed in, two independent axes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How well the person's identity is proven, `i1` to `i4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityLevel {
    /// `i1`: self-asserted, format only.
    SelfAsserted = 1,
    /// `i2`: name and number confirmed by an authoritative source, or vouched for by a trusted upstream.
    Confirmed = 2,
    /// `i3`: the person was present, or a reviewer saw document evidence.
    Present = 3,
    /// `i4`: certificate, e-licence or counter.
    Certified = 4,
}

impl IdentityLevel {
    /// The level with this number.
    pub fn from_number(n: i64) -> Option<Self> {
        [Self::SelfAsserted, Self::Confirmed, Self::Present, Self::Certified].into_iter().find(|l| *l as i64 == n)
    }
}

/// How strongly the session was signed in, `a1` to `a3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInLevel {
    /// `a1`: one factor.
    OneFactor = 1,
    /// `a2`: two factors.
    TwoFactors = 2,
    /// `a3`: phishing-resistant.
    PhishingResistant = 3,
}

impl SignInLevel {
    /// The level with this number.
    pub fn from_number(n: i64) -> Option<Self> {
        [Self::OneFactor, Self::TwoFactors, Self::PhishingResistant].into_iter().find(|l| *l as i64 == n)
    }
}

/// The `acr` claim (OpenID Connect Core, section 2), e.g. `urn:guiyi:i2:a1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acr {
    /// Who.
    pub identity: IdentityLevel,
    /// How.
    pub sign_in: SignInLevel,
}

impl fmt::Display for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "urn:guiyi:i{}:a{}", self.identity as u8, self.sign_in as u8)
    }
}

impl Acr {
    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (i, a) = text.strip_prefix("urn:guiyi:i")?.split_once(":a")?;
        Some(Self {
            identity: IdentityLevel::from_number(i.parse().ok()?)?,
            sign_in: SignInLevel::from_number(a.parse().ok()?)?,
        })
    }

    /// Whether this context is at least `wanted`, axis by axis.
    pub fn satisfies(self, wanted: Self) -> bool {
        self.identity >= wanted.identity && self.sign_in >= wanted.sign_in
    }

    /// Every context that the portal can report, for discovery's `acr_values_supported`.
    pub fn all() -> Vec<String> {
        let identities = [IdentityLevel::SelfAsserted, IdentityLevel::Confirmed, IdentityLevel::Present];
        let sign_ins = [SignInLevel::OneFactor, SignInLevel::TwoFactors, SignInLevel::PhishingResistant];
        let all = identities.into_iter().flat_map(|identity| sign_ins.map(|sign_in| Self { identity, sign_in }));
        all.map(|acr| acr.to_string()).collect()
    }
}
