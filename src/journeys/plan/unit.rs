//! What the end of a unit's migration writes besides: its account, and who represents it.

use serde_json::json;

use super::NewAccount;
use crate::clock::Timestamp;
use crate::domain::account::{AccountKind, Holder, Organisation};
use crate::domain::unit::Unit;
use crate::ids::{AccountId, ClientId, MandateId};
use crate::journeys::answers::Answers;
use crate::journeys::engine::{Cx, StepError};
use crate::journeys::finish::Obstacle;
use crate::journeys::writes::Writes;
use crate::mandates::Succession;
use crate::protocol::acr::IdentityLevel;
use crate::storage::mandates::{self, Appointed};
use crate::storage::{Tx, accounts, audit, interactions};

/// Who represents the unit, and whether somebody else doesn't any more.
pub(super) struct Representation {
    pub(super) mandate: MandateId,
    pub(super) person: AccountId,
    /// When the person has proven who they are.
    pub(super) signed_in_at: Timestamp,
    /// When the registry, or two reviewers, have named the person, where that counts against a sitting one.
    pub(super) named_at: Option<Timestamp>,
    /// Whether it is the registry's word.
    pub(super) by_registry: bool,
    /// The unit as it was proven, for an account that exists.
    pub(super) unit: Unit,
    pub(super) succession: Succession,
    /// The relying party that waits for it: there the person acts for the unit from now on.
    pub(super) client: Option<ClientId>,
}

impl Representation {
    /// The registry, or two reviewers, name the representative whoever was it before; the unit's password only where nobody is.
    /// The outer `None`: the answers aren't whole.
    pub(super) async fn of(cx: &Cx<'_>, answers: &Answers) -> Result<Option<Option<Self>>, StepError> {
        if !answers.is_units() {
            return Ok(Some(None));
        }
        let (Some(proof), Some(unit)) = (answers.representative(), answers.proven_unit(cx.today)) else {
            return Ok(None);
        };
        let waiting = match cx.interaction {
            Some(id) => interactions::find(&mut cx.app.db.read().await?, id, &cx.visit.browser, cx.visit.now).await?,
            None => None,
        };
        // Whoever waits for the person gets the person.
        let request = waiting.map(|w| w.request).filter(|r| r.account_kind != Some(AccountKind::Individual));
        Ok(Some(Some(Self {
            mandate: MandateId::mint(cx.visit.now, &cx.app.random),
            person: proof.account().clone(),
            signed_in_at: proof.at,
            named_at: answers
                .registry_proof()
                .map(|proof| proof.at())
                .or_else(|| answers.approved_control(cx.today).map(|approved| approved.at())),
            by_registry: answers.registry_proof().is_some(),
            unit: unit.clone(),
            succession: Succession::of(cx.app),
            client: request.map(|request| request.client_id),
        })))
    }

    /// The representative's own mandate, if the person is it from now on; a former one is told that theirs has ended.
    pub(super) async fn appoint(
        &self,
        tx: &mut Tx,
        writes: &Writes,
        (unit, is_new): (&AccountId, bool),
    ) -> Result<Option<MandateId>, Obstacle> {
        let Writes { keys, random, now, .. } = writes;
        // Disabled or closed since the proof: represents nobody.
        let person = accounts::find(tx, keys, &self.person).await?;
        if !person.is_some_and(|account| account.is_active()) {
            return Err(Obstacle::AccountGone);
        }
        let actor = format!("journey:{}", writes.id);
        let appointed = match is_new {
            true => match mandates::install(tx, &self.mandate, unit, &self.person, *now).await? {
                true => Appointed::Now(None, Vec::new()),
                false => Appointed::Occupied,
            },
            false => mandates::appoint(tx, &self.mandate, (unit, &self.person), self.named_at, *now).await?,
        };
        let (former, ended) = match appointed {
            Appointed::Now(former, ended) => (former, ended),
            Appointed::Already(mandate) => return Ok(Some(mandate)),
            Appointed::Occupied => return Ok(None),
            Appointed::Outdated => return Err(Obstacle::Outdated),
        };
        mandates::set_reviewed(tx, &self.mandate, !self.by_registry).await?;
        let detail = json!({ "mandate": self.mandate, "person": self.person, "former": former, "ended": ended });
        for subject in [unit, &self.person].into_iter().chain(&former) {
            let subject = format!("account:{subject}");
            audit::record(tx, random, *now, "representative.appointed", (&actor, &subject), &detail).await?;
        }
        if let (Some(former), Some(account)) = (former, accounts::find(tx, keys, unit).await?) {
            self.succession.announce(tx, &actor, (&account, &former), &ended).await?;
        }
        Ok(Some(self.mandate.clone()))
    }
}

/// The unit's account, as the registry or a reviewer has confirmed it.
pub(super) fn new_account(cx: &Cx<'_>, answers: &Answers) -> Option<NewAccount> {
    let unit = answers.proven_unit(cx.today)?;
    let confirmed = match (answers.registry_proof(), answers.approved_unit(cx.today)) {
        (Some(proof), _) => ("registry", proof.source().to_owned(), IdentityLevel::Confirmed, None),
        (None, Some(approved)) => ("review", "portal".to_owned(), approved.level(), Some(approved.review().clone())),
        (None, None) => return None,
    };
    let email = answers.email.as_ref().and_then(|e| e.address().cloned());
    let holder = Holder::Organisation(Organisation { unit: unit.clone(), email });
    NewAccount::new(cx, answers, holder, confirmed)
}
