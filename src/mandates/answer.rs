//! An invitation's answer. It is bound to the phone and the name that the granter typed, good once, and for seven days at
//! most; the phone has to be the proven one of the person who is signed in.

use serde_json::json;

use super::{Done, Invited, Pen, Refusal, actor, forget, may_act};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::mandate::Role;
use crate::domain::unit::Standing;
use crate::ids::{AccountId, MandateId};
use crate::notify::mandates as texts;
use crate::storage::mandates::{self, Ending, Entry};
use crate::storage::{Conn, StorageError, Stored, Tx, accounts, units};

/// An open invitation, as whoever has its phone sees it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The mandate that waits.
    pub entry: Entry,
    /// Why this person can't accept it.
    pub refusal: Option<Refusal>,
}

/// The blind index of an account's proven phone.
fn proven_phone(app: &App, account: &Account) -> Option<String> {
    account.phone_proven_at?;
    account.phone().map(|phone| accounts::phone_index(&app.keys, phone))
}

/// The open invitations to a person's proven phone.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn invitations_of(app: &App, account: &Account) -> Stored<Vec<Offer>> {
    let Some(index) = proven_phone(app, account) else { return Ok(Vec::new()) };
    let open = mandates::invited(&mut app.db.read().await?, &index, app.clock.now()).await?;
    let pen = Pen::of(app);
    open.into_iter()
        .map(|entry| {
            let invited = Invited::of(&app.keys, &entry)?;
            let refusal = invited.map_or(Some(Refusal::Unknown), |invited| suits(&pen, account, &invited).err());
            Ok(Offer { entry, refusal })
        })
        .collect()
}

/// One of them.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn invitation(app: &App, account: &Account, id: &MandateId) -> Stored<Option<Offer>> {
    Ok(invitations_of(app, account).await?.into_iter().find(|offer| offer.entry.id == *id))
}

/// Whether an invitation names this person, who may act for units at all.
fn suits(pen: &Pen, account: &Account, invited: &Invited) -> Done<()> {
    let person = account.person().ok_or(Refusal::Unknown)?;
    if person.name.fold() != invited.name.fold() {
        return Err(Refusal::Name);
    }
    may_act(account, pen.today).map(drop)
}

/// An invitation that is this person's to answer, and the index of the phone that it went to.
async fn open(tx: &mut Conn, pen: &Pen, account: &Account, id: &MandateId) -> Stored<Done<(Entry, Invited, String)>> {
    let Some(entry) = mandates::find(tx, id).await?.filter(|entry| entry.is_open(pen.now)) else {
        return Ok(Err(Refusal::Unknown));
    };
    let Some(invited) = Invited::of(&pen.keys, &entry)? else { return Ok(Err(Refusal::Unknown)) };
    let index = account.phone_proven_at.and_then(|_| account.phone()).map(|p| accounts::phone_index(&pen.keys, p));
    let bound = entry.invitation.as_ref().map(|invitation| invitation.phone_index.clone());
    match index {
        Some(index) if bound.as_deref() == Some(&index) => Ok(Ok((entry, invited, index))),
        _ => Ok(Err(Refusal::Unknown)),
    }
}

/// Accepts an invitation; which unit's it was.
///
/// # Errors
/// The store's own.
pub async fn accept(app: &App, person: &AccountId, id: &MandateId) -> Stored<Done<AccountId>> {
    let (pen, person, mandate) = (Pen::of(app), person.clone(), id.clone());
    let done = app.db.write(move |tx| Box::pin(async move { write(tx, &pen, &person, &mandate).await })).await;
    app.outbox.notify_one();
    match done {
        Ok(Ok((unit, ended))) => {
            forget(app, &ended);
            forget(app, std::slice::from_ref(id));
            Ok(Ok(unit))
        }
        Ok(Err(refusal)) => Ok(Err(refusal)),
        // Two invitations of one unit at the same moment: the database lets one person have one mandate.
        Err(StorageError::Conflict(_)) => Ok(Err(Refusal::Holds)),
        Err(error) => Err(error),
    }
}

async fn write(
    tx: &mut Tx,
    pen: &Pen,
    person: &AccountId,
    id: &MandateId,
) -> Stored<Done<(AccountId, Vec<MandateId>)>> {
    let Some(account) = pen.active(tx, person).await? else { return Ok(Err(Refusal::Unknown)) };
    let (entry, invited, index) = match open(tx, pen, &account, id).await? {
        Ok(open) => open,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = suits(pen, &account, &invited) {
        return Ok(Err(refusal));
    }
    // Two acceptances at one unit end each other's invitation: one after the other.
    units::hold(tx, &entry.unit).await?;
    let Some((unit, standing)) = pen.unit(tx, &entry.unit).await? else { return Ok(Err(Refusal::Unknown)) };
    if standing != Standing::Registered {
        return Ok(Err(Refusal::Standing(standing)));
    }
    let Some(granter) = granter(tx, pen, &entry).await? else { return Ok(Err(Refusal::Unknown)) };
    let mut ended = Vec::new();
    if let Some(old) = mandates::held(tx, &entry.unit, person).await? {
        if old.terms.validity.until.is_none_or(|until| pen.now < until) {
            return Ok(Err(Refusal::Holds));
        }
        ended.extend(mandates::end(tx, &old.id, Ending::Lapsed, pen.now).await?);
    }
    if !mandates::accept(tx, id, person, &index, pen.now).await? {
        return Ok(Err(Refusal::Unknown));
    }
    // What else waits for the same person at this unit would come back to life after a revocation: it ends.
    for other in mandates::invited(tx, &index, pen.now).await? {
        let same = Invited::of(&pen.keys, &other)?.is_some_and(|other| other.name.fold() == invited.name.fold());
        if same && other.unit == entry.unit {
            ended.extend(mandates::end(tx, &other.id, Ending::Lapsed, pen.now).await?);
        }
    }
    let role = entry.terms.role;
    let detail = json!({ "mandate": id, "role": role, "by": entry.granted_by });
    pen.note(tx, "mandate.accepted", &actor(person), (&entry.unit, &[person]), &detail).await?;
    let text = texts::accepted(&pen.signature, unit.name(), (&account.shown_name(), role), &pen.hotline);
    pen.tell(tx, &granter, &text).await?;
    if let Some(representative) = mandates::representative(tx, &entry.unit).await?
        && representative.person != granter
    {
        pen.tell(tx, &representative.person, &text).await?;
    }
    Ok(Ok((entry.unit, ended)))
}

/// Who has granted it, if the mandate that it rests on is in force and its holder's account in use.
async fn granter(tx: &mut Tx, pen: &Pen, entry: &Entry) -> Stored<Option<AccountId>> {
    let Some(by) = &entry.granted_by else { return Ok(None) };
    let Some(mandate) = mandates::find(tx, by).await?.and_then(Entry::live) else { return Ok(None) };
    if !mandate.is_in_force(pen.now) || mandate.terms.role == Role::Agent {
        return Ok(None);
    }
    Ok(pen.active(tx, &mandate.person).await?.map(|account| account.id))
}

/// Declines an invitation.
///
/// # Errors
/// The store's own.
pub async fn decline(app: &App, person: &AccountId, id: &MandateId) -> Stored<Done<()>> {
    let (pen, person, id) = (Pen::of(app), person.clone(), id.clone());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                let Some(account) = pen.active(tx, &person).await? else { return Ok(Err(Refusal::Unknown)) };
                let (entry, invited, _) = match open(tx, &pen, &account, &id).await? {
                    Ok(open) => open,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if account.person().map(|person| person.name.fold()) != Some(invited.name.fold()) {
                    return Ok(Err(Refusal::Name));
                }
                if mandates::end(tx, &id, Ending::Declined, pen.now).await?.is_empty() {
                    return Ok(Err(Refusal::Unknown));
                }
                let detail = json!({ "mandate": id, "role": entry.terms.role });
                let concerned: [&AccountId; 1] = [&person];
                pen.note(tx, "mandate.declined", &actor(&person), (&entry.unit, &concerned), &detail).await?;
                Ok(Ok(()))
            })
        })
        .await
}
