//! The end of the waiting time: an account is closed for good, on whichever node comes first, in one transaction.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::domain::account::{Account, AccountStatus};
use crate::ids::AccountId;
use crate::mandates::Leaver;
use crate::notify::{texts, told};
use crate::sign_in::session::end_all;
use crate::storage::{Stored, accounts, audit, closures, erasure};

/// Closes the accounts whose waiting time is over; how many this node has closed.
///
/// # Errors
/// The store's own.
pub async fn carry_out_due(app: &Arc<App>) -> Stored<usize> {
    let due = closures::due(&mut app.db.read().await?, app.clock.now()).await?;
    let mut closed = 0;
    for account in due {
        // One that can't be closed doesn't hold up the others; it is tried again.
        match carry_out(app, account.clone()).await {
            Ok(done) => closed += usize::from(done),
            Err(error) => tracing::error!(%account, %error, "an account could not be closed"),
        }
    }
    if closed > 0 {
        app.caches.catch_up().await?;
        app.outbox.notify_one();
    }
    Ok(closed)
}

async fn carry_out(app: &App, id: AccountId) -> Stored<bool> {
    let (keys, random, now, today) = (Arc::clone(&app.keys), app.random.clone(), app.clock.now(), app.today());
    let (leaver, site) = (Leaver::of(app), app.site());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                accounts::hold(tx, &id).await?;
                let found = accounts::find(tx, &keys, &id).await?;
                let closing = |account: &Account| account.status == AccountStatus::Closing;
                let Some(account) = found.filter(closing) else { return Ok(false) };
                if !closures::finish(tx, &id, now).await? {
                    return Ok(false);
                }
                // While it is known yet who is to be told.
                let told = told::about(tx, &keys, &account, today).await?;
                let text = texts::closed(&site.sms_signature, &told.whose, &site.hotline);
                told.tell(tx, (&keys, &random), (texts::CLOSED_SUBJECT, &text), now).await?;
                leaver.leave_all(tx, &id).await?;
                end_all(tx, &id, None, now).await?;
                erasure::erase(tx, &keys, &account, now).await?;
                let who = format!("account:{id}");
                audit::record(tx, &random, now, "account.closed", ("portal", &who), &json!({})).await?;
                Stored::Ok(true)
            })
        })
        .await
}
