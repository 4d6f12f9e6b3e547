//! Consent for a child (PIPL, article 31): a child can't consent to its data going out.

use time::Date;

use crate::domain::account::Account;
use crate::protocol::scope::{Scope, Scopes};

/// Whether not the account's owner but the owner's guardian consents to this: the owner is under 14, and more goes out than
/// an identifier that only this client sees.
pub fn consents(account: &Account, asked: &Scopes, today: Date) -> bool {
    let more = asked.iter().any(|scope| scope != Scope::Openid);
    more && account.is_childs(today)
}
