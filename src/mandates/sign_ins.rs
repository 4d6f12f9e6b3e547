//! The sign-ins of a unit's own account, ended by its representative or an administrator.

use serde_json::json;

use super::{Done, Pen, Refusal, actor};
use crate::app::App;
use crate::domain::mandate::Role;
use crate::ids::{AccountId, SessionId};
use crate::storage::{Stored, sessions};

/// Ends a sign-in of the unit's own account and every token granted in it; nothing happens if it has ended already.
///
/// # Errors
/// The store's own.
pub async fn end_sign_in(app: &App, (person, unit): (&AccountId, &AccountId), session: &SessionId) -> Stored<Done<()>> {
    let (pen, who, id, ended) = (Pen::of(app), person.clone(), unit.clone(), session.clone());
    let done = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mine = pen.acting(tx, &id, &who).await?.filter(|mandate| mandate.terms.role != Role::Agent);
                if mine.is_none() || pen.active(tx, &id).await?.is_none() {
                    return Stored::Ok(Err(Refusal::Unknown));
                }
                if sessions::end(tx, &id, &ended, pen.now).await? {
                    let detail = json!({ "session": ended, "why": "by the unit" });
                    pen.note(tx, "sign_out", &actor(&who), (&id, &[]), &detail).await?;
                }
                Ok(Ok(()))
            })
        })
        .await?;
    app.caches.forget(&sessions::cache_key(session));
    Ok(done)
}
