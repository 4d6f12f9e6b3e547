//! Passkeys, authenticator apps and recovery codes. What kinds an account has is kept with the account too, by the same
//! transaction, which holds the account's row meanwhile.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, accounts};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::authenticator::{Authenticator, AuthenticatorKind, SecondFactors};
use crate::ids::{AccountId, AuthenticatorId};

statements! {
    INSERT = "INSERT INTO authenticators (id, account_id, kind, label, secret, credential_index, added_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_index) DO NOTHING";
    OF_ACCOUNT = "SELECT id, account_id, kind, label, secret, last_step, added_at, used_at FROM authenticators \
                  WHERE account_id = $1 ORDER BY added_at, id";
    BY_CREDENTIAL = "SELECT id, account_id, kind, label, secret, last_step, added_at, used_at FROM authenticators \
                     WHERE credential_index = $1";
    USE_STEP = "UPDATE authenticators SET last_step = $2, used_at = $3 WHERE id = $1 AND (last_step IS NULL OR last_step < $2)";
    USE_SECRET = "UPDATE authenticators SET secret = $3, used_at = $4 WHERE id = $1 AND secret = $2";
    REMOVE = "DELETE FROM authenticators WHERE id = $1 AND account_id = $2";
    REMOVE_ALL = "DELETE FROM authenticators WHERE account_id = $1";
    MAKE_CODE = "INSERT INTO recovery_codes (account_id, code_hash, made_at) VALUES ($1, $2, $3)";
    DROP_CODES = "DELETE FROM recovery_codes WHERE account_id = $1";
    USE_CODE = "UPDATE recovery_codes SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL";
    CODES_LEFT = "SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL";
}

/// How many authenticators an account has at the most.
pub const MOST: usize = 10;

/// An authenticator with what it proves itself by.
#[derive(Clone, Debug)]
pub struct StoredAuthenticator {
    /// As its owner sees it.
    pub shown: Authenticator,
    /// Whose it is.
    pub account: AccountId,
    /// A passkey's public key as JSON, or an app's shared secret in base 32; sealed as it stands in the row.
    sealed: String,
}

impl StoredAuthenticator {
    /// The public key, or the shared secret.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`]
    pub fn secret(&self, keys: &Keyring) -> Stored<String> {
        let corrupt =
            |_| StorageError::Corrupt { table: "authenticators", key: self.shown.id.0.clone(), column: "secret" };
        keys.open_json(Purpose::Field, self.shown.id.as_str(), &self.sealed).map_err(corrupt)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account_id: String,
    kind: String,
    label: String,
    secret: String,
    added_at: i64,
    used_at: Option<i64>,
}

impl Row {
    fn open(self, keys: &Keyring) -> Stored<StoredAuthenticator> {
        let corrupt = |column| StorageError::Corrupt { table: "authenticators", key: self.id.clone(), column };
        let kind = AuthenticatorKind::parse(&self.kind).ok_or_else(|| corrupt("kind"))?;
        let label = keys.open_json(Purpose::Field, &self.id, &self.label).map_err(|_| corrupt("label"))?;
        let (added_at, used_at) = (Timestamp(self.added_at), self.used_at.map(Timestamp));
        let shown = Authenticator { id: AuthenticatorId(self.id), kind, label, added_at, used_at };
        Ok(StoredAuthenticator { shown, account: AccountId(self.account_id), sealed: self.secret })
    }
}

/// The index by which a passkey is found: its credential id.
pub fn credential_index(keys: &Keyring, credential: &[u8]) -> String {
    keys.index(
        "credential",
        &crate::crypto::sha256(&base64::Engine::encode(&base64::engine::general_purpose::STANDARD, credential)),
    )
}

/// Stores an authenticator of an account; `false` if it has as many as it may, or the passkey is an account's already. `credential` is
/// a passkey's index.
///
/// # Errors
/// The store's own.
pub async fn insert(
    tx: &mut Tx,
    keys: &Keyring,
    (account, shown): (&AccountId, &Authenticator),
    secret: &str,
    credential: Option<&str>,
) -> Stored<bool> {
    accounts::hold(tx, account).await?;
    if of_account(tx, keys, account).await?.len() >= MOST {
        return Ok(false);
    }
    let id = shown.id.as_str();
    let (label, secret) =
        (keys.seal_json(Purpose::Field, id, &shown.label)?, keys.seal_json(Purpose::Field, id, &secret)?);
    let kind = shown.kind.as_str();
    let added = execute!(tx, INSERT, id, account.as_str(), kind, label, secret, credential, shown.added_at.0)?;
    if added == 1 {
        note_kinds(tx, keys, account, shown.added_at).await?;
    }
    Ok(added == 1)
}

/// Notes with the account which kinds it has now; the last one's end takes the recovery codes along.
async fn note_kinds(tx: &mut Tx, keys: &Keyring, account: &AccountId, now: Timestamp) -> Stored<()> {
    let left = of_account(tx, keys, account).await?;
    if left.is_empty() {
        execute!(tx, DROP_CODES, account.as_str())?;
    }
    let kinds = SecondFactors::of(left.iter().map(|stored| stored.shown.kind));
    accounts::set_second_factors(tx, account, kinds, now).await
}

/// The authenticators of an account, the oldest first.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn of_account(conn: &mut Conn, keys: &Keyring, account: &AccountId) -> Stored<Vec<StoredAuthenticator>> {
    fetch_all!(conn, Row, OF_ACCOUNT, account.as_str())?.into_iter().map(|row| row.open(keys)).collect()
}

/// The passkey with this credential index.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn by_credential(conn: &mut Conn, keys: &Keyring, index: &str) -> Stored<Option<StoredAuthenticator>> {
    fetch_optional!(conn, Row, BY_CREDENTIAL, index)?.map(|row| row.open(keys)).transpose()
}

/// Uses an app's code of one half minute; `false` if that one or a later one was used (RFC 6238, section 5.2).
///
/// # Errors
/// The store's own.
pub async fn use_step(tx: &mut Tx, id: &AuthenticatorId, step: i64, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, USE_STEP, id.as_str(), step, now.0)? == 1)
}

/// Uses a passkey, with its counter as it is now; `false` if it was used or removed at the same moment.
///
/// # Errors
/// The store's own.
pub async fn use_passkey(
    tx: &mut Tx,
    keys: &Keyring,
    stored: &StoredAuthenticator,
    secret: &str,
    now: Timestamp,
) -> Stored<bool> {
    let id = stored.shown.id.as_str();
    let sealed = keys.seal_json(Purpose::Field, id, &secret)?;
    Ok(execute!(tx, USE_SECRET, id, stored.sealed.as_str(), sealed, now.0)? == 1)
}

/// Removes one of an account's; `false` if there is none.
///
/// # Errors
/// The store's own.
pub async fn remove(
    tx: &mut Tx,
    keys: &Keyring,
    account: &AccountId,
    id: &AuthenticatorId,
    now: Timestamp,
) -> Stored<bool> {
    accounts::hold(tx, account).await?;
    let removed = execute!(tx, REMOVE, id.as_str(), account.as_str())? == 1;
    if removed {
        note_kinds(tx, keys, account, now).await?;
    }
    Ok(removed)
}

/// Removes all of an account's, and its recovery codes.
///
/// # Errors
/// The store's own.
pub async fn remove_all(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Stored<()> {
    accounts::hold(tx, account).await?;
    execute!(tx, REMOVE_ALL, account.as_str())?;
    execute!(tx, DROP_CODES, account.as_str())?;
    accounts::set_second_factors(tx, account, SecondFactors::default(), now).await
}

/// Puts recovery codes, by their keyed hashes, in the place of those of before.
///
/// # Errors
/// The store's own.
pub async fn make_codes(tx: &mut Tx, account: &AccountId, hashes: &[String], now: Timestamp) -> Stored<()> {
    accounts::hold(tx, account).await?;
    execute!(tx, DROP_CODES, account.as_str())?;
    for hash in hashes {
        execute!(tx, MAKE_CODE, account.as_str(), hash.as_str(), now.0)?;
    }
    Ok(())
}

/// Uses a recovery code; `false` if there is none such, or it was used.
///
/// # Errors
/// The store's own.
pub async fn use_code(tx: &mut Tx, account: &AccountId, hash: &str, now: Timestamp) -> Stored<bool> {
    Ok(execute!(tx, USE_CODE, account.as_str(), hash, now.0)? == 1)
}

/// How many recovery codes an account has left.
///
/// # Errors
/// The store's own.
pub async fn codes_left(conn: &mut Conn, account: &AccountId) -> Stored<i64> {
    Ok(fetch_optional!(conn, (i64,), CODES_LEFT, account.as_str())?.map_or(0, |(left,)| left))
}
