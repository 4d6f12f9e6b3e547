//! What the database keeps about a person, for the copy that they may ask for (PIPL, article 45): what has ended too, which other pages
//! don't show. Secrets aren't read.

use super::query::{fetch_all, on_engine, statements};
use super::{Conn, StorageError, Stored};
use crate::crypto::{Keyring, Purpose};
use crate::domain::document::Document;
use crate::ids::AccountId;

statements! {
    DOCUMENTS = "SELECT number_index, document, added_at FROM documents WHERE account_id = $1 ORDER BY added_at";
    AGREEMENTS = "SELECT agreement, version, accepted_at FROM agreements WHERE account_id = $1 ORDER BY accepted_at, agreement";
    LINKS = "SELECT system_id, subject, linked_at, unlinked_at FROM legacy_links WHERE account_id = $1 ORDER BY linked_at, id";
    MANDATES = "SELECT unit_id, role, valid_from, valid_until, accepted_at, ended_at FROM mandates \
                WHERE person_id = $1 ORDER BY accepted_at, id";
    GUARDIANSHIPS = "SELECT child_id, guardian_id, relation, since, ended_at FROM guardianships \
                     WHERE child_id = $1 OR guardian_id = $1 ORDER BY since, child_id, guardian_id";
    JOURNEYS = "SELECT id, case_number, created_at FROM journeys WHERE account_id = $1 ORDER BY created_at, id";
    EVIDENCE = "SELECT e.kind, e.added_at, e.expires_at FROM evidence e JOIN journeys j ON j.id = e.journey_id \
                WHERE j.account_id = $1 ORDER BY e.added_at, e.slot";
    REVIEWS = "SELECT r.case_number, r.state, r.submitted_at, r.decided_at FROM reviews r WHERE r.account_id = $1 \
               OR r.journey_id IN (SELECT id FROM journeys WHERE account_id = $1) ORDER BY r.submitted_at, r.id";
    SESSIONS = "SELECT device, methods, authenticated_at, seen_at, ended_at FROM sessions WHERE account_id = $1 \
                ORDER BY authenticated_at, id";
    CLOSURES = "SELECT asked_at, effective_at, withdrawn_at FROM closures WHERE account_id = $1 ORDER BY asked_at";
}

/// The documents of an account, and since when.
///
/// # Errors
/// The store's own, or [`StorageError::Corrupt`].
pub async fn documents(conn: &mut Conn, keys: &Keyring, account: &AccountId) -> Stored<Vec<(Document, i64)>> {
    let rows = fetch_all!(conn, (String, String, i64), DOCUMENTS, account.as_str())?;
    rows.into_iter()
        .map(|(key, sealed, at)| {
            let corrupt = |_| StorageError::Corrupt { table: "documents", key, column: "document" };
            Ok((keys.open_json(Purpose::Field, account.as_str(), &sealed).map_err(corrupt)?, at))
        })
        .collect()
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $sql:ident -> $row:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The store's own.
        pub async fn $name(conn: &mut Conn, account: &AccountId) -> Stored<Vec<$row>> {
            fetch_all!(conn, $row, $sql, account.as_str())
        }
    )*};
}

/// A row of moments.
type At = Option<i64>;

lists! {
    /// Agreement, version, when it was accepted.
    agreements: AGREEMENTS -> (String, String, i64);
    /// System, its user, since when and until when.
    links: LINKS -> (String, String, i64, At);
    /// Unit, role, from when and until when it is good, when it was accepted and ended.
    mandates: MANDATES -> (String, String, i64, At, At, At);
    /// Child, guardian, relation, since when and until when.
    guardianships: GUARDIANSHIPS -> (String, String, String, i64, At);
    /// The migrations and registrations that ended in the account: id, case number, when they began.
    journeys: JOURNEYS -> (String, Option<String>, i64);
    /// Pictures that were shown to reviewers: their kind, since when and until when they are kept.
    evidence: EVIDENCE -> (String, i64, i64);
    /// Case number, state, when it was submitted and decided.
    reviews: REVIEWS -> (String, String, i64, At);
    /// Device, methods, when it began, was last used, and was ended.
    sessions: SESSIONS -> (String, String, i64, i64, At);
    /// When a closing was asked for, from when it counts, when it was taken back.
    closures: CLOSURES -> (i64, i64, At);
}
