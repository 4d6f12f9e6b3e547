//! What has to be settled before an account can be closed: others depend on it. Each has its next step on the page.

use time::Date;

use crate::clock::Timestamp;
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::domain::mandate::Role;
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, MandateId};
use crate::storage::{Conn, Stored, accounts, guardianships, mandates, reviews};

/// Something that stops a closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The person is the legal representative of this unit: the registry names another first.
    Represents {
        /// The unit.
        unit: AccountId,
        /// Its name.
        name: String,
    },
    /// The person manages this unit: that is given up first, since all that were invited lose their mandates with it.
    Administers {
        /// The mandate.
        mandate: MandateId,
        /// The unit's name.
        name: String,
    },
    /// Nobody else looks after this child under fourteen: its account is closed first, or another guardian recorded.
    Guards {
        /// The child.
        child: AccountId,
        /// Its masked name.
        name: String,
    },
    /// Reviewers are deciding on something that touches the account.
    Review,
    /// It is the own account of a child under fourteen: its guardian closes it.
    Childs,
    /// The person is a reviewer: the operator takes them off the list first.
    Reviews,
}

/// Everything that stands in the way of closing an account now, where somebody (`by`) asks for it.
///
/// # Errors
/// The store's own.
pub async fn obstacles(
    conn: &mut Conn,
    keys: &Keyring,
    (by, account, reviewers): (&AccountId, &Account, &[UserName]),
    (now, today): (Timestamp, Date),
) -> Stored<Vec<Obstacle>> {
    let mut found = Vec::new();
    for mandate in mandates::of_person(conn, &account.id).await? {
        let unit = accounts::find(conn, keys, &mandate.unit).await?;
        let name = unit.map(|unit| unit.shown_name()).unwrap_or_default();
        match mandate.terms.role {
            Role::LegalRepresentative => found.push(Obstacle::Represents { unit: mandate.unit, name }),
            Role::Administrator => found.push(Obstacle::Administers { mandate: mandate.id, name }),
            Role::Agent => {}
        }
    }
    for guardianship in guardianships::of_guardian(conn, &account.id).await? {
        let child = accounts::find(conn, keys, &guardianship.child).await?;
        let Some(child) = child.filter(|child| child.is_active() && child.is_childs(today)) else { continue };
        if !has_another_guardian(conn, keys, &child, account).await? {
            found.push(Obstacle::Guards { name: child.shown_name(), child: child.id });
        }
    }
    if reviews::touches(conn, &account.id, now).await? {
        found.push(Obstacle::Review);
    }
    if *by == account.id && account.is_childs(today) {
        found.push(Obstacle::Childs);
    }
    if reviewers.iter().any(|reviewer| reviewer.fold() == account.user_name.fold()) {
        found.push(Obstacle::Reviews);
    }
    Ok(found)
}

async fn has_another_guardian(conn: &mut Conn, keys: &Keyring, child: &Account, than: &Account) -> Stored<bool> {
    for guardianship in guardianships::of_child(conn, &child.id).await? {
        if guardianship.guardian == than.id {
            continue;
        }
        let guardian = accounts::find(conn, keys, &guardianship.guardian).await?;
        if guardian.is_some_and(|guardian| guardian.is_active()) {
            return Ok(true);
        }
    }
    Ok(false)
}
