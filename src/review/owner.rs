//! The owner of an account that a case touches: told before it takes effect, with a way to object.

use serde_json::json;

use super::desk::Case;
use super::{Content, OBJECTION};
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::ids::{AccountId, SystemId};
use crate::notify::{texts, told};
use crate::storage::mandates::{self, Entry};
use crate::storage::reviews::Review;
use crate::storage::{Conn, StorageError, Stored, Tx, accounts, audit, outbox, units};

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

/// An entry in the owner's own security log.
pub(super) async fn note(
    tx: &mut Tx,
    random: &Random,
    now: Timestamp,
    event: &str,
    (who, owner, system): (&str, &AccountId, &Option<SystemId>),
) -> Stored<()> {
    let subject = format!("account:{owner}");
    audit::record(tx, random, now, event, (who, &subject), &json!({ "system": system })).await
}
