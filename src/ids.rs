//! Identifiers, each a type of its own, so that one can't be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::{Random, Timestamp};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

macro_rules! minted {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new identifier: see [`sortable`].
            pub fn mint(now: Timestamp, random: &Random) -> Self {
                Self(sortable(now, random))
            }
        }
    )*};
}

ids! {
    /// A portal account (统一账号).
    AccountId;
    /// A relying party (接入应用), `client_id` of RFC 6749, section 2.2.
    ClientId;
    /// A connected legacy system (存量业务系统).
    SystemId;
    /// A run of a wizard.
    JourneyId;
    /// A pending authorization request.
    InteractionId;
    /// A signed-in browser's session; never the cookie's value, which is secret.
    SessionId;
    /// What one authorization code granted.
    GrantId;
    /// A row of the audit log.
    AuditId;
    /// A message in the outbox.
    MessageId;
    /// A one-time code that was sent.
    CodeId;
    /// A real-name check or another piece of evidence.
    VerificationId;
    /// A decision that was asked of the reviewers.
    ReviewId;
    /// A wish to close an account.
    ClosureId;
    /// The tie from a legacy account to an account.
    LinkId;
    /// A passkey, or an authenticator app.
    AuthenticatorId;
    /// A change that somebody has asked for who can't sign in.
    RecoveryId;
    /// A right to act for a unit.
    MandateId;
    /// An invitation to confirm that one is a unit's representative.
    InvitationId;
    /// The subject identifier that an upstream gives to its user; a key only together with a [`SystemId`].
    UpstreamSubject;
}

minted!(
    AccountId,
    ClientId,
    JourneyId,
    InteractionId,
    SessionId,
    GrantId,
    AuditId,
    ClosureId,
    MessageId,
    CodeId,
    AuthenticatorId,
    RecoveryId,
    VerificationId,
    ReviewId,
    LinkId,
    MandateId,
    InvitationId
);

/// 9 characters of time (milliseconds, base 32) and 26 of randomness (128 bits): sorts by time, can't be guessed.
fn sortable(now: Timestamp, random: &Random) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digit = |n: u64| ALPHABET.get((n % 32) as usize).copied().unwrap_or(b'0') as char;
    let millis = u64::try_from(now.0).unwrap_or(0);
    let time = (0..9).rev().map(|i| digit(millis >> (i * 5)));
    let bits = u128::from_be_bytes(random.bytes());
    let tail = (0..26).map(|i| digit(((bits >> (i * 5)) & 31) as u64));
    time.chain(tail).collect()
}
