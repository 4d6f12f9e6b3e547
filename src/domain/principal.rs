//! Whom a code, a grant, an access token and a consent are about.

use serde::{Deserialize, Serialize};

use super::mandate::Actor;
use crate::ids::{AccountId, MandateId};

/// The account, and who acts for it: nobody for a person's own, nor for a unit that signed in by its own password alone.
///
/// One person acting for two units is two principals, and for nobody a third: what belongs to one never serves another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Whose: the subject of its tokens.
    #[serde(rename = "a")]
    pub account: AccountId,
    /// Who acts (RFC 8693, section 4.1).
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
}

impl Principal {
    /// The account itself.
    pub fn own(account: AccountId) -> Self {
        Self { account, actor: None }
    }

    /// Who acts: the account itself where nobody acts for it. Consents and grants are kept under it.
    pub fn acting(&self) -> &AccountId {
        self.actor.as_ref().map_or(&self.account, |actor| &actor.person)
    }

    /// By which mandate.
    pub fn mandate(&self) -> Option<&MandateId> {
        self.actor.as_ref().map(|actor| &actor.mandate)
    }
}
