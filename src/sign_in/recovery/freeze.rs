//! 冻结: an account whose owner says that somebody else is at it. Nobody signs in to it, everything that was begun ends, and nothing that
//! waits takes effect, until a reviewer has seen who the owner is.

use serde_json::json;

use super::{Pen, stop_all};
use crate::app::App;
use crate::crypto::Purpose;
use crate::domain::account::AccountStatus;
use crate::ids::AccountId;
use crate::notify::{texts, told};
use crate::sign_in::session::end_all;
use crate::storage::{Stored, accounts, audit, reviews};

/// Freezes an account that is in use, by whoever has proven to read one of its channels or is signed in; `false` if it isn't in use.
///
/// # Errors
/// The store's own.
pub async fn freeze(app: &App, id: &AccountId, by: &'static str) -> Stored<bool> {
    let (pen, id) = (Pen::of(app), id.clone());
    let forget = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                accounts::hold(tx, &id).await?;
                let Some(account) = accounts::find(tx, &pen.keys, &id).await?.filter(|account| account.is_active())
                else {
                    return Ok(None);
                };
                accounts::set_status(tx, &id, AccountStatus::Frozen, pen.now).await?;
                let forget = end_all(tx, &id, None, pen.now).await?;
                stop_all(tx, &pen, &id, "portal").await?;
                for review in reviews::waiting_for(tx, &id, pen.now).await? {
                    let reason = pen.keys.seal_json(Purpose::Review, review.as_str(), &texts::STOPPED_BY_OWNER)?;
                    reviews::stop(tx, &review, &reason, pen.now).await?;
                }
                let (subject, detail) = (format!("account:{id}"), json!({ "by": by }));
                audit::record(tx, &pen.random, pen.now, "account.frozen", ("browser", &subject), &detail).await?;
                let told = told::about(tx, &pen.keys, &account, pen.today).await?;
                let text = texts::frozen(&pen.site.sms_signature, &told.whose, &pen.site.hotline);
                told.tell(tx, (&pen.keys, &pen.random), (texts::RECOVERY_SUBJECT, &text), pen.now).await?;
                Stored::Ok(Some(forget))
            })
        })
        .await?;
    forget.iter().flatten().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(forget.is_some())
}
