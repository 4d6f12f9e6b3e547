//! Who represents a unit: proven by an own account, here or on an own device. Nobody types another's password.
//!
//! That somebody represents the unit is never taken from this: the registry says so, or a reviewer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answers::{Agreement, Answers, By, RepresentativeProof};
use super::steps::agreement::{IDENTITY_DATA, TERMS};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::Purpose;
use crate::domain::account::Account;
use crate::domain::case_number::CaseNumber;
use crate::domain::identity::Identity;
use crate::domain::unit::Unit;
use crate::ids::{InvitationId, SystemId};
use crate::notify::codes::Recipient;
use crate::protocol::acr::IdentityLevel;
use crate::storage::accounts::phone_index;
use crate::storage::representative_invitations::{self as invitations, Answer};
use crate::storage::{StorageError, Stored, audit};

/// What a representative is asked. Sealed at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The unit, as it was entered.
    pub unit: Unit,
    /// The old system.
    pub system: SystemId,
    /// The old account there.
    pub account: String,
}

/// The proof that somebody with a verified account of their own takes part; `None` for any other account.
pub(super) fn proof(answers: &Answers, account: &Account, by: By, now: Timestamp) -> Option<RepresentativeProof> {
    let (person, legacy) = (account.person()?, answers.proof()?);
    if !account.is_active() || account.identity_level < IdentityLevel::Confirmed {
        return None;
    }
    Some(RepresentativeProof {
        account: account.id.clone(),
        identity: Identity {
            name: person.name.clone(),
            document: person.document.clone(),
            gender: person.gender,
            ethnic_group: person.ethnic_group,
            birth_date: person.birth_date,
        },
        contact: Recipient::all_of(account).into_iter().next(),
        legacy: (legacy.system().clone(), legacy.subject().clone()),
        by,
        at: now,
    })
}

/// The open question with this number to the phone of this account.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn asked(app: &App, account: &Account, case: &CaseNumber) -> Stored<Option<(InvitationId, Question)>> {
    let Some(phone) = account.phone().filter(|_| account.phone_proven_at.is_some()) else { return Ok(None) };
    let index = phone_index(&app.keys, phone);
    let found = invitations::of_case(&mut app.db.read().await?, case, &index, app.clock.now()).await?;
    found.map(|invitation| open(app, &invitation).map(|question| (invitation.id, question))).transpose()
}

fn open(app: &App, invitation: &invitations::Invitation) -> Stored<Question> {
    app.keys.open_json(Purpose::Journey, invitation.id.as_str(), &invitation.content).map_err(|_| {
        StorageError::Corrupt { table: "representative_invitations", key: invitation.id.0.clone(), column: "content" }
    })
}

/// Answers for the person of this account; `false` if the question isn't open, or isn't for this account's phone.
///
/// # Errors
/// The store's own.
pub async fn answer(app: &App, account: &Account, id: &InvitationId, confirms: bool) -> Stored<bool> {
    let verified = account.person().is_some() && account.identity_level >= IdentityLevel::Confirmed;
    let Some(phone) = account.phone().filter(|_| verified && account.phone_proven_at.is_some()) else {
        return Ok(false);
    };
    let index = phone_index(&app.keys, phone);
    let (id, person, random, now) = (id.clone(), account.id.clone(), app.random.clone(), app.clock.now());
    let answer = if confirms { Answer::Confirmed } else { Answer::Declined };
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let answered = invitations::answer(tx, &id, &index, (&person, answer), now).await?;
                if answered {
                    let who = format!("account:{person}");
                    let event = if confirms { "representative.confirmed" } else { "representative.declined" };
                    let detail = json!({ "invitation": id, "terms": TERMS, "identity_data": IDENTITY_DATA });
                    audit::record(tx, &random, now, event, (&who, &who), &detail).await?;
                }
                Ok(answered)
            })
        })
        .await
}

/// The answers with what a representative has answered meanwhile; `None` if there is nothing new.
pub(super) async fn settled(app: &App, answers: &Answers) -> Stored<Option<Answers>> {
    let open = answers.unit.invitation.as_ref().filter(|i| !i.declined && answers.unit.invited);
    let Some(asked) = open.filter(|_| answers.representative().is_none()) else { return Ok(None) };
    let found = invitations::find(&mut app.db.read().await?, &asked.id).await?;
    let Some((at, person, answer)) = found.and_then(|invitation| invitation.answered) else { return Ok(None) };
    let mut new = answers.clone();
    match (answer, person) {
        (Answer::Confirmed, Some(person)) => {
            // Stopped or closed meanwhile: nobody has confirmed.
            let Some(account) = app.caches.account(&person).await? else { return Ok(None) };
            let by = By::Invitation(asked.id.clone(), asked.unit.clone());
            new.unit.representative = proof(answers, &account, by, at);
            new.agreement = Some(Agreement { terms: TERMS.into(), identity_data: IDENTITY_DATA.into(), at });
        }
        _ => {
            new.unit.invitation = Some(super::answers::Invitation { declined: true, ..asked.clone() });
        }
    }
    Ok((new != *answers).then_some(new))
}

/// The account of a representative, if it may still be used.
pub(super) async fn account(app: &App, answers: &Answers) -> Stored<Option<Arc<Account>>> {
    match answers.representative() {
        Some(proof) => app.caches.account(proof.account()).await,
        None => Ok(None),
    }
}
