//! Who is told of what happens to an account: its own channels; of a child's, which has none, those of its guardians; of a
//! unit's, those of whoever manages it too.

use std::time::Duration;

use time::Date;

use super::codes::Recipient;
use super::texts::Whose;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::domain::birth;
use crate::domain::mandate::Role;
use crate::ids::MessageId;
use crate::storage::mandates::{self, Entry};
use crate::storage::{Conn, Stored, Tx, accounts, guardianships, outbox};

/// How long a notice may wait for its gateway.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Whom to tell, and in what words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Every channel.
    pub channels: Vec<Recipient>,
    /// Whose account it is to them.
    pub whose: Whose,
}

impl Told {
    /// A guardian, of a child's account.
    pub fn guardian(guardian: &Account, child: &Account) -> Self {
        Self { channels: Recipient::all_of(guardian), whose: Whose::Childs(child.shown_name()) }
    }

    /// Puts a notice for every channel into the outbox, in the transaction of what it tells of; an e-mail has the subject too.
    ///
    /// # Errors
    /// The store's own.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        (keys, random): (&Keyring, &Random),
        (subject, text): (&str, &str),
        now: Timestamp,
    ) -> Stored<()> {
        for to in &self.channels {
            let message = to.message(subject, text.to_owned());
            outbox::push(tx, keys, &MessageId::mint(now, random), &message, now, LIFETIME).await?;
        }
        Ok(())
    }
}

/// Who is told about this account. A guardian's rights end when the child is 14; the guardian goes on being told, while
/// the account has no channel of its own, until its owner is of age: somebody has to be.
///
/// # Errors
/// The store's own.
pub async fn about(conn: &mut Conn, keys: &Keyring, account: &Account, today: Date) -> Stored<Told> {
    let own = Recipient::all_of(account);
    if account.unit().is_some() {
        return Ok(Told { channels: managers(conn, keys, account, own).await?, whose: Whose::Own });
    }
    let minor = account.born().is_some_and(|born| !birth::is_adult(born, today));
    if !own.is_empty() || !minor {
        return Ok(Told { channels: own, whose: Whose::Own });
    }
    let mut channels = Vec::new();
    for guardianship in guardianships::of_child(conn, &account.id).await? {
        let guardian = accounts::find(conn, keys, &guardianship.guardian).await?;
        channels.extend(guardian.filter(Account::is_active).iter().flat_map(Recipient::all_of));
    }
    Ok(Told { channels, whose: Whose::Childs(account.shown_name()) })
}

/// A unit's own address, and those of its representative and administrators.
async fn managers(conn: &mut Conn, keys: &Keyring, unit: &Account, own: Vec<Recipient>) -> Stored<Vec<Recipient>> {
    let mut channels = own;
    for mandate in mandates::of_unit(conn, &unit.id).await?.into_iter().filter_map(Entry::live) {
        if mandate.terms.role == Role::Agent {
            continue;
        }
        let manager = accounts::find(conn, keys, &mandate.person).await?;
        channels.extend(manager.filter(Account::is_active).iter().flat_map(Recipient::all_of));
    }
    Ok(channels)
}
