//! The owner of an account that a case touches: told before it takes effect, with a way to object.

use serde_json::json;

use super::desk::Case;
use super::{Content, OBJECTION};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::recovery::Change;
use crate::ids::{AccountId, ReviewId, SystemId};
use crate::notify::{texts, told};
use crate::sign_in::recovery::{self, Pen};
use crate::storage::mandates::{self, Entry};
use crate::storage::reviews::Review;
use crate::storage::{Conn, StorageError, Stored, Tx, accounts, audit, outbox, recoveries, units};

/// Every channel of the account that is going to be touched is told; of a child's, its guardians are.
pub(super) async fn notices(app: &App, case: &Case) -> Result<Vec<outbox::Message>, StorageError> {
    let Some(id) = &case.review.account else { return Ok(Vec::new()) };
    let mut conn = app.db.read().await?;
    let Some(owner) = accounts::find(&mut conn, &app.keys, id).await? else { return Ok(Vec::new()) };
    let about = told::about(&mut conn, &app.keys, &owner, app.today()).await?;
    let site = &app.config.site;
    let system = case.system().and_then(|id| app.systems.get(&id)).map_or("", |system| system.name(false));
    let hours = OBJECTION.as_secs() / 3600;
    let text = texts::review_notice(&site.sms_signature, system, &about.whose, hours, &site.hotline);
    Ok(about.channels.into_iter().map(|to| to.message(texts::BOUND_SUBJECT, text.clone())).collect())
}

/// Who acts for the unit that a case is about, or whose account it touches: they review nothing of it.
pub(super) async fn members(conn: &mut Conn, review: &Review, content: &Content) -> Stored<Vec<AccountId>> {
    let of_code = match &content.unit {
        Some(unit) => units::find(conn, &unit.credit_code).await?,
        None => None,
    };
    let mut members = Vec::new();
    for account in review.account.iter().chain(&of_code) {
        members.extend(mandates::of_unit(conn, account).await?.into_iter().filter_map(Entry::live).map(|m| m.person));
    }
    Ok(members)
}

/// An approval that touches an account: what it changes waits, and is told by itself; or it stands in its owner's security log.
pub(super) async fn approved(
    tx: &mut Tx,
    pen: &Pen,
    (review, who): (&ReviewId, &str),
    (owner, system): (Option<&AccountId>, &Option<SystemId>),
    (change, at): (Option<Change>, Timestamp),
) -> Stored<()> {
    let Some(owner) = owner else { return Ok(()) };
    let Some(change) = change else { return note(tx, pen, "account.review_approved", (who, owner, system)).await };
    recovery::supersede(tx, pen, owner, change.kind()).await?;
    recovery::begin(tx, pen, (owner, change), (Some(review), at)).await.map(drop)
}

/// The end of what an approval would have changed.
pub(super) async fn stopped(
    tx: &mut Tx,
    pen: &Pen,
    (review, who): (&ReviewId, &str),
    (owner, system): (Option<&AccountId>, &Option<SystemId>),
) -> Stored<()> {
    match (recoveries::of_review(tx, &pen.keys, review).await?, owner) {
        (Some(waiting), _) => recovery::stop(tx, pen, &waiting, who).await.map(drop),
        (None, Some(owner)) => note(tx, pen, "account.review_stopped", (who, owner, system)).await,
        (None, None) => Ok(()),
    }
}

/// An entry in the owner's own security log.
async fn note(
    tx: &mut Tx,
    pen: &Pen,
    event: &str,
    (who, owner, system): (&str, &AccountId, &Option<SystemId>),
) -> Stored<()> {
    let subject = format!("account:{owner}");
    audit::record(tx, &pen.random, pen.now, event, (who, &subject), &json!({ "system": system })).await
}
