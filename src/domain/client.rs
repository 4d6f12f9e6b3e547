//! Relying parties (接入应用), as configured.

use crate::crypto::Keyring;
use crate::ids::{ClientId, SystemId};
use crate::protocol::account_kind::AccountKind;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;

/// How a client proves itself at the token endpoint (OpenID Connect Core, section 9).
#[derive(Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`; holds the keyed hash of a generated secret.
    SecretBasic(String),
    /// `none`: a public client; PKCE stands in.
    None,
}

impl std::fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SecretBasic(_) => "SecretBasic",
            Self::None => "None",
        })
    }
}

impl ClientAuthentication {
    /// The keyed hash under which a client's secret is kept.
    pub fn hash(keys: &Keyring, client: &ClientId, secret: &str) -> String {
        keys.hash("client secret", &format!("{client}\n{secret}"))
    }
}

/// The signature algorithm of a client's ID tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what OpenID Connect Core, section 15.1, requires of every provider.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256: about thirty times as fast to sign.
    ES256,
}

impl SigningAlgorithm {
    /// Its name in JOSE (RFC 7518, section 3.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
        }
    }
}

/// A relying party.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// Its name in Chinese, for the login and consent pages.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// How it proves itself.
    pub authentication: ClientAuthentication,
    /// Where answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may go after a logout.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask for.
    pub scopes: Scopes,
    /// For which kinds of accounts it can be signed in to.
    pub account_kinds: Vec<AccountKind>,
    /// Whether it takes a unit without a person who acts for it.
    pub units_alone: bool,
    /// The old system whose users it finds again (`legacy_accounts`).
    pub owns_system: Option<SystemId>,
    /// The sector of its pairwise subjects (OpenID Connect Core, section 8.1).
    pub sector: String,
    /// How its ID tokens are signed.
    pub signing: SigningAlgorithm,
    /// Off: refused everywhere, at once.
    pub enabled: bool,
}

impl Client {
    /// Whether it has no secret.
    pub fn is_public(&self) -> bool {
        self.authentication == ClientAuthentication::None
    }

    /// Whether it takes accounts of a kind.
    pub fn takes(&self, kind: AccountKind) -> bool {
        self.account_kinds.contains(&kind)
    }

    /// The kind that a request is for: the one that it names, else the only one that this client takes.
    pub fn kind_of(&self, named: Option<AccountKind>) -> Option<AccountKind> {
        named.or(match self.account_kinds.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    }

    /// Its name in a language.
    pub fn name(&self, english: bool) -> &str {
        if english { &self.name_en } else { &self.name_zh }
    }
}
