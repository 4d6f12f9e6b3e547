//! The phones of accounts: a contact of up to three, a name to sign in with of one.

use super::{ACCOUNTS_PER_PHONE, DROP_PHONES, INSERT_PHONE, PHONE_SLOT, PHONE_USES, phone_index};
use crate::crypto::Keyring;
use crate::domain::contact::Phone;
use crate::ids::AccountId;
use crate::storage::query::{execute, fetch_optional, on_engine};
use crate::storage::{Conn, Stored, Tx};

/// Takes the phone's first free slot; slot 1 makes it the sign-in name too.
pub(super) async fn insert_phone(tx: &mut Tx, index: &str, account: &str) -> Stored<bool> {
    for slot in 1..=ACCOUNTS_PER_PHONE {
        if execute!(tx, INSERT_PHONE, index, slot, account)? == 1 {
            return Ok(true);
        }
    }
    Ok(false)
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
