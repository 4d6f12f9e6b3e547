//! Another phone, and a number that is somebody else's by now.

use serde_json::json;

use super::{Pen, stop, supersede};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::{Account, AccountStatus};
use crate::domain::contact::Phone;
use crate::domain::recovery::Kind;
use crate::domain::session::Session;
use crate::ids::AccountId;
use crate::notify::codes::Recipient;
use crate::notify::{texts, told};
use crate::sign_in::session::end_all;
use crate::storage::{Stored, Tx, accounts, audit, authenticators, links, recoveries};

/// A phone that becomes an account's.
#[derive(Clone, Debug)]
pub struct NewPhone {
    /// The phone.
    pub phone: Phone,
    /// When its code was typed.
    pub proven_at: Timestamp,
    /// Whether the second factors that were set up are lost as well.
    pub factors_lost: bool,
}

/// Gives an account another phone, in the caller's transaction: every other sign-in ends, and the old channels and the new one are told.
/// A frozen account is in use again; its password, which others may know, is none any more, nor are its second factors. What to
/// forget from the caches; `None` if the phone is the contact of as many accounts as it may be.
///
/// # Errors
/// The store's own.
pub async fn change(
    tx: &mut Tx,
    pen: &Pen,
    (id, new): (&AccountId, &NewPhone),
    (who, spare): (&str, Option<&Session>),
) -> Stored<Option<Vec<String>>> {
    accounts::hold(tx, id).await?;
    let Some(account) = accounts::find(tx, &pen.keys, id).await? else { return Ok(None) };
    if !accounts::set_phone(tx, &pen.keys, id, (&new.phone, new.proven_at), pen.now).await? {
        return Ok(None);
    }
    supersede(tx, pen, id, Kind::Phone).await?;
    let frozen = account.status == AccountStatus::Frozen;
    if frozen || new.factors_lost {
        authenticators::remove_all(tx, id, pen.now).await?;
    }
    if frozen {
        accounts::reset_password(tx, id, None, pen.now).await?;
        // Whoever was at it may have bound an old account that signs in here: the owner binds what is the owner's anew.
        for link in links::of_account(tx, id).await? {
            links::unlink(tx, &link.id, id, pen.now).await?;
        }
        accounts::set_status(tx, id, AccountStatus::Active, pen.now).await?;
    }
    let forget = end_all(tx, id, spare, pen.now).await?;
    let subject = format!("account:{id}");
    let detail = json!({ "factors_removed": frozen || new.factors_lost });
    audit::record(tx, &pen.random, pen.now, "phone.changed", (who, &subject), &detail).await?;
    if frozen {
        audit::record(tx, &pen.random, pen.now, "account.restored", (who, &subject), &json!({})).await?;
    }
    let mut told = told::about(tx, &pen.keys, &account, pen.today).await?;
    let to = Recipient::Phone(new.phone.clone());
    if !told.channels.contains(&to) {
        told.channels.push(to);
    }
    let text = texts::phone_changed(&pen.site.sms_signature, &told.whose, &pen.site.hotline);
    told.tell(tx, (&pen.keys, &pen.random), (texts::RECOVERY_SUBJECT, &text), pen.now).await?;
    Ok(Some(forget))
}

/// The same at once, for somebody who has proven to be the owner and to hold both phones; `false` if the new one is the contact of as
/// many accounts as it may be.
///
/// # Errors
/// The store's own.
pub async fn change_now(app: &App, here: &Session, new: NewPhone) -> Stored<bool> {
    let (pen, here) = (Pen::of(app), here.clone());
    let forget = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let who = format!("account:{}", here.account);
                change(tx, &pen, (&here.account, &new), (&who, Some(&here))).await
            })
        })
        .await?;
    forget.iter().flatten().for_each(|key| app.caches.forget(key));
    app.outbox.notify_one();
    Ok(forget.is_some())
}

/// Takes a phone off every account whose contact it is: its present holder isn't their owner. It signs nobody in any more and gets no
/// codes; the owners are told on their other channels. Whether there was any shows in nothing that is answered.
///
/// # Errors
/// The store's own.
pub async fn give_up(app: &App, phone: &Phone) -> Stored<()> {
    let (pen, phone) = (Pen::of(app), phone.clone());
    let touched = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let owners = accounts::of_phone(tx, &pen.keys, &phone).await?;
                for id in &owners {
                    accounts::hold(tx, id).await?;
                    take_off(tx, &pen, id, &phone).await?;
                }
                Stored::Ok(owners)
            })
        })
        .await?;
    touched.iter().for_each(|id| app.caches.forget(&accounts::cache_key(id)));
    app.outbox.notify_one();
    Ok(())
}

async fn take_off(tx: &mut Tx, pen: &Pen, id: &AccountId, phone: &Phone) -> Stored<()> {
    let Some(account) = accounts::find(tx, &pen.keys, id).await?.filter(|account| account.phone() == Some(phone))
    else {
        return Ok(());
    };
    accounts::give_up_phone(tx, id, pen.now).await?;
    // What that phone has asked for is its new holder's doing.
    if let Some(waiting) = recoveries::of_kind(tx, &pen.keys, id, Kind::Password).await? {
        stop(tx, pen, &waiting, "portal").await?;
    }
    let subject = format!("account:{id}");
    audit::record(tx, &pen.random, pen.now, "phone.given_up", ("browser", &subject), &json!({})).await?;
    let account = Account { phone_proven_at: None, ..account };
    let told = told::about(tx, &pen.keys, &account, pen.today).await?;
    let text = texts::phone_given_up(&pen.site.sms_signature, &told.whose, &pen.site.hotline);
    told.tell(tx, (&pen.keys, &pen.random), (texts::RECOVERY_SUBJECT, &text), pen.now).await
}
