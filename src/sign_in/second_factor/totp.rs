//! Codes of an authenticator app (RFC 6238): six digits, SHA-1, half a minute, one half minute of grace on either side; each is
//! good once.

use std::sync::Arc;

use totp_rs::{Builder, Secret as Shared, Totp};

use super::{Way, count, counted, is_limited};
use crate::app::App;
use crate::clock::Timestamp;
use crate::domain::account::Account;
use crate::domain::authenticator::AuthenticatorKind;
use crate::notify::codes::{Asker, Verified};
use crate::storage::{Stored, authenticators};

/// A new shared secret, in base 32: 160 bits (RFC 4226, section 4).
pub fn secret(app: &App) -> String {
    Shared::new_stack(app.random.bytes::<20>()).to_base32()
}

fn of(secret: &str) -> Builder {
    let shared = Shared::try_from_base32(secret).unwrap_or_else(|_| Shared::new(Box::default()));
    Builder::new().with_secret(shared)
}

fn build(builder: Builder) -> Option<Totp> {
    builder.build().ok()
}

/// The address that an app reads from a picture (`otpauth:`), for an account at this portal.
pub fn address(secret: &str, portal: &str, account: &Account) -> Option<String> {
    let plain = |text: &str| text.replace(':', " ");
    let named = of(secret).with_issuer(Some(plain(portal))).with_account_name(plain(account.user_name.as_str()));
    build(named)?.to_url().ok()
}

/// The half minute whose code this is, near `now`.
pub fn step(secret: &str, typed: &str, now: Timestamp) -> Option<i64> {
    let seconds = u64::try_from(now.seconds()).ok()?;
    let step = build(of(secret))?.check(typed, seconds)?;
    i64::try_from(step).ok()
}

/// Verifies a typed code against every app of an account.
///
/// # Errors
/// The store's own.
pub async fn verify(app: &App, account: &Account, asker: &Asker, typed: &str) -> Stored<Verified> {
    let (keys, now, typed) = (Arc::clone(&app.keys), app.clock.now(), typed.to_owned());
    let (id, limits) = (account.id.clone(), counted(Way::Totp, account, asker));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if is_limited(tx, &limits, now).await? {
                    return Ok(Verified::Limited);
                }
                for stored in authenticators::of_account(tx, &keys, &id).await? {
                    if stored.shown.kind != AuthenticatorKind::Totp {
                        continue;
                    }
                    if let Some(step) = step(&stored.secret(&keys)?, &typed, now)
                        && authenticators::use_step(tx, &stored.shown.id, step, now).await?
                    {
                        return Ok(Verified::Right);
                    }
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
    fn the_vectors_of_rfc_6238_hold_in_their_last_six_digits() {
        // Appendix B, SHA-1: "12345678901234567890".
        let secret = Shared::new_stack(*b"12345678901234567890").to_base32();
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(step(&secret, code, Timestamp(seconds * 1000)), Some(seconds / 30), "{code}");
            assert_eq!(step(&secret, code, Timestamp((seconds + 90) * 1000)), None, "{code}, too late");
        }
        assert_eq!(step("not base 32!", "287082", Timestamp(59_000)), None);
    }
}
