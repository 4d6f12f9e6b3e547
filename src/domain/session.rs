//! A signed-in browser.

use std::time::Duration;

use super::acting::Acting;
use super::device::Device;
use crate::clock::Timestamp;
use crate::ids::{AccountId, SessionId};
use crate::protocol::acr::SignInLevel;

/// A sign-in of so long ago still stands for one that is asked for again.
pub const FRESH: Duration = Duration::from_secs(10 * 60);

/// How long a session lasts (NIST SP 800-63B-4, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// It ends after this long without use.
    pub idle: Duration,
    /// It ends after this long at the latest.
    pub absolute: Duration,
}

/// Where a session begins.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The browser in coarse words.
    pub device: Device,
    /// How long sessions last there: in a service hall not for long.
    pub limits: Limits,
}

/// An authentication method reference (RFC 8176).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `pwd`: a password.
    Password,
    /// `otp`: a one-time code.
    OneTimeCode,
    /// `sms`: sent to a phone.
    Sms,
    /// `pop`: a passkey, whose device has verified its user.
    #[serde(rename = "pop")]
    Passkey,
    /// `urn:guiyi:app`: the one-time code came from an authenticator app.
    AuthenticatorApp,
    /// `urn:guiyi:recovery_code`: it was written down before.
    RecoveryCode,
    /// `urn:guiyi:legacy`: the legacy system's own sign-in, in a migration that has just ended or instead of a password.
    Legacy,
}

impl Method {
    const ALL: [Self; 7] = [
        Self::Password,
        Self::OneTimeCode,
        Self::Sms,
        Self::Passkey,
        Self::AuthenticatorApp,
        Self::RecoveryCode,
        Self::Legacy,
    ];

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTimeCode => "otp",
            Self::Sms => "sms",
            Self::Passkey => "pop",
            Self::AuthenticatorApp => "urn:guiyi:app",
            Self::RecoveryCode => "urn:guiyi:recovery_code",
            Self::Legacy => "urn:guiyi:legacy",
        }
    }

    /// Reads several of these texts; unknown ones are left out.
    pub fn split(texts: &str) -> Vec<Self> {
        texts.split(' ').filter_map(|text| Self::ALL.into_iter().find(|method| method.as_str() == text)).collect()
    }

    /// How strong a sign-in by these methods is. A code to a phone that was named a minute ago is no second factor yet: only
    /// one beside the account's password.
    pub fn level(methods: &[Self]) -> SignInLevel {
        let has = |method| methods.contains(&method);
        match (has(Self::Passkey), has(Self::Password) && has(Self::OneTimeCode)) {
            (true, _) => SignInLevel::PhishingResistant,
            (false, true) => SignInLevel::TwoFactors,
            (false, false) => SignInLevel::OneFactor,
        }
    }

    /// The texts of several, blank-separated.
    pub fn join(methods: &[Self]) -> String {
        methods.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id; not the cookie's secret.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// `amr`, blank-separated.
    pub methods: String,
    /// The a axis of `acr`.
    pub level: SignInLevel,
    /// For which clients the person acts by which mandate.
    pub acting: Acting,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used, within [`Session::seen_step`].
    pub seen_at: Timestamp,
    /// How long it may rest.
    pub idle: Duration,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// How often its cookie was replaced: of two sign-ins at once one alone may go on with it.
    pub generation: i64,
}

impl Session {
    /// Whether it still stands.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at && now < self.seen_at.plus(self.idle)
    }

    /// How exactly its last use is noted: not every request writes.
    pub fn seen_step(&self) -> Duration {
        self.idle / 6
    }
}
