//! The phones of accounts: a contact of up to three, a name to sign in with of one.

use super::{
    ACCOUNTS_PER_PHONE, DROP_PHONE, DROP_PHONES, INSERT_PHONE, OF_PHONE, PHONE_SLOT, PHONE_USES, SET_PHONE_PROVEN,
    cache_key, find, hold, holder, phone_index,
};
use crate::clock::Timestamp;
use crate::crypto::Keyring;
use crate::domain::account::Holder;
use crate::domain::contact::Phone;
use crate::ids::AccountId;
use crate::storage::query::{execute, fetch_all, fetch_optional, on_engine};
use crate::storage::{Conn, Stored, Tx, changes};

/// Takes the phone's first free slot; slot 1 makes it the sign-in name too.
pub(super) async fn insert_phone(tx: &mut Tx, index: &str, account: &str) -> Stored<bool> {
    for slot in 1..=ACCOUNTS_PER_PHONE {
        if execute!(tx, INSERT_PHONE, index, slot, account)? == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The accounts whose contact this phone is.
///
/// # Errors
/// The store's own.
pub async fn of_phone(conn: &mut Conn, keys: &Keyring, phone: &Phone) -> Stored<Vec<AccountId>> {
    let rows = fetch_all!(conn, (String,), OF_PHONE, phone_index(keys, phone))?;
    Ok(rows.into_iter().map(|(id,)| AccountId(id)).collect())
}

/// Gives a person's account another phone, proven at that moment; `false`, and nothing has changed, if it is the contact of as many
/// accounts as it may be.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`](crate::storage::StorageError::Corrupt).
pub async fn set_phone(
    tx: &mut Tx,
    keys: &Keyring,
    id: &AccountId,
    (phone, proven_at): (&Phone, Timestamp),
    now: Timestamp,
) -> Stored<bool> {
    hold(tx, id).await?;
    let Some(mut account) = find(tx, keys, id).await? else { return Ok(false) };
    let before = account.phone().cloned();
    let Holder::Person(person) = &mut account.holder else { return Ok(false) };
    if before.as_ref() != Some(phone) {
        execute!(tx, DROP_PHONE, id.as_str())?;
        if !insert_phone(tx, &phone_index(keys, phone), id.as_str()).await? {
            // The place that it had is free still: nobody else sees this transaction.
            if let Some(before) = &before {
                insert_phone(tx, &phone_index(keys, before), id.as_str()).await?;
            }
            return Ok(false);
        }
    }
    person.phone = Some(phone.clone());
    execute!(tx, SET_PHONE_PROVEN, id.as_str(), proven_at.0)?;
    holder::write(tx, keys, &account, now).await
}

/// Takes an account's phone for somebody else's: it signs in nobody and proves nothing until it is proven again.
///
/// # Errors
/// The store's own.
pub async fn give_up_phone(tx: &mut Tx, id: &AccountId, now: Timestamp) -> Stored<()> {
    execute!(tx, DROP_PHONE, id.as_str())?;
    execute!(tx, SET_PHONE_PROVEN, id.as_str(), None::<i64>)?;
    changes::record(tx, &cache_key(id), now).await
}

/// How many accounts have this phone as their contact.
///
/// # Errors
/// The store's own.
pub async fn phone_uses(conn: &mut Conn, keys: &Keyring, phone: &Phone) -> Stored<i64> {
    let row = fetch_optional!(conn, (i64,), PHONE_USES, phone_index(keys, phone))?;
    Ok(row.map_or(0, |(uses,)| uses))
}

/// Whether this account signs in with the phone.
///
/// # Errors
/// The store's own.
pub async fn signs_in(conn: &mut Conn, keys: &Keyring, phone: &Phone, account: &AccountId) -> Stored<bool> {
    let row = fetch_optional!(conn, (i64,), PHONE_SLOT, phone_index(keys, phone), account.as_str())?;
    Ok(row == Some((1,)))
}

/// Makes the phone the sign-in name of another account that has it as its contact; `false` if it isn't the first one's,
/// or not the other's contact.
///
/// # Errors
/// The store's own.
pub async fn move_sign_in(
    tx: &mut Tx,
    keys: &Keyring,
    phone: &Phone,
    (from, to): (&AccountId, &AccountId),
) -> Stored<bool> {
    let index = phone_index(keys, phone);
    let holder = fetch_optional!(tx, (i64,), PHONE_SLOT, index.as_str(), from.as_str())?;
    let Some((slot,)) = fetch_optional!(tx, (i64,), PHONE_SLOT, index.as_str(), to.as_str())? else { return Ok(false) };
    if holder != Some((1,)) {
        return Ok(false);
    }
    // The two change places: each slot and each account is there once, at every moment that others see.
    execute!(tx, DROP_PHONES, index.as_str(), from.as_str(), to.as_str())?;
    execute!(tx, INSERT_PHONE, index.as_str(), 1_i64, to.as_str())?;
    execute!(tx, INSERT_PHONE, index.as_str(), slot, from.as_str())?;
    Ok(true)
}
