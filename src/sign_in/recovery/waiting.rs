//! The waiting time: begun, stopped by a channel of the account, or over.

use serde_json::json;

use super::phone::NewPhone;
use super::{Pen, phone, reset};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::account::{Account, AccountStatus};
use crate::domain::case_number::CaseNumber;
use crate::domain::recovery::{Change, Kind};
use crate::ids::{AccountId, RecoveryId, ReviewId};
use crate::notify::{texts, told};
use crate::storage::recoveries::{self, Recovery};
use crate::storage::{Stored, Tx, accounts, audit, reviews};

/// The number in the notice is the proof that one reads a channel of the account: only its hash is kept.
fn stop_hash(keys: &Keyring, number: &CaseNumber) -> String {
    keys.hash("recovery stop", number.as_str())
}

/// Has an account wait for a change, in the caller's transaction, and tells every channel of it, with the number that stops it; `false`
/// if it waits for one of this kind already.
///
/// # Errors
/// The store's own.
pub async fn begin(
    tx: &mut Tx,
    pen: &Pen,
    (id, change): (&AccountId, Change),
    (review, at): (Option<&ReviewId>, Timestamp),
) -> Stored<bool> {
    let Some(account) = accounts::find(tx, &pen.keys, id).await? else { return Ok(false) };
    let number = CaseNumber::mint(&pen.random);
    let kind = change.kind();
    let new = Recovery {
        id: RecoveryId::mint(pen.now, &pen.random),
        account: id.clone(),
        change,
        review: review.cloned(),
        begun_at: pen.now,
        effective_at: at,
    };
    if !recoveries::begin(tx, &pen.keys, &new, &stop_hash(&pen.keys, &number)).await? {
        return Ok(false);
    }
    note(tx, pen, "recovery.begun", ("browser", id), kind).await?;
    let told = told::about(tx, &pen.keys, &account, pen.today).await?;
    let hours = at.since(pen.now).as_secs() / 3600;
    let text = texts::recovery_begun(&pen.site.sms_signature, kind, &told.whose, hours, &number);
    told.tell(tx, (&pen.keys, &pen.random), (texts::RECOVERY_SUBJECT, &text), pen.now).await?;
    Ok(true)
}

async fn note(tx: &mut Tx, pen: &Pen, event: &str, (who, id): (&str, &AccountId), kind: Kind) -> Stored<()> {
    let (subject, detail) = (format!("account:{id}"), json!({ "kind": kind.as_str() }));
    audit::record(tx, &pen.random, pen.now, event, (who, &subject), &detail).await
}

/// Stops one, in the caller's transaction, and tells every channel; `false` if it is over.
///
/// # Errors
/// The store's own.
pub async fn stop(tx: &mut Tx, pen: &Pen, waiting: &Recovery, who: &str) -> Stored<bool> {
    if !recoveries::stop(tx, &waiting.id, pen.now).await? {
        return Ok(false);
    }
    if let Some(review) = &waiting.review {
        let reason = pen.keys.seal_json(Purpose::Review, review.as_str(), &texts::STOPPED_BY_OWNER)?;
        reviews::stop(tx, review, &reason, pen.now).await?;
    }
    let kind = waiting.change.kind();
    note(tx, pen, "recovery.stopped", (who, &waiting.account), kind).await?;
    if let Some(account) = accounts::find(tx, &pen.keys, &waiting.account).await? {
        let told = told::about(tx, &pen.keys, &account, pen.today).await?;
        let text = texts::recovery_stopped(&pen.site.sms_signature, kind, &told.whose, &pen.site.hotline);
        told.tell(tx, (&pen.keys, &pen.random), (texts::RECOVERY_SUBJECT, &text), pen.now).await?;
    }
    Ok(true)
}

/// Stops everything that an account waits for.
///
/// # Errors
/// The store's own.
pub async fn stop_all(tx: &mut Tx, pen: &Pen, id: &AccountId, who: &str) -> Stored<()> {
    accounts::hold(tx, id).await?;
    for waiting in recoveries::of_account(tx, &pen.keys, id).await? {
        stop(tx, pen, &waiting, who).await?;
    }
    Ok(())
}

/// Ends what an account waits for of one kind: something stronger has come in its place, which is told by itself.
///
/// # Errors
/// The store's own.
pub async fn supersede(tx: &mut Tx, pen: &Pen, id: &AccountId, kind: Kind) -> Stored<()> {
    if let Some(waiting) = recoveries::of_kind(tx, &pen.keys, id, kind).await?
        && recoveries::stop(tx, &waiting.id, pen.now).await?
    {
        note(tx, pen, "recovery.stopped", ("browser", id), kind).await?;
    }
    Ok(())
}

/// Stops what a number was told for; nothing says whether there was anything.
///
/// # Errors
/// The store's own.
pub async fn stop_by_number(app: &App, number: &CaseNumber) -> Stored<()> {
    let (pen, hash) = (Pen::of(app), stop_hash(&app.keys, number));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if let Some(waiting) = recoveries::by_number(tx, &pen.keys, &hash).await? {
                    accounts::hold(tx, &waiting.account).await?;
                    stop(tx, &pen, &waiting, "channel").await?;
                }
                Stored::Ok(())
            })
        })
        .await?;
    app.outbox.notify_one();
    Ok(())
}

/// Stops what an account waits for: somebody who is signed in to it says so.
///
/// # Errors
/// The store's own.
pub async fn stop_of(app: &App, id: &AccountId) -> Stored<()> {
    let (pen, id) = (Pen::of(app), id.clone());
    app.db.write(move |tx| Box::pin(async move { stop_all(tx, &pen, &id, &format!("account:{id}")).await })).await?;
    app.outbox.notify_one();
    Ok(())
}

/// Brings into effect what has waited long enough; how many. Two nodes do nothing twice.
///
/// # Errors
/// The store's own.
pub async fn apply_due(app: &App) -> Stored<usize> {
    let now = app.clock.now();
    let due = recoveries::due(&mut app.db.read().await?, &app.keys, now).await?;
    let mut applied = 0;
    for waiting in due {
        let pen = Pen::of(app);
        let forget = app.db.write(move |tx| Box::pin(async move { finish(tx, &pen, waiting).await })).await?;
        applied += usize::from(forget.is_some());
        forget.iter().flatten().for_each(|key| app.caches.forget(key));
    }
    if applied > 0 {
        app.outbox.notify_one();
    }
    Ok(applied)
}

/// What to forget from the caches; `None` if somebody else was faster. An account that was stopped meanwhile stays as it is.
async fn finish(tx: &mut Tx, pen: &Pen, waiting: Recovery) -> Stored<Option<Vec<String>>> {
    accounts::hold(tx, &waiting.account).await?;
    let account = accounts::find(tx, &pen.keys, &waiting.account).await?;
    // What reviewers have seen restores a frozen account as well.
    let usable = |account: &Account| {
        account.is_active() || (account.status == AccountStatus::Frozen && waiting.review.is_some())
    };
    if !account.as_ref().is_some_and(usable) {
        stop(tx, pen, &waiting, "portal").await?;
        return Ok(None);
    }
    if !recoveries::finish(tx, &waiting.id, pen.now).await? {
        return Ok(None);
    }
    match waiting.change {
        Change::Password { hash } => reset::now(tx, pen, &waiting.account, hash).await.map(Some),
        Change::Phone { phone, proven_at, factors_lost } => {
            let new = NewPhone { phone, proven_at, factors_lost };
            phone::change(tx, pen, (&waiting.account, &new), ("browser", None)).await
        }
    }
}
