//! Scopes (RFC 6749, section 3.3) that the portal knows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// OpenID Connect itself: who, without saying who it is.
    Openid,
    /// User name, language and the like.
    Profile,
    /// The mobile phone.
    Phone,
    /// The e-mail address.
    Email,
    /// The postal address: a person's own word, a unit's registered one.
    Address,
    /// Name and document number; only for clients that it is granted to.
    RealName,
    /// The unit, and who acts for it; this portal's own.
    Organization,
    /// The old subject identifiers, only of the system that the client owns.
    LegacyAccounts,
    /// Refresh tokens (OpenID Connect Core, section 11).
    OfflineAccess,
}

impl Scope {
    /// Every scope, in the order in which consent shows them.
    pub const ALL: [Self; 9] = [
        Self::Openid,
        Self::Profile,
        Self::Phone,
        Self::Email,
        Self::Address,
        Self::RealName,
        Self::Organization,
        Self::LegacyAccounts,
        Self::OfflineAccess,
    ];

    /// The scope of this text; `None` if there is none.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Address => "address",
            Self::RealName => "real_name",
            Self::Organization => "organization",
            Self::LegacyAccounts => "legacy_accounts",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(u16);

impl Scopes {
    /// Reads a blank-separated list; unknown scopes are left out (OpenID Connect Core, section 3.1.2.1: "Scope values
    /// used that are not understood by an implementation SHOULD be ignored").
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter_map(Scope::from_text).collect()
    }

    /// Whether a scope is in it.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether every scope of `other` is in it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without one.
    #[must_use]
    pub fn without(&self, scope: Scope) -> Self {
        Self(self.0 & !bit(scope))
    }

    /// Its scopes, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.into_iter().filter(|s| self.contains(*s))
    }
}

fn bit(scope: Scope) -> u16 {
    1 << (scope as u16)
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().map(bit).fold(0, |all, b| all | b))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}
