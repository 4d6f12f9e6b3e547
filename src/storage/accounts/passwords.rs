//! Passwords that were carried over from a legacy system.

use super::{CARRIED_OVER, DROP_PASSWORD, cache_key, origin_text};
use crate::clock::Timestamp;
use crate::domain::account::PasswordOrigin;
use crate::ids::{AccountId, SystemId};
use crate::storage::query::{execute, fetch_all, on_engine};
use crate::storage::{Conn, Stored, Tx, changes};

/// The next accounts, after this one, whose password was carried over from a system.
///
/// # Errors
/// The store's own.
pub async fn carried_over(
    conn: &mut Conn,
    system: &SystemId,
    after: Option<&AccountId>,
    at_most: i64,
) -> Stored<Vec<AccountId>> {
    let origin = origin_text(&PasswordOrigin::CarriedOver(system.clone()));
    let after = after.map_or("", AccountId::as_str);
    let found = fetch_all!(conn, (String,), CARRIED_OVER, origin.as_str(), after, at_most)?;
    Ok(found.into_iter().map(|(id,)| AccountId(id)).collect())
}

/// Takes a password away that was carried over from a system; `false` if the account has another one by now, or none.
///
/// # Errors
/// The store's own.
pub async fn drop_carried_over(tx: &mut Tx, id: &AccountId, system: &SystemId, now: Timestamp) -> Stored<bool> {
    let origin = origin_text(&PasswordOrigin::CarriedOver(system.clone()));
    let dropped = execute!(tx, DROP_PASSWORD, id.as_str(), origin.as_str(), now.0)? == 1;
    changes::record(tx, &cache_key(id), now).await?;
    Ok(dropped)
}
