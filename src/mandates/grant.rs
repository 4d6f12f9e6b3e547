//! Granting: somebody with a mandate asks a person, by phone and name, to act for the unit too.

use std::time::Duration;

use serde_json::json;

use super::{Done, Invited, Pen, Refusal, actor};
use crate::app::App;
use crate::crypto::Purpose;
use crate::domain::mandate::{GrantFault, Role, Terms};
use crate::domain::unit::Standing;
use crate::ids::{AccountId, MandateId};
use crate::notify::codes::{Asker, Recipient, may_tell};
use crate::notify::mandates as texts;
use crate::storage::limits::{self, Limit};
use crate::storage::mandates::{self, Invitation};
use crate::storage::{Stored, Tx, accounts};

/// An invitation can be accepted for so long.
const OPEN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How many invitations a unit may send in a day.
const PER_UNIT: Limit = Limit::new(50, 24 * 60 * 60);
/// How many one phone may get in a day, from all units together.
const PER_PHONE: Limit = Limit::new(5, 24 * 60 * 60);

/// Who is asked, and for what.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whom the invitation is for.
    pub invited: Invited,
    /// What is granted.
    pub terms: Terms,
}

/// Invites somebody to act for a unit. Whether the phone belongs to an account makes no difference, to the answer or to
/// the time that it takes.
///
/// # Errors
/// The store's own.
pub async fn grant(
    app: &App,
    (granter, unit): (&AccountId, &AccountId),
    asked: Asked,
    asker: &Asker,
) -> Stored<Done<MandateId>> {
    let (pen, asker) = (Pen::of(app), asker.clone());
    let (granter, unit) = (granter.clone(), unit.clone());
    let done = app
        .db
        .write(move |tx| Box::pin(async move { write(tx, &pen, (&granter, &unit), &asked, &asker).await }))
        .await?;
    app.outbox.notify_one();
    Ok(done)
}

async fn write(
    tx: &mut Tx,
    pen: &Pen,
    (granter, unit): (&AccountId, &AccountId),
    asked: &Asked,
    asker: &Asker,
) -> Stored<Done<MandateId>> {
    let Asked { invited, terms } = asked;
    let Some(mine) = pen.acting(tx, unit, granter).await? else { return Ok(Err(Refusal::Unknown)) };
    let Some(me) = pen.active(tx, granter).await? else { return Ok(Err(Refusal::Unknown)) };
    let Some((account, standing)) = pen.unit(tx, unit).await? else { return Ok(Err(Refusal::Unknown)) };
    if standing != Standing::Registered {
        return Ok(Err(Refusal::Standing(standing)));
    }
    let oneself = (me.phone() == Some(&invited.phone)).then_some(granter);
    if let Err(fault) = mine.may_grant(terms, oneself, pen.now) {
        return Ok(Err(Refusal::Grant(fault)));
    }
    let index = accounts::phone_index(&pen.keys, &invited.phone);
    for (subject, limit) in
        [(format!("invitations unit {unit}"), PER_UNIT), (format!("invitations phone {index}"), PER_PHONE)]
    {
        if !limits::hit(tx, &subject, limit, pen.now).await? {
            return Ok(Err(Refusal::Limited));
        }
    }
    // The counter's row is held from here on: the same form sent twice finds what the first has stored.
    for open in mandates::invited(tx, &index, pen.now).await? {
        let same = open.granted_by.as_ref() == Some(&mine.id) && is_again(&open.terms, terms);
        if same && Invited::of(&pen.keys, &open)?.as_ref() == Some(invited) {
            return Ok(Ok(open.id));
        }
    }
    let id = MandateId::mint(pen.now, &pen.random);
    let until = pen.now.plus(OPEN);
    let invitation = Invitation {
        invited: pen.keys.seal_json(Purpose::Field, id.as_str(), invited)?,
        phone_index: index,
        until: terms.validity.until.map_or(until, |end| until.min(end)),
    };
    if !mandates::invite(tx, (&id, unit), terms, &mine.id, &invitation, pen.now).await? {
        return Ok(Err(Refusal::Grant(GrantFault::NotInForce)));
    }
    let detail = json!({ "mandate": id, "role": terms.role, "by": mine.id, "phone": invited.phone.masked() });
    pen.note(tx, "mandate.invited", &actor(granter), (unit, &[granter]), &detail).await?;
    let to = Recipient::Phone(invited.phone.clone());
    if may_tell(tx, &pen.keys, ("invitation", &to), asker, pen.now).await? {
        pen.send(tx, &to, texts::invited(&pen.signature, account.name(), terms.role)).await?;
    }
    if mine.terms.role != Role::LegalRepresentative
        && let Some(representative) = mandates::representative(tx, unit).await?
    {
        let text = texts::granted(&pen.signature, account.name(), &me.shown_name(), &pen.hotline);
        pen.tell(tx, &representative.person, &text).await?;
    }
    Ok(Ok(id))
}

/// Whether two grants differ at most in the moment from which they are good.
fn is_again(one: &Terms, other: &Terms) -> bool {
    one.role == other.role && one.reach == other.reach && one.validity.until == other.validity.until
}
