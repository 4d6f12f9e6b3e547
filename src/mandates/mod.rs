//! Acting for a unit: who is asked, who accepts, who gives it up, who takes it back, and what the registry's word ends.
//!
//! Whoever does something does it by a mandate that is looked up in the transaction which does it: nothing about it is
//! kept in a session. What may be granted is the domain's to say ([`Mandate::may_grant`]); accepting and ending are single
//! conditional statements of the store.

mod answer;
mod end;
mod grant;
pub mod recheck;
mod sign_ins;
mod succession;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::{Keyring, Purpose};
use crate::domain::account::{Account, Person};
use crate::domain::birth;
use crate::domain::contact::Phone;
use crate::domain::mandate::{GrantFault, Mandate};
use crate::domain::person::PersonName;
use crate::domain::unit::Standing;
use crate::ids::{AccountId, MandateId, MessageId};
use crate::notify::codes::Recipient;
use crate::notify::mandates::SUBJECT;
use crate::protocol::acr::IdentityLevel;
use crate::storage::mandates::Entry;
use crate::storage::{StorageError, Stored, Tx, accounts, audit, mandates, outbox, units};

pub use answer::{Offer, accept, decline, invitation, invitations_of};
pub use end::{Leaver, may_end, resign, revoke};
pub use grant::{Asked, grant};
pub use sign_ins::end_sign_in;
pub use succession::Succession;

/// How long a message may wait for its gateway.
const MESSAGE_LIFETIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Whom an invitation is for, as the granter typed it. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The name.
    pub name: PersonName,
    /// The phone.
    pub phone: Phone,
}

impl Invited {
    /// Whom a mandate was offered to; `None` for a representative's own.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`]
    pub fn of(keys: &Keyring, entry: &Entry) -> Stored<Option<Self>> {
        let Some(invitation) = &entry.invitation else { return Ok(None) };
        let corrupt = |_| StorageError::Corrupt { table: "mandates", key: entry.id.0.clone(), column: "invited" };
        keys.open_json(Purpose::Field, entry.id.as_str(), &invitation.invited).map(Some).map_err(corrupt)
    }
}

/// Why something wasn't done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing, or it isn't this person's to touch: the two look the same.
    Unknown,
    /// The granter can't give that.
    Grant(GrantFault),
    /// The registry calls the unit revoked or dissolved.
    Standing(Standing),
    /// Too many today.
    Limited,
    /// The invitation names somebody else.
    Name,
    /// The person isn't real-name verified.
    Unverified,
    /// The person is under fourteen.
    UnderAge,
    /// The person acts for this unit already.
    Holds,
}

/// What came of it, or why not.
pub type Done<T> = Result<T, Refusal>;

/// Whether somebody may act for units at all: a verified person of fourteen or more whose account is in use.
///
/// # Errors
/// [`Refusal`]
pub fn may_act(account: &Account, today: time::Date) -> Done<&Person> {
    let person = account.person().filter(|_| account.is_active()).ok_or(Refusal::Unknown)?;
    let born = person.document.birth_date().or(person.birth_date);
    if born.is_some_and(|born| birth::is_under_age(born, today)) {
        return Err(Refusal::UnderAge);
    }
    if account.identity_level < IdentityLevel::Confirmed {
        return Err(Refusal::Unverified);
    }
    Ok(person)
}

/// What a write needs: owned, because it moves into the writer.
#[derive(Clone)]
struct Pen {
    keys: Arc<Keyring>,
    random: Random,
    now: Timestamp,
    today: time::Date,
    signature: String,
    hotline: String,
}

impl Pen {
    fn of(app: &App) -> Self {
        let site = app.site();
        Self {
            keys: Arc::clone(&app.keys),
            random: app.random.clone(),
            now: app.clock.now(),
            today: app.today(),
            signature: site.sms_signature.clone(),
            hotline: site.hotline.clone(),
        }
    }

    /// An account that is in use.
    async fn active(&self, tx: &mut Tx, id: &AccountId) -> Stored<Option<Account>> {
        Ok(accounts::find(tx, &self.keys, id).await?.filter(Account::is_active))
    }

    /// The unit behind an account in use, and how it stands.
    async fn unit(&self, tx: &mut Tx, id: &AccountId) -> Stored<Option<(Account, Standing)>> {
        let Some(account) = self.active(tx, id).await?.filter(|account| account.unit().is_some()) else {
            return Ok(None);
        };
        Ok(units::standing(tx, id).await?.map(|standing| (account, standing)))
    }

    /// The mandate of a unit by which somebody acts now.
    async fn acting(&self, tx: &mut Tx, unit: &AccountId, person: &AccountId) -> Stored<Option<Mandate>> {
        Ok(mandates::held(tx, unit, person).await?.filter(|mandate| mandate.is_in_force(self.now)))
    }

    /// Writes what happened into the unit's log, and into the log of each person whom it concerns.
    async fn note(
        &self,
        tx: &mut Tx,
        event: &str,
        actor: &str,
        (unit, people): (&AccountId, &[&AccountId]),
        detail: &Value,
    ) -> Stored<()> {
        let mut detail = detail.clone();
        if let Some(members) = detail.as_object_mut() {
            members.insert("unit".to_owned(), Value::String(unit.0.clone()));
        }
        let mut told: Vec<&AccountId> = vec![unit];
        for person in people {
            if !told.contains(person) {
                told.push(person);
            }
        }
        for account in told {
            let subject = format!("account:{account}");
            audit::record(tx, &self.random, self.now, event, (actor, &subject), &detail).await?;
        }
        Ok(())
    }

    /// Tells an account's owner on every proven channel.
    async fn tell(&self, tx: &mut Tx, account: &AccountId, text: &str) -> Stored<()> {
        let Some(account) = accounts::find(tx, &self.keys, account).await? else { return Ok(()) };
        for to in Recipient::all_of(&account) {
            self.send(tx, &to, text.to_owned()).await?;
        }
        Ok(())
    }

    async fn send(&self, tx: &mut Tx, to: &Recipient, text: String) -> Stored<()> {
        let id = MessageId::mint(self.now, &self.random);
        outbox::push(tx, &self.keys, &id, &to.message(SUBJECT, text), self.now, MESSAGE_LIFETIME).await
    }
}

/// Whoever does it, in the audit log.
fn actor(person: &AccountId) -> String {
    format!("account:{person}")
}

/// Forgets ended mandates at once on this node; the others are told by the change itself.
fn forget(app: &App, ended: &[MandateId]) {
    for id in ended {
        app.caches.forget(&mandates::cache_key(id));
    }
}
