//! Accounts, their documents and phones. Uniqueness is the database's, not the code's.

mod holder;
mod passwords;
mod phones;

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, StorageError, Stored, Tx, changes, units};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};
use crate::domain::account::{Account, AccountStatus, Holder, PasswordOrigin, StoredPassword};
use crate::domain::authenticator::SecondFactors;
use crate::domain::contact::Phone;
use crate::domain::document::Document;
use crate::domain::identifier::SignInIdentifier;
use crate::domain::unit::Unit;
use crate::domain::user_name::UserName;
use crate::ids::{AccountId, SystemId, VerificationId};
use crate::protocol::acr::IdentityLevel;

pub use holder::{confirm_email, set_address, set_unit};
pub use passwords::{carried_over, drop_carried_over};
pub use phones::{give_up_phone, move_sign_in, of_phone, phone_uses, set_phone, signs_in};

use phones::insert_phone;

statements! {
    INSERT = "INSERT INTO accounts (id, kind, status, user_name, user_name_folded, holder, phone_proven_at, \
              email_verified_at, password_hash, password_origin, identity_level, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (user_name_folded) DO NOTHING";
    INSERT_DOCUMENT = "INSERT INTO documents (number_index, account_id, document, added_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (number_index) DO NOTHING";
    INSERT_PHONE = "INSERT INTO account_phones (phone_index, slot, account_id) VALUES ($1, $2, $3) \
                    ON CONFLICT (phone_index, slot) DO NOTHING";
    INSERT_VERIFICATION = "INSERT INTO verifications (id, account_id, method, source, level, verified_at) \
                           VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_AGREEMENT = "INSERT INTO agreements (account_id, agreement, version, accepted_at) VALUES ($1, $2, $3, $4) \
                        ON CONFLICT (account_id, agreement, version) DO NOTHING";
    EVIDENCE = "SELECT id, method, source, level, verified_at FROM verifications \
                WHERE account_id = $1 ORDER BY level DESC, verified_at DESC, id DESC";
    FIND = "SELECT id, kind, status, user_name, holder, phone_proven_at, email_verified_at, password_hash, \
            password_origin, second_factors, identity_level, created_at, updated_at FROM accounts \
            WHERE id = $1 AND status <> 'closed'";
    NAMED = "SELECT id FROM accounts WHERE user_name_folded IN ($1, $2)";
    BY_USER_NAME = "SELECT id FROM accounts WHERE user_name_folded = $1";
    BY_PHONE = "SELECT account_id FROM account_phones WHERE phone_index = $1 AND slot = 1";
    BY_DOCUMENT = "SELECT account_id FROM documents WHERE number_index = $1";
    PHONE_SLOT = "SELECT slot FROM account_phones WHERE phone_index = $1 AND account_id = $2";
    DROP_PHONES = "DELETE FROM account_phones WHERE phone_index = $1 AND account_id IN ($2, $3)";
    DROP_PHONE = "DELETE FROM account_phones WHERE account_id = $1";
    OF_PHONE = "SELECT account_id FROM account_phones WHERE phone_index = $1 ORDER BY slot";
    SET_PHONE_PROVEN = "UPDATE accounts SET phone_proven_at = $2 WHERE id = $1";
    PHONE_USES = "SELECT COUNT(*) FROM account_phones WHERE phone_index = $1";
    SET_PASSWORD = "UPDATE accounts SET password_hash = $2, updated_at = $3 WHERE id = $1 AND password_hash = $4";
    RESET_PASSWORD = "UPDATE accounts SET password_hash = $2, password_origin = $3, updated_at = $4 WHERE id = $1";
    SET_HOLDER = "UPDATE accounts SET holder = $2, email_verified_at = $3, updated_at = $4 WHERE id = $1 AND updated_at = $5";
    HOLD = "UPDATE accounts SET updated_at = updated_at WHERE id = $1";
    SET_FACTORS = "UPDATE accounts SET second_factors = $2 WHERE id = $1";
    PHONE_PROVEN = "UPDATE accounts SET phone_proven_at = $2 WHERE id = $1 AND phone_proven_at < $2";
    CARRIED_OVER = "SELECT id FROM accounts WHERE password_origin = $1 AND id > $2 ORDER BY id LIMIT $3";
    DROP_PASSWORD = "UPDATE accounts SET password_hash = NULL, password_origin = NULL, updated_at = $3 \
                     WHERE id = $1 AND password_origin = $2";
    SET_STATUS = "UPDATE accounts SET status = $2, updated_at = $3 WHERE id = $1";
}

/// How many accounts may have one phone as their contact.
pub const ACCOUNTS_PER_PHONE: i64 = 3;

/// What stood in the way of a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Somebody has this user name.
    UserName,
    /// This document belongs to a verified account.
    Document,
    /// This credit code belongs to a unit's account.
    CreditCode,
    /// The phone is the contact of as many accounts as it may be.
    Phone,
}

/// A check that was passed, as evidence of an account's level.
#[derive(Clone, Debug)]
pub struct Verification<'a> {
    /// Its id.
    pub id: VerificationId,
    /// `name_and_number`, `upstream`, …
    pub method: &'a str,
    /// Which source or system.
    pub source: &'a str,
    /// When.
    pub at: Timestamp,
}

/// What an account's level rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// `name_and_number`, `upstream`, …
    pub method: String,
    /// Which source or system.
    pub source: String,
    /// The level that it gives.
    pub level: IdentityLevel,
    /// When it was checked.
    pub at: Timestamp,
}

/// The evidence of an account, the strongest first and of equals the newest.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn evidence(conn: &mut Conn, id: &AccountId) -> Stored<Vec<Evidence>> {
    let rows = fetch_all!(conn, (String, String, String, i64, i64), EVIDENCE, id.as_str())?;
    rows.into_iter()
        .map(|(key, method, source, level, at)| {
            let corrupt = StorageError::Corrupt { table: "verifications", key, column: "level" };
            let level = IdentityLevel::from_number(level).ok_or(corrupt)?;
            Ok(Evidence { method, source, level, at: Timestamp(at) })
        })
        .collect()
}

/// The blind index of a document: type, issuing country and number.
pub fn document_index(keys: &Keyring, document: &Document) -> String {
    keys.index("document", &document.key())
}

/// The blind index of a phone.
pub fn phone_index(keys: &Keyring, phone: &Phone) -> String {
    keys.index("phone", phone.as_str())
}

/// Stores an account with its document, its phone and its evidence.
///
/// # Errors
/// The store's own. `Ok(Err(_))` must be turned into an error by the caller, so that the transaction is rolled back.
pub async fn insert(
    tx: &mut Tx,
    keys: &Keyring,
    account: &Account,
    verification: &Verification<'_>,
) -> Stored<Result<(), Taken>> {
    let id = account.id.as_str();
    let holder = keys.seal_json(Purpose::Field, id, &account.holder)?;
    let (hash, origin) = match &account.password {
        None => (None, None),
        Some(p) => (Some(p.hash.as_str()), Some(origin_text(&p.origin))),
    };
    if user_name_taken(tx, keys, &account.user_name).await? {
        return Ok(Err(Taken::UserName));
    }
    let added = execute!(
        tx,
        INSERT,
        id,
        account.kind().as_str(),
        account.status.as_str(),
        account.user_name.as_str(),
        account.user_name.fold(),
        holder,
        account.phone_proven_at.map(|t| t.0),
        account.email_verified_at.map(|t| t.0),
        hash,
        origin,
        account.identity_level as i64,
        account.created_at.0,
    )?;
    if added == 0 {
        return Ok(Err(Taken::UserName));
    }
    let taken = match &account.holder {
        Holder::Person(person) => insert_document(tx, keys, account, &person.document).await?,
        Holder::Organisation(organisation) => insert_unit(tx, account, &organisation.unit).await?,
    };
    if let Err(taken) = taken {
        return Ok(Err(taken));
    }
    if let Some(phone) = account.phone()
        && !insert_phone(tx, &phone_index(keys, phone), id).await?
    {
        return Ok(Err(Taken::Phone));
    }
    let Verification { id: verification_id, method, source, at } = verification;
    let level = account.identity_level as i64;
    execute!(tx, INSERT_VERIFICATION, verification_id.as_str(), id, *method, *source, level, at.0)?;
    Ok(Ok(()))
}

/// Stores which agreements an account's owner has accepted: name, version, when.
///
/// # Errors
/// The store's own.
pub async fn agree(tx: &mut Tx, id: &AccountId, agreements: &[(&str, String, Timestamp)]) -> Stored<()> {
    for (agreement, version, accepted) in agreements {
        execute!(tx, INSERT_AGREEMENT, id.as_str(), *agreement, version.as_str(), accepted.0)?;
    }
    Ok(())
}

async fn insert_document(
    tx: &mut Tx,
    keys: &Keyring,
    account: &Account,
    document: &Document,
) -> Stored<Result<(), Taken>> {
    let id = account.id.as_str();
    let sealed = keys.seal_json(Purpose::Field, id, document)?;
    let added = execute!(tx, INSERT_DOCUMENT, document_index(keys, document), id, sealed, account.created_at.0)?;
    Ok(if added == 1 { Ok(()) } else { Err(Taken::Document) })
}

async fn insert_unit(tx: &mut Tx, account: &Account, unit: &Unit) -> Stored<Result<(), Taken>> {
    let added = units::insert(tx, &unit.credit_code, &account.id, account.created_at).await?;
    Ok(if added { Ok(()) } else { Err(Taken::CreditCode) })
}

fn origin_text(origin: &PasswordOrigin) -> String {
    match origin {
        PasswordOrigin::Chosen => "chosen".to_owned(),
        PasswordOrigin::CarriedOver(system) => format!("system:{system}"),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    status: String,
    user_name: String,
    holder: String,
    phone_proven_at: Option<i64>,
    email_verified_at: Option<i64>,
    password_hash: Option<String>,
    password_origin: Option<String>,
    second_factors: String,
    identity_level: i64,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn into_account(self, keys: &Keyring) -> Stored<Account> {
        let key = self.id.clone();
        let corrupt = |column| StorageError::Corrupt { table: "accounts", key: key.clone(), column };
        let password = match (self.password_hash, self.password_origin.as_deref()) {
            (None, None) => None,
            (Some(hash), Some("chosen")) => Some(StoredPassword { hash, origin: PasswordOrigin::Chosen }),
            (Some(hash), Some(origin)) => {
                let system = origin.strip_prefix("system:").ok_or_else(|| corrupt("password_origin"))?;
                Some(StoredPassword { hash, origin: PasswordOrigin::CarriedOver(SystemId::from(system)) })
            }
            _ => return Err(corrupt("password_hash")),
        };
        let holder: Holder = keys.open_json(Purpose::Field, &self.id, &self.holder).map_err(|_| corrupt("holder"))?;
        let account = Account {
            status: AccountStatus::parse(&self.status).ok_or_else(|| corrupt("status"))?,
            user_name: UserName::parse(&self.user_name).map_err(|_| corrupt("user_name"))?,
            holder,
            phone_proven_at: self.phone_proven_at.map(Timestamp),
            email_verified_at: self.email_verified_at.map(Timestamp),
            second_factors: SecondFactors::parse(&self.second_factors),
            identity_level: IdentityLevel::from_number(self.identity_level).ok_or_else(|| corrupt("identity_level"))?,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            password,
            id: AccountId(self.id.clone()),
        };
        if account.kind().as_str() != self.kind {
            return Err(corrupt("kind"));
        }
        Ok(account)
    }
}

/// The account with this id; of one that is closed nothing is left to be found.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find(conn: &mut Conn, keys: &Keyring, id: &AccountId) -> Stored<Option<Account>> {
    fetch_optional!(conn, Row, FIND, id.as_str())?.map(|row| row.into_account(keys)).transpose()
}

/// The account that signs in with this identifier.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find_by_identifier(
    conn: &mut Conn,
    keys: &Keyring,
    identifier: &SignInIdentifier,
) -> Stored<Option<Account>> {
    let found = match identifier {
        SignInIdentifier::UserName(name) => fetch_optional!(conn, (String,), BY_USER_NAME, name.fold())?,
        SignInIdentifier::Phone(phone) => fetch_optional!(conn, (String,), BY_PHONE, phone_index(keys, phone))?,
        SignInIdentifier::Document(document) => {
            fetch_optional!(conn, (String,), BY_DOCUMENT, document_index(keys, document))?
        }
        SignInIdentifier::CreditCode(code) => units::find(conn, code).await?.map(|id| (id.0,)),
    };
    // Nobody has the empty id: for a name that is nobody's the database is asked as often as for any other.
    let (id,) = found.unwrap_or_default();
    find(conn, keys, &AccountId(id)).await
}

/// The verified account that a document belongs to.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn find_by_document(conn: &mut Conn, keys: &Keyring, document: &Document) -> Stored<Option<Account>> {
    match fetch_optional!(conn, (String,), BY_DOCUMENT, document_index(keys, document))? {
        Some((id,)) => find(conn, keys, &AccountId(id)).await,
        None => Ok(None),
    }
}

/// Whether a user name is in use, in any spelling, or was that of an account that is closed.
///
/// # Errors
/// The store's own.
pub async fn user_name_taken(conn: &mut Conn, keys: &Keyring, name: &UserName) -> Stored<bool> {
    Ok(fetch_optional!(conn, (String,), NAMED, name.fold(), former_name(keys, name))?.is_some())
}

/// What stands in the place of a closed account's user name: it can't be read, and nobody gets the name again. No user name looks so.
pub fn former_name(keys: &Keyring, name: &UserName) -> String {
    format!("~{}", keys.index("former user name", &name.fold()))
}

/// Replaces a password's hash by a stronger one of the same password; nothing happens if it was changed meanwhile.
///
/// # Errors
/// The store's own.
pub async fn rehash(tx: &mut Tx, id: &AccountId, old: &str, new: &str, now: Timestamp) -> Stored<()> {
    execute!(tx, SET_PASSWORD, id.as_str(), new, now.0, old).map(drop)
}

/// Gives an account another password, or none.
///
/// # Errors
/// The store's own.
pub async fn reset_password(tx: &mut Tx, id: &AccountId, new: Option<&StoredPassword>, now: Timestamp) -> Stored<()> {
    let (hash, origin) = (new.map(|p| p.hash.as_str()), new.map(|p| origin_text(&p.origin)));
    execute!(tx, RESET_PASSWORD, id.as_str(), hash, origin, now.0)?;
    changes::record(tx, &cache_key(id), now).await
}

/// Keeps others from changing what belongs to an account before this transaction is over.
///
/// # Errors
/// The store's own.
pub async fn hold(tx: &mut Tx, id: &AccountId) -> Stored<()> {
    execute!(tx, HOLD, id.as_str()).map(drop)
}

/// Notes which second factors an account has.
///
/// # Errors
/// The store's own.
pub async fn set_second_factors(tx: &mut Tx, id: &AccountId, factors: SecondFactors, now: Timestamp) -> Stored<()> {
    execute!(tx, SET_FACTORS, id.as_str(), factors.to_text())?;
    changes::record(tx, &cache_key(id), now).await
}

/// Notes that an account's phone was proven again.
///
/// # Errors
/// The store's own.
pub async fn phone_proven(tx: &mut Tx, id: &AccountId, now: Timestamp) -> Stored<()> {
    execute!(tx, PHONE_PROVEN, id.as_str(), now.0)?;
    changes::record(tx, &cache_key(id), now).await
}

/// Stops or restores an account.
///
/// # Errors
/// The store's own.
pub async fn set_status(tx: &mut Tx, id: &AccountId, status: AccountStatus, now: Timestamp) -> Stored<()> {
    execute!(tx, SET_STATUS, id.as_str(), status.as_str(), now.0)?;
    changes::record(tx, &cache_key(id), now).await
}

/// The name under which an account's change is told to other nodes.
pub fn cache_key(id: &AccountId) -> String {
    format!("account:{id}")
}
