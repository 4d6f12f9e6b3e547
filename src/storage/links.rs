//! Links (绑定) from legacy accounts to accounts. The key is (system, upstream subject): nothing that a user of the
//! old system can change.

use super::query::{execute, fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, Tx};
use crate::clock::Timestamp;
use crate::ids::{AccountId, JourneyId, LinkId, SystemId, UpstreamSubject};

statements! {
    INSERT = "INSERT INTO legacy_links (id, system_id, subject, account_id, journey_id, linked_at) \
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (system_id, subject) WHERE unlinked_at IS NULL DO NOTHING";
    FIND = "SELECT account_id FROM legacy_links WHERE system_id = $1 AND subject = $2 AND unlinked_at IS NULL";
    UNLINK = "UPDATE legacy_links SET unlinked_at = $3 WHERE id = $1 AND account_id = $2 AND unlinked_at IS NULL \
              RETURNING system_id";
    OF_ACCOUNT = "SELECT id, system_id, subject, linked_at FROM legacy_links \
                  WHERE account_id = $1 AND unlinked_at IS NULL ORDER BY linked_at";
}

/// A link about to be stored.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// The legacy system.
    pub system: SystemId,
    /// Its user.
    pub subject: UpstreamSubject,
    /// The account.
    pub account: AccountId,
    /// The migration that proved it.
    pub journey: JourneyId,
}

/// Stores a link; `false` if the legacy account is linked already.
///
/// # Errors
/// The store's own.
pub async fn insert(tx: &mut Tx, link: &NewLink, now: Timestamp) -> Stored<bool> {
    let rows = execute!(
        tx,
        INSERT,
        link.id.as_str(),
        link.system.as_str(),
        link.subject.as_str(),
        link.account.as_str(),
        link.journey.as_str(),
        now.0,
    )?;
    Ok(rows == 1)
}

/// The account that a legacy account is linked to.
///
/// # Errors
/// The store's own.
pub async fn find(conn: &mut Conn, system: &SystemId, subject: &UpstreamSubject) -> Stored<Option<AccountId>> {
    let row = fetch_optional!(conn, (String,), FIND, system.as_str(), subject.as_str())?;
    Ok(row.map(|(id,)| AccountId(id)))
}

/// A link of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The legacy system.
    pub system: SystemId,
    /// Its user.
    pub subject: UpstreamSubject,
    /// When it was made.
    pub linked_at: Timestamp,
}

/// The links of an account, oldest first.
///
/// # Errors
/// The store's own.
pub async fn of_account(conn: &mut Conn, account: &AccountId) -> Stored<Vec<Link>> {
    let rows = fetch_all!(conn, (String, String, String, i64), OF_ACCOUNT, account.as_str())?;
    Ok(rows
        .into_iter()
        .map(|(id, system, subject, at)| Link {
            id: LinkId(id),
            system: SystemId(system),
            subject: UpstreamSubject(subject),
            linked_at: Timestamp(at),
        })
        .collect())
}

/// Takes a link of an account back, and says of which system it was; `None` if it isn't there. The legacy account can be linked again by a migration
/// of its own: nothing of the old proof is left.
///
/// # Errors
/// The store's own.
pub async fn unlink(tx: &mut Tx, id: &LinkId, account: &AccountId, now: Timestamp) -> Stored<Option<SystemId>> {
    let row = fetch_optional!(tx, (String,), UNLINK, id.as_str(), account.as_str(), now.0)?;
    Ok(row.map(|(system,)| SystemId(system)))
}
