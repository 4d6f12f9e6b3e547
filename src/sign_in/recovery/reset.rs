//! A new password after everything was proven: at once, or after the waiting time.

use std::time::Duration;

use super::{Pen, WAIT, has_to_wait, waiting};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::sha256;
use crate::domain::account::{PasswordOrigin, StoredPassword};
use crate::domain::recovery::{Change, Kind};
use crate::ids::AccountId;
use crate::notify::{texts, told};
use crate::sign_in::second_factor::Opened;
use crate::sign_in::session::end_all;
use crate::storage::{Stored, Tx, accounts, audit, tickets};

/// A ticket of the second factor is good for ten minutes.
const SPENT_FOR: Duration = Duration::from_secs(15 * 60);

/// What became of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// It is the account's.
    Now,
    /// It will be, at this moment.
    From(Timestamp),
    /// Another one waits already.
    Waiting,
    /// What was proven has been used before.
    Spent,
}

/// Gives the account another password, once for each ticket; nobody is signed in by it.
///
/// # Errors
/// The store's own.
pub async fn reset(app: &App, opened: &Opened, (ticket, hash): (&str, String)) -> Stored<Reset> {
    let pen = Pen::of(app);
    let waits = has_to_wait(app, &opened.account, &opened.proven, pen.now).await?;
    let (id, ticket) = (opened.account.id.clone(), sha256(ticket));
    let (reset, forget) = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                accounts::hold(tx, &id).await?;
                if !tickets::spend(tx, &ticket, pen.now.plus(SPENT_FOR)).await? {
                    return Ok((Reset::Spent, Vec::new()));
                }
                if !waits {
                    return Ok((Reset::Now, now(tx, &pen, &id, hash).await?));
                }
                let at = pen.now.plus(WAIT);
                let begun = waiting::begin(tx, &pen, (&id, Change::Password { hash }), (None, at)).await?;
                Stored::Ok((if begun { Reset::From(at) } else { Reset::Waiting }, Vec::new()))
            })
        })
        .await?;
    forget.iter().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(reset)
}

/// Another password, from now on; what waited for the same ends, and so does everything that was begun with the former one. Every
/// channel is told. What to forget from the caches.
pub(super) async fn now(tx: &mut Tx, pen: &Pen, id: &AccountId, hash: String) -> Stored<Vec<String>> {
    let Some(account) = accounts::find(tx, &pen.keys, id).await? else { return Ok(Vec::new()) };
    waiting::supersede(tx, pen, id, Kind::Password).await?;
    let new = StoredPassword { hash, origin: PasswordOrigin::Chosen };
    accounts::reset_password(tx, id, Some(&new), pen.now).await?;
    let forget = end_all(tx, id, None, pen.now).await?;
    let subject = format!("account:{id}");
    let who = ("browser", subject.as_str());
    audit::record(tx, &pen.random, pen.now, "password.recovered", who, &serde_json::json!({})).await?;
    let told = told::about(tx, &pen.keys, &account, pen.today).await?;
    let text = texts::password_changed(&pen.site.sms_signature, &told.whose, &pen.site.hotline);
    told.tell(tx, (&pen.keys, &pen.random), (texts::PASSWORD_SUBJECT, &text), pen.now).await?;
    Ok(forget)
}
