//! The result by SMS (or e-mail, for people without a phone): a number, no link.

use std::time::Duration;

use super::content;
use crate::app::App;
use crate::ids::MessageId;
use crate::notify::texts::{self, CaseNews};
use crate::storage::reviews::{self, State};
use crate::storage::{StorageError, Stored, outbox};

/// How long the message may wait for its gateway.
const LIFETIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Tells everybody whose case was decided and is in effect; how many. Two nodes tell nobody twice.
///
/// # Errors
/// The store's own.
pub async fn tell(app: &App) -> Stored<usize> {
    let now = app.clock.now();
    let due = reviews::untold(&mut app.db.read().await?, now).await?;
    let mut told = 0;
    for review in due {
        let news = match review.state {
            State::Approved => CaseNews::Approved,
            State::Returned => CaseNews::Returned,
            State::Rejected => CaseNews::Rejected,
            State::Open | State::Withdrawn => continue,
        };
        let contact = content(&app.keys, &review)?.contact;
        let text = texts::case(&app.config.site.sms_signature, &review.case, news);
        let message = contact.message(texts::CASE_SUBJECT, text);
        let (keys, id) = (std::sync::Arc::clone(&app.keys), MessageId::mint(now, &app.random));
        let fresh = app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let fresh = reviews::told(tx, &review.id, now).await?;
                    if fresh {
                        outbox::push(tx, &keys, &id, &message, now, LIFETIME).await?;
                    }
                    Ok::<_, StorageError>(fresh)
                })
            })
            .await?;
        told += usize::from(fresh);
    }
    app.outbox.notify_one();
    Ok(told)
}
