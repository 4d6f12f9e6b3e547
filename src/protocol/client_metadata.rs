//! Client metadata (RFC 7591, section 2; OpenID Connect Dynamic Client Registration 1.0, section 2): the same document in
//! the configuration, in a registration request and in its answer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::signing::SigningAlgorithm;

/// How the id of a client that has registered itself begins: no configured one does.
pub const REGISTERED: &str = "dyn-";

/// Algorithms that clients sign with (RFC 7518, section 3.1; RFC 8037, section 3.1): the last for those that share a
/// secret (`client_secret_jwt`). `none` isn't among them.
pub const CLIENT_ALGORITHMS: [&str; 5] = ["RS256", "PS256", "ES256", "EdDSA", "HS256"];
const BY_KEY_OR_SECRET: (&[&str], &[&str]) = CLIENT_ALGORITHMS.split_at(4);

/// Those of a client that proves itself in this way: with its shared secret, or with a key of its own.
pub fn signing_algorithms(method: AuthMethod) -> &'static [&'static str] {
    match method {
        AuthMethod::ClientSecretJwt => BY_KEY_OR_SECRET.1,
        _ => BY_KEY_OR_SECRET.0,
    }
}

/// How a client proves itself at the token endpoint (OpenID Connect Core, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Its secret in the `Authorization` header.
    ClientSecretBasic,
    /// Its secret in the body.
    ClientSecretPost,
    /// An assertion signed with its secret (RFC 7523).
    ClientSecretJwt,
    /// An assertion signed with its private key (RFC 7523).
    PrivateKeyJwt,
    /// It has nothing to prove itself with: PKCE stands in.
    None,
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [Self; 5] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::ClientSecretJwt, Self::PrivateKeyJwt, Self::None];

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// Whether it rests on a secret that the portal shares.
    pub fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
    }
}

/// What a client may use at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749, section 4.1.
    AuthorizationCode,
    /// RFC 6749, section 6.
    RefreshToken,
    /// RFC 6749, section 4.4.
    ClientCredentials,
}

impl GrantType {
    /// Every grant type.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// Its text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// Where a client runs (OpenID Connect Dynamic Client Registration, section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server.
    #[default]
    Web,
    /// On the person's device: any port on loopback will do (RFC 8252, section 7.3).
    Native,
}

/// The metadata of a client. Members that aren't here are ignored, as RFC 7591, section 2, asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// Where it runs.
    pub application_type: ApplicationType,
    /// Exact redirect URIs.
    pub redirect_uris: Vec<String>,
    /// `code`, or nothing for a client that signs nobody in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// What it may use at the token endpoint; by default the authorization code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<GrantType>>,
    /// How it proves itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The algorithm of its assertions; by default any that fits the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Its public keys (RFC 7517, section 5), instead of `jwks_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its name in Chinese.
    #[serde(rename = "client_name#zh-CN", skip_serializing_if = "Option::is_none")]
    pub client_name_zh: Option<String>,
    /// Its name in English.
    #[serde(rename = "client_name#en", skip_serializing_if = "Option::is_none")]
    pub client_name_en: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<Url>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<Url>,
    /// How it uses what it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<Url>,
    /// Its terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<Url>,
    /// Whom to ask about it: e-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Scopes that it may ask for, blank-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `pairwise`; there is no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    /// A document that names the redirect URIs of the sector (OpenID Connect Core, section 8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<Url>,
    /// How its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// How userinfo is signed for it; by default it is plain JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// The algorithm that its request objects must have; by default any but `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// Whether it asks by signed request objects alone (RFC 9101, section 10.5).
    #[serde(skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// Where its request objects are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// The oldest sign-in that will do where a request doesn't say, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Whether ID tokens must say `auth_time`: they always do.
    #[serde(skip_serializing_if = "is_false")]
    pub require_auth_time: bool,
    /// Contexts that are welcome where a request doesn't say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Where a sign-in can be begun from outside (OpenID Connect Core, section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<Url>,
    /// Exact URIs for after a logout (OpenID Connect RP-Initiated Logout 1.0, section 3.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// The page that ends its session when it is shown in a frame (OpenID Connect Front-Channel Logout 1.0, section 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<Url>,
    /// Whether that page needs `iss` and `sid`.
    #[serde(skip_serializing_if = "is_false")]
    pub frontchannel_logout_session_required: bool,
    /// Where logout tokens go (OpenID Connect Back-Channel Logout 1.0, section 2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<Url>,
    /// Whether logout tokens need `sid`.
    #[serde(skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

impl ClientMetadata {
    /// How it proves itself: as it says, else by what it has.
    pub fn auth_method(&self, has_secret: bool) -> AuthMethod {
        self.token_endpoint_auth_method.unwrap_or(match (has_secret, self.has_keys()) {
            (true, _) => AuthMethod::ClientSecretBasic,
            (false, true) => AuthMethod::PrivateKeyJwt,
            (false, false) => AuthMethod::None,
        })
    }

    /// Whether it has public keys.
    pub fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
    }

    /// Whether it says that it signs its requests (RFC 9101).
    pub fn signs_requests(&self) -> bool {
        self.require_signed_request_object || self.request_object_signing_alg.is_some()
    }

    /// Whether it has what a request object is signed with: a key, or the whole secret.
    pub fn can_sign_requests(&self, has_secret: bool) -> bool {
        self.has_keys() || self.auth_method(has_secret) == AuthMethod::ClientSecretJwt
    }

    /// Whether its front channel is where answers go as well: the page is of a redirect URI's origin (OpenID Connect
    /// Front-Channel Logout 1.0, section 2).
    pub fn frames_its_own(&self) -> bool {
        let of = |text: &String| Url::parse(text).ok().map(|uri| uri.origin());
        let is_own = |uri: &Url| self.redirect_uris.iter().filter_map(of).any(|own| own == uri.origin());
        self.frontchannel_logout_uri.as_ref().is_none_or(is_own)
    }

    /// The hosts of its redirect URIs.
    pub fn hosts(&self) -> BTreeSet<String> {
        let host = |uri: &String| Url::parse(uri).ok().and_then(|uri| uri.host_str().map(str::to_owned));
        self.redirect_uris.iter().filter_map(host).collect()
    }

    /// What it may use at the token endpoint.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.as_ref().map_or(grant == GrantType::AuthorizationCode, |types| types.contains(&grant))
    }
}
