//! Closing an account (注销): what stops it, the waiting time, taking it back, and the end. From the moment it is asked for the account
//! is out of use everywhere; whoever signs in is offered to take that back, and nothing else.

mod end;
mod obstacles;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::{Account, AccountStatus};
use crate::ids::{AccountId, ClosureId};
use crate::notify::{texts, told};
use crate::sign_in::session::end_all;
use crate::storage::closures::{self, Closure};
use crate::storage::{Stored, accounts, audit};

pub use end::carry_out_due;
pub use obstacles::{Obstacle, obstacles};

/// How long a closing can be taken back.
pub const WAIT: Duration = Duration::from_secs(15 * 24 * 60 * 60);

/// What became of a wish to close an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is under way, and carried out from this moment on.
    Until(Timestamp),
    /// Something has to be settled before.
    Stopped(Vec<Obstacle>),
    /// The account isn't in use.
    Gone,
}

/// Begins to close an account, by its owner or a child's guardian: all sign-ins and tokens end, every channel is told. What stands in
/// the way is looked at in the same transaction.
///
/// # Errors
/// The store's own.
pub async fn ask(app: &App, by: &AccountId, account: &Account) -> Stored<Asked> {
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let (now, site) = (app.clock.now(), app.site());
    let effective_at = now.plus(WAIT);
    let text = texts::closing(&site.sms_signature, &told.whose, &effective_at.date().to_string(), &site.hotline);
    let closure = Closure { account: account.id.clone(), asked_by: by.clone(), asked_at: now, effective_at };
    let id = ClosureId::mint(now, &app.random);
    let (keys, random, today, account) = (Arc::clone(&app.keys), app.random.clone(), app.today(), account.clone());
    let reviewers = app.config.review.reviewers.clone();
    let (asked, forget) = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                accounts::hold(tx, &account.id).await?;
                let found = accounts::find(tx, &keys, &account.id).await?.filter(Account::is_active);
                let Some(account) = found else { return Ok((Asked::Gone, Vec::new())) };
                let obstacles = obstacles(tx, &keys, (&closure.asked_by, &account, &reviewers), (now, today)).await?;
                if !obstacles.is_empty() {
                    return Ok((Asked::Stopped(obstacles), Vec::new()));
                }
                if !closures::ask(tx, &id, &closure).await? {
                    return Ok((Asked::Gone, Vec::new()));
                }
                accounts::set_status(tx, &account.id, AccountStatus::Closing, now).await?;
                let ended = end_all(tx, &account.id, None, now).await?;
                let (by, of) = (format!("account:{}", closure.asked_by), format!("account:{}", account.id));
                let detail = json!({ "closure": id, "effective_at": effective_at });
                audit::record(tx, &random, now, "account.closing", (&by, &of), &detail).await?;
                told.tell(tx, (&keys, &random), (texts::CLOSING_SUBJECT, &text), now).await?;
                Stored::Ok((Asked::Until(effective_at), ended))
            })
        })
        .await?;
    forget.iter().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(asked)
}

/// Takes a closing back: the account is in use again, without the sign-ins of before. `false` if there is nothing to take back.
///
/// # Errors
/// The store's own.
pub async fn withdraw(app: &App, by: &AccountId, account: &Account) -> Stored<bool> {
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let (now, site) = (app.clock.now(), app.site());
    let text = texts::closing_withdrawn(&site.sms_signature, &told.whose, &site.hotline);
    let (keys, random, by, id) = (Arc::clone(&app.keys), app.random.clone(), by.clone(), account.id.clone());
    let withdrawn = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                accounts::hold(tx, &id).await?;
                let account = accounts::find(tx, &keys, &id).await?;
                let closing = account.is_some_and(|account| account.status == AccountStatus::Closing);
                if !closing || !closures::withdraw(tx, &id, now).await? {
                    return Ok(false);
                }
                accounts::set_status(tx, &id, AccountStatus::Active, now).await?;
                let (by, of) = (format!("account:{by}"), format!("account:{id}"));
                audit::record(tx, &random, now, "account.closing_withdrawn", (&by, &of), &json!({})).await?;
                told.tell(tx, (&keys, &random), (texts::CLOSING_SUBJECT, &text), now).await?;
                Stored::Ok(true)
            })
        })
        .await?;
    app.caches.forget(&accounts::cache_key(&account.id));
    app.outbox.notify_one();
    Ok(withdrawn)
}
