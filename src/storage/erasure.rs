//! What is left of an account that is closed for good: its id, when it was made and closed, what agreements were accepted, and the
//! audit log, which holds ids alone. Everything that tells who it was goes, in one transaction.

use super::query::{execute, on_engine, statements};
use super::{Stored, Tx, accounts, changes};
use crate::clock::Timestamp;
use crate::crypto::Keyring;
use crate::domain::account::Account;

statements! {
    BLANK = "UPDATE accounts SET status = 'closed', user_name = '', user_name_folded = $2, holder = '', phone_proven_at = NULL, \
             email_verified_at = NULL, password_hash = NULL, password_origin = NULL, second_factors = '', updated_at = $3 \
             WHERE id = $1 AND status = 'closing'";
    PHONES = "DELETE FROM account_phones WHERE account_id = $1";
    DOCUMENTS = "DELETE FROM documents WHERE account_id = $1";
    AUTHENTICATORS = "DELETE FROM authenticators WHERE account_id = $1";
    RECOVERY_CODES = "DELETE FROM recovery_codes WHERE account_id = $1";
    VERIFICATIONS = "DELETE FROM verifications WHERE account_id = $1";
    CONSENTS = "DELETE FROM consents WHERE actor_id = $1 OR account_id = $1";
    REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE actor_id = $1 OR account_id = $1";
    // Whose account it was over there is personal data; that there was a link is in the audit log.
    LINKS = "UPDATE legacy_links SET subject = '', unlinked_at = COALESCE(unlinked_at, $2) WHERE account_id = $1";
    RECOVERIES = "UPDATE recoveries SET change = '', ended_at = COALESCE(ended_at, $2), outcome = COALESCE(outcome, 'stopped') \
                  WHERE account_id = $1";
    GUARDIANSHIPS = "UPDATE guardianships SET ended_at = $2 WHERE (child_id = $1 OR guardian_id = $1) AND ended_at IS NULL";
    INVITED = "UPDATE mandates SET invited = NULL, phone_index = NULL, invited_until = NULL WHERE person_id = $1";
    EVIDENCE = "DELETE FROM evidence WHERE journey_id IN (SELECT id FROM journeys WHERE account_id = $1)";
    REVIEWS = "UPDATE reviews SET content = '', reason = NULL WHERE state <> 'open' \
               AND (account_id = $1 OR journey_id IN (SELECT id FROM journeys WHERE account_id = $1))";
    SESSIONS = "UPDATE sessions SET device = '' WHERE account_id = $1";
}

/// Closes an account whose waiting time is over, and erases what it tells of its owner; `false` if it isn't being closed. Its document,
/// phone and legacy accounts are free from now on; its user name is given to nobody, since applications may know people by it.
///
/// # Errors
/// The store's own.
pub async fn erase(tx: &mut Tx, keys: &Keyring, account: &Account, now: Timestamp) -> Stored<bool> {
    let (id, name) = (account.id.as_str(), accounts::former_name(keys, &account.user_name));
    if execute!(tx, BLANK, id, name, now.0)? == 0 {
        return Ok(false);
    }
    for sql in [
        PHONES,
        DOCUMENTS,
        AUTHENTICATORS,
        RECOVERY_CODES,
        VERIFICATIONS,
        CONSENTS,
        REFRESH_TOKENS,
        INVITED,
        EVIDENCE,
        REVIEWS,
        SESSIONS,
    ] {
        execute!(tx, sql, id)?;
    }
    for sql in [LINKS, RECOVERIES, GUARDIANSHIPS] {
        execute!(tx, sql, id, now.0)?;
    }
    changes::record(tx, &accounts::cache_key(&account.id), now).await?;
    Ok(true)
}
