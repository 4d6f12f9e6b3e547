//! Ending a mandate: the unit takes it back, or its agent gives it up. All that rest on it end with it.

use serde_json::json;

use super::{Done, Pen, Refusal, actor, forget};
use crate::app::App;
use crate::domain::mandate::{Mandate, Role};
use crate::ids::{AccountId, MandateId};
use crate::notify::mandates as texts;
use crate::storage::mandates::{self, Ending, Entry};
use crate::storage::{Stored, Tx, accounts, units};

/// Whether whoever acts by a mandate may take another one of the unit back: the representative every one but the own, an
/// administrator those that rest on theirs.
pub fn may_end(mine: &Mandate, entry: &Entry) -> bool {
    let ours = entry.unit == mine.unit && entry.ended.is_none() && entry.id != mine.id;
    ours && match mine.terms.role {
        Role::LegalRepresentative => true,
        Role::Administrator => entry.granted_by.as_ref() == Some(&mine.id),
        Role::Agent => false,
    }
}

/// Takes a mandate or an open invitation back. A unit that the registry calls dissolved can still do that.
///
/// # Errors
/// The store's own.
pub async fn revoke(app: &App, (person, unit): (&AccountId, &AccountId), id: &MandateId) -> Stored<Done<()>> {
    let (pen, person, unit, id) = (Pen::of(app), person.clone(), unit.clone(), id.clone());
    let done = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(mine) = pen.acting(tx, &unit, &person).await? else { return Ok(Err(Refusal::Unknown)) };
                let entry = mandates::find(tx, &id).await?;
                if pen.active(tx, &unit).await?.is_none() || !entry.is_some_and(|entry| may_end(&mine, &entry)) {
                    return Ok(Err(Refusal::Unknown));
                }
                Stored::Ok(Ok(write(tx, &pen, (&person, &unit), &id, Ending::Revoked).await?))
            })
        })
        .await?;
    Ok(finish(app, done))
}

/// Gives an own mandate up. A representative's rests on the registry: it can't be given up here.
///
/// # Errors
/// The store's own.
pub async fn resign(app: &App, person: &AccountId, id: &MandateId) -> Stored<Done<()>> {
    let (pen, person, id) = (Pen::of(app), person.clone(), id.clone());
    let done = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mandate = mandates::find(tx, &id).await?.and_then(Entry::live);
                let own = |m: &Mandate| m.person == person && m.terms.role != Role::LegalRepresentative;
                let Some(mandate) = mandate.filter(own) else { return Ok(Err(Refusal::Unknown)) };
                Stored::Ok(Ok(write(tx, &pen, (&person, &mandate.unit), &id, Ending::Resigned).await?))
            })
        })
        .await?;
    Ok(finish(app, done))
}

/// Gives up, in another's transaction, all that somebody was given: their account is closed.
#[derive(Clone)]
pub struct Leaver(Pen);

impl Leaver {
    /// What it needs of the application.
    pub fn of(app: &App) -> Self {
        Self(Pen::of(app))
    }

    /// Ends every mandate of a person's, and all that rest on them; whoever had granted one is told.
    ///
    /// # Errors
    /// The store's own.
    pub async fn leave_all(&self, tx: &mut Tx, person: &AccountId) -> Stored<()> {
        for mandate in mandates::of_person(tx, person).await? {
            write(tx, &self.0, (person, &mandate.unit), &mandate.id, Ending::Resigned).await?;
        }
        Ok(())
    }
}

fn finish(app: &App, done: Done<Vec<MandateId>>) -> Done<()> {
    app.outbox.notify_one();
    done.map(|ended| forget(app, &ended))
}

async fn write(
    tx: &mut Tx,
    pen: &Pen,
    (person, unit): (&AccountId, &AccountId),
    id: &MandateId,
    why: Ending,
) -> Stored<Vec<MandateId>> {
    units::hold(tx, unit).await?;
    let ended = mandates::end(tx, id, why, pen.now).await?;
    let name = accounts::find(tx, &pen.keys, unit).await?.map(|unit| unit.name().to_owned()).unwrap_or_default();
    for (holder, role, why) in note_ended(tx, pen, &actor(person), unit, &ended).await? {
        let text = match why {
            Ending::Revoked => texts::revoked(&pen.signature, &name, role, &pen.hotline),
            Ending::Granter => texts::ended_with(&pen.signature, &name, role, &pen.hotline),
            Ending::Resigned | Ending::Declined | Ending::Replaced | Ending::Lapsed => continue,
        };
        pen.tell(tx, &holder, &text).await?;
    }
    if why == Ending::Resigned
        && let Some(entry) = mandates::find(tx, id).await?
        && let Some(by) = entry.granted_by
        && let Some(granter) = mandates::find(tx, &by).await?.and_then(|by| by.person)
        && let Some(me) = accounts::find(tx, &pen.keys, person).await?
    {
        let text = texts::resigned(&pen.signature, &name, (&me.shown_name(), entry.terms.role));
        pen.tell(tx, &granter, &text).await?;
    }
    Ok(ended)
}

/// Notes what has ended, in the unit's log and in each holder's own; whose it was. Whoever has only been invited had nothing
/// yet.
pub(super) async fn note_ended(
    tx: &mut Tx,
    pen: &Pen,
    actor: &str,
    unit: &AccountId,
    ended: &[MandateId],
) -> Stored<Vec<(AccountId, Role, Ending)>> {
    let mut holders = Vec::new();
    for id in ended {
        let Some(entry) = mandates::find(tx, id).await? else { continue };
        let Some((_, why)) = entry.ended else { continue };
        let role = entry.terms.role;
        let detail = json!({ "mandate": id, "role": role, "why": why.as_str(), "person": entry.person });
        let holder: Vec<&AccountId> = entry.person.iter().collect();
        pen.note(tx, "mandate.ended", actor, (unit, &holder), &detail).await?;
        holders.extend(entry.person.map(|person| (person, role, why)));
    }
    Ok(holders)
}
