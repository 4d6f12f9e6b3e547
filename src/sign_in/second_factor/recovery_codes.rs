//! Recovery codes (NIST SP 800-63B-4, section 3.1.2: look-up secrets): ten of 50 bits each, shown once, kept as keyed hashes,
//! each good once.

use super::{Way, count, counted, is_limited};
use crate::app::App;
use crate::clock::{Random, Timestamp};
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::ids::AccountId;
use crate::notify::codes::{Asker, Verified};
use crate::storage::{Stored, Tx, audit, authenticators};

/// How many there are.
const COUNT: usize = 10;
/// Without those that look or sound alike.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

fn make(random: &Random) -> String {
    let letter = |_| ALPHABET.get(random.below(32) as usize).copied().map_or('2', char::from);
    (0..10).map(letter).collect()
}

/// As it is written down: two groups of five.
fn grouped(code: &str) -> String {
    code.split_at_checked(5).map_or_else(|| code.to_owned(), |(a, b)| format!("{a}-{b}"))
}

fn hash(keys: &Keyring, account: &AccountId, code: &str) -> String {
    keys.hash("recovery code", &format!("{account}\n{code}"))
}

/// What somebody typed, in the form in which it was made.
fn folded(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Makes ten in the place of those of before, in the caller's transaction: as they are shown, once.
///
/// # Errors
/// The store's own.
pub async fn renew(
    tx: &mut Tx,
    (keys, random): (&Keyring, &Random),
    account: &AccountId,
    now: Timestamp,
) -> Stored<Vec<String>> {
    let codes: Vec<String> = (0..COUNT).map(|_| make(random)).collect();
    let hashes: Vec<String> = codes.iter().map(|code| hash(keys, account, code)).collect();
    authenticators::make_codes(tx, account, &hashes, now).await?;
    let who = format!("account:{account}");
    audit::record(tx, random, now, "recovery_codes.made", (&who, &who), &serde_json::json!({})).await?;
    Ok(codes.iter().map(|code| grouped(code)).collect())
}

/// Verifies a typed code, and uses it up.
///
/// # Errors
/// The store's own.
pub async fn verify(app: &App, account: &Account, asker: &Asker, typed: &str) -> Stored<Verified> {
    let (now, random, id) = (app.clock.now(), app.random.clone(), account.id.clone());
    let hash = hash(&app.keys, &id, &folded(typed));
    let limits = counted(Way::RecoveryCode, account, asker);
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if is_limited(tx, &limits, now).await? {
                    return Ok(Verified::Limited);
                }
                if authenticators::use_code(tx, &id, &hash, now).await? {
                    let who = format!("account:{id}");
                    audit::record(tx, &random, now, "recovery_code.used", (&who, &who), &serde_json::json!({})).await?;
                    return Ok(Verified::Right);
                }
                count(tx, &limits, now).await?;
                Ok(Verified::Wrong)
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_any_spelling() {
        let random = Random::seeded(7);
        for _ in 0..200 {
            let code = make(&random);
            let shown = grouped(&code);
            assert_eq!(shown.len(), 11);
            for typed in [shown.clone(), shown.to_lowercase(), format!(" {} ", shown.replace('-', " "))] {
                assert_eq!(folded(&typed), code);
            }
        }
    }
}
