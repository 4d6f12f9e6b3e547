//! Relying parties (接入应用), as configured or as they have registered themselves.

use crate::crypto::Keyring;
use crate::ids::{ClientId, SystemId};
use crate::protocol::account_kind::AccountKind;
use crate::protocol::client_metadata::{ApplicationType, AuthMethod, ClientMetadata, GrantType, REGISTERED};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;
use crate::secret::{Secret, same};

/// How a client proves itself at the token endpoint (OpenID Connect Core, section 9).
#[derive(Clone)]
pub enum ClientAuthentication {
    /// `client_secret_basic`; holds the keyed hash of a generated secret.
    SecretBasic(String),
    /// `client_secret_post`; the same.
    SecretPost(String),
    /// `client_secret_jwt`; holds the secret itself, which the portal needs to check an assertion.
    SecretJwt(Secret),
    /// `private_key_jwt`: the public keys are in the metadata.
    PrivateKeyJwt,
    /// `none`: a public client; PKCE stands in.
    None,
}

impl std::fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.method().as_str())
    }
}

impl ClientAuthentication {
    /// The keyed hash under which a client's secret is kept.
    pub fn hash(keys: &Keyring, client: &ClientId, secret: &str) -> String {
        keys.hash("client secret", &format!("{client}\n{secret}"))
    }

    /// Whether this is the client's secret, in whichever way it is to be sent.
    pub fn is_secret(&self, keys: &Keyring, client: &ClientId, presented: &str) -> bool {
        match self {
            Self::SecretBasic(hash) | Self::SecretPost(hash) => {
                same(hash.as_bytes(), Self::hash(keys, client, presented).as_bytes())
            }
            Self::SecretJwt(secret) => secret.matches(presented),
            Self::PrivateKeyJwt | Self::None => false,
        }
    }

    /// Its method.
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::SecretBasic(_) => AuthMethod::ClientSecretBasic,
            Self::SecretPost(_) => AuthMethod::ClientSecretPost,
            Self::SecretJwt(_) => AuthMethod::ClientSecretJwt,
            Self::PrivateKeyJwt => AuthMethod::PrivateKeyJwt,
            Self::None => AuthMethod::None,
        }
    }
}

/// What an access token of a client looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// Sealed: nobody but the portal can read it.
    #[default]
    Opaque,
    /// A signed JWT that a resource server reads by itself (RFC 9068).
    Jwt,
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
    /// What its access tokens look like.
    pub access_tokens: AccessTokenFormat,
    /// Whether each use of a refresh token makes another one, though the client can keep a secret.
    pub rotates: bool,
    /// Whether it must use PKCE though it can keep a secret.
    pub requires_pkce: bool,
    /// Whether the token endpoint's URL will do as audience of its assertions, beside the issuer.
    pub lax_audience: bool,
    /// The resource servers that it may ask tokens for (RFC 8707), to the letter.
    pub resources: Vec<String>,
    /// Off: refused everywhere, at once.
    pub enabled: bool,
    /// The rest, as it was registered.
    pub metadata: ClientMetadata,
}

impl Client {
    /// Whether it has no secret.
    pub fn is_public(&self) -> bool {
        self.authentication.method() == AuthMethod::None
    }

    /// The redirect URI of a request, if it is one of this client's: to the letter, but for the port of a native
    /// client's loopback address (RFC 8252, section 7.3).
    pub fn redirect_uri(&self, requested: &str) -> Option<RedirectUri> {
        if let Some(registered) = self.redirect_uris.iter().find(|uri| uri.is(requested)) {
            return Some(registered.clone());
        }
        let is_native = self.metadata.application_type == ApplicationType::Native;
        let fits = is_native && self.redirect_uris.iter().any(|uri| uri.is_but_for_port(requested));
        fits.then(|| RedirectUri::register(requested).ok()).flatten()
    }

    /// Whether nobody else can be what is answered at this redirect URI (RFC 8252, section 8.6): a client that proves itself
    /// redeems the code alone; one that can't is told by its https host. A private-use scheme or a loopback port is
    /// anybody's on the device.
    pub fn is_assured_at(&self, redirect_uri: &RedirectUri) -> bool {
        !self.is_public() || redirect_uri.as_str().starts_with("https://")
    }

    /// Whether its requests must have a `code_challenge`.
    pub fn needs_pkce(&self) -> bool {
        self.is_public() || self.requires_pkce
    }

    /// Whether it may use a grant type.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.metadata.may_use(grant)
    }

    /// Whether nobody has put it into the configuration: it has registered itself.
    pub fn is_self_registered(&self) -> bool {
        self.id.as_str().starts_with(REGISTERED)
    }

    /// Whether it wants to be told when a session ends (OpenID Connect Front-Channel and Back-Channel Logout 1.0).
    pub fn hears_of_logouts(&self) -> bool {
        self.metadata.frontchannel_logout_uri.is_some() || self.metadata.backchannel_logout_uri.is_some()
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
