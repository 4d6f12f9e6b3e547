//! Second factors that a person has set up beside the password: passkeys and authenticator apps (NIST SP 800-63B-4, section 3.1).

use crate::clock::Timestamp;
use crate::ids::AuthenticatorId;

/// What kind of authenticator it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticatorKind {
    /// 通行密钥: a key pair on the person's device (Web Authentication). It signs in by itself.
    Passkey,
    /// 身份验证器: an app that shows a code each half minute (RFC 6238).
    Totp,
}

impl AuthenticatorKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Passkey, Self::Totp];

    /// Its text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
        }
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An authenticator as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Its id.
    pub id: AuthenticatorId,
    /// What it is.
    pub kind: AuthenticatorKind,
    /// What its owner calls it.
    pub label: String,
    /// When it was set up.
    pub added_at: Timestamp,
    /// When it last proved something.
    pub used_at: Option<Timestamp>,
}

/// Which kinds an account has: kept with it, so that a sign-in needn't look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// One passkey or more.
    pub passkey: bool,
    /// An authenticator app or more.
    pub totp: bool,
}

impl SecondFactors {
    /// Its text in the database: kinds, blank-separated.
    pub fn to_text(self) -> String {
        let has = |kind: &AuthenticatorKind| match kind {
            AuthenticatorKind::Passkey => self.passkey,
            AuthenticatorKind::Totp => self.totp,
        };
        AuthenticatorKind::ALL.iter().filter(|kind| has(kind)).map(|k| k.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Reads that text.
    pub fn parse(text: &str) -> Self {
        Self::of(text.split(' ').filter_map(AuthenticatorKind::parse))
    }

    /// Those of some authenticators.
    pub fn of(kinds: impl IntoIterator<Item = AuthenticatorKind>) -> Self {
        kinds.into_iter().fold(Self::default(), |all, kind| match kind {
            AuthenticatorKind::Passkey => Self { passkey: true, ..all },
            AuthenticatorKind::Totp => Self { totp: true, ..all },
        })
    }

    /// Whether there is any.
    pub fn any(self) -> bool {
        self.passkey || self.totp
    }
}

#[cfg(test)]
mod tests {
    use super::SecondFactors;

    #[test]
    fn the_kinds_of_an_account_survive_their_text() {
        for (passkey, totp) in [(false, false), (true, false), (false, true), (true, true)] {
            let factors = SecondFactors { passkey, totp };
            assert_eq!(SecondFactors::parse(&factors.to_text()), factors);
        }
    }
}
