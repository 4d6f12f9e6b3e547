//! Consent for a child (PIPL, article 31): a child can't consent to its data going out.

use time::Date;

use crate::domain::account::Account;
use crate::protocol::scope::{Scope, Scopes};

/// Whether this tells more of a person than an identifier that only one client sees; `organization` tells of units alone.
pub fn tells(scope: Scope) -> bool {
    !matches!(scope, Scope::Openid | Scope::Organization)
}

/// Whether not the account's owner but the owner's guardian consents to this: the owner is under 14, and something goes out.
pub fn consents(account: &Account, asked: &Scopes, today: Date) -> bool {
    asked.iter().any(tells) && account.is_childs(today)
}
