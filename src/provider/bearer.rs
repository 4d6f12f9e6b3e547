//! Whom a request, a code or a token is about, as things stand at this moment. Nothing of it is ever remembered: a
//! mandate that has ended, a unit that was dissolved, an account that was closed ends what rests on it at the next use.

use std::sync::Arc;

use crate::app::App;
use crate::domain::account::{Account, AccountKind};
use crate::domain::client::Client;
use crate::domain::mandate::{Actor, Mandate};
use crate::domain::principal::Principal;
use crate::ids::{AccountId, MandateId};
use crate::protocol::acr::IdentityLevel;
use crate::storage::Stored;
use crate::storage::units::Standing;

/// A principal that stands.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The subject.
    pub account: Arc<Account>,
    /// Who acts for it, and by what.
    pub actor: Option<(Arc<Account>, Arc<Mandate>)>,
}

impl Bearer {
    /// A person for themselves.
    pub fn own(account: &Arc<Account>) -> Self {
        Self { account: Arc::clone(account), actor: None }
    }

    /// Whom it is about.
    pub fn principal(&self) -> Principal {
        let actor = self.actor.as_ref();
        Principal {
            account: self.account.id.clone(),
            actor: actor.map(|(person, mandate)| Actor { person: person.id.clone(), mandate: mandate.id.clone() }),
        }
    }

    /// Whether the subject is a unit.
    pub fn is_unit(&self) -> bool {
        self.account.kind() == AccountKind::LegalPerson
    }

    /// How well it is proven who acts: a password alone, which several people of a unit may know, proves nobody.
    pub fn identity_level(&self) -> IdentityLevel {
        match (&self.actor, self.is_unit()) {
            (Some((person, _)), _) => person.identity_level,
            (None, false) => self.account.identity_level,
            (None, true) => IdentityLevel::SelfAsserted,
        }
    }
}

/// The bearer of a principal at a client; `None` if it doesn't stand, or not there.
///
/// # Errors
/// The store's own.
pub async fn bearer(app: &App, client: &Client, principal: &Principal) -> Stored<Option<Bearer>> {
    if let Some(actor) = &principal.actor {
        let found = acting(app, client, &actor.person, &actor.mandate).await?;
        return Ok(found.filter(|bearer| bearer.account.id == principal.account));
    }
    let Some(account) = app.caches.account(&principal.account).await? else { return Ok(None) };
    if account.kind() == AccountKind::LegalPerson {
        let taken = client.units_alone && client.takes(AccountKind::LegalPerson);
        if !taken || app.caches.unit_standing(&account.id).await? != Some(Standing::Registered) {
            return Ok(None);
        }
    }
    Ok(Some(Bearer { account, actor: None }))
}

/// A person who acts for a unit at a client, if this mandate is theirs, is in force and reaches there.
///
/// # Errors
/// The store's own.
pub async fn acting(app: &App, client: &Client, person: &AccountId, id: &MandateId) -> Stored<Option<Bearer>> {
    if !client.takes(AccountKind::LegalPerson) {
        return Ok(None);
    }
    let now = app.clock.now();
    let mandate = app.caches.mandate(id).await?;
    let Some(mandate) = mandate.filter(|m| m.person == *person && m.serves(&client.id, now)) else { return Ok(None) };
    let unit = app.caches.account(&mandate.unit).await?.filter(|unit| unit.kind() == AccountKind::LegalPerson);
    let person = app.caches.account(person).await?.filter(|person| person.kind() == AccountKind::Individual);
    Ok(unit.zip(person).map(|(account, person)| Bearer { account, actor: Some((person, mandate)) }))
}
