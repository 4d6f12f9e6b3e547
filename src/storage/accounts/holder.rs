//! What is known of an account's holder, changed later: a unit's register entry, a confirmed e-mail address, a person's own
//! postal address. All of it is sealed in one field, which is written as a whole.

use super::{SET_HOLDER, cache_key, find, hold};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::account::{Account, Holder, Organisation};
use crate::domain::address::PostalAddress;
use crate::domain::unit::Unit;
use crate::ids::AccountId;
use crate::storage::query::{execute, on_engine};
use crate::storage::{Stored, Tx, changes};

/// Writes what a unit's account is now, as the registry has confirmed it: its name may be another than before.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn set_unit(tx: &mut Tx, keys: &Keyring, id: &AccountId, unit: &Unit, now: Timestamp) -> Stored<()> {
    let Some(account) = find(tx, keys, id).await? else { return Ok(()) };
    let email = account.email().cloned();
    let holder = Holder::Organisation(Organisation { unit: unit.clone(), email });
    write(tx, keys, &Account { holder, ..account }, now).await.map(drop)
}

/// Marks the e-mail address of an account confirmed, if it is still the one that the link was sent to.
///
/// # Errors
/// The store's own.
pub async fn confirm_email(tx: &mut Tx, keys: &Keyring, account: &Account, now: Timestamp) -> Stored<bool> {
    write(tx, keys, &Account { email_verified_at: Some(now), ..account.clone() }, now).await
}

/// Writes a person's own address, or removes it; whether that changed anything. A unit's is its registry's word: nothing
/// happens.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`](crate::storage::StorageError::Corrupt).
pub async fn set_address(
    tx: &mut Tx,
    keys: &Keyring,
    id: &AccountId,
    address: Option<&PostalAddress>,
    now: Timestamp,
) -> Stored<bool> {
    // The row is held first: the rest of what is sealed in it is what others have left there.
    hold(tx, id).await?;
    let Some(mut account) = find(tx, keys, id).await? else { return Ok(false) };
    let Holder::Person(person) = &mut account.holder else { return Ok(false) };
    if person.address.as_deref() == address {
        return Ok(false);
    }
    person.address = address.cloned().map(Box::new);
    write(tx, keys, &account, now).await
}

/// Writes the holder of an account as it was read, and when the e-mail address was confirmed; `false` if the row is another
/// one by now.
pub(super) async fn write(tx: &mut Tx, keys: &Keyring, account: &Account, now: Timestamp) -> Stored<bool> {
    let (id, verified) = (&account.id, account.email_verified_at.map(|at| at.0));
    let sealed = keys.seal_json(Purpose::Field, id.as_str(), &account.holder)?;
    let rows = execute!(tx, SET_HOLDER, id.as_str(), sealed, verified, now.0, account.updated_at.0)?;
    changes::record(tx, &cache_key(id), now).await?;
    Ok(rows == 1)
}
