//! A password that signs somebody in, and stands on a list of those that are tried first: its owner is told to choose another.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::domain::account::Account;
use crate::notify::{texts, told};
use crate::storage::limits::{self, Limit};
use crate::storage::{Stored, audit};

/// One telling in so long.
const ONCE: Limit = Limit::new(1, 30 * 24 * 60 * 60);

/// Tells every channel of the account, once in a while.
///
/// # Errors
/// The store's own.
pub(super) async fn tell(app: &App, account: &Account) -> Stored<()> {
    let told = told::about(&mut app.db.read().await?, &app.keys, account, app.today()).await?;
    let site = &app.config.site;
    let text = texts::password_exposed(&site.sms_signature, &told.whose, &site.hotline);
    let (keys, random, now) = (Arc::clone(&app.keys), app.random.clone(), app.clock.now());
    let (id, who) = (account.id.clone(), format!("account:{}", account.id));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if !limits::hit(tx, &format!("password exposed {id}"), ONCE, now).await? {
                    return Ok(());
                }
                audit::record(tx, &random, now, "password.exposed", (&who, &who), &json!({})).await?;
                told.tell(tx, (&keys, &random), (texts::EXPOSED_SUBJECT, &text), now).await
            })
        })
        .await?;
    app.outbox.notify_one();
    Ok(())
}
