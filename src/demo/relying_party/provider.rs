//! What discovery says about the portal, and the protocol steps that follow from it.

use std::error::Error as StdError;
use std::time::{Duration, UNIX_EPOCH};

use jsonwebtoken::jwk::JwkSet;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthorizationCode,
    ClaimsVerificationError, Client, ClientId, ClientSecret, EmptyExtraTokenFields, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IdTokenVerifier, IssuerUrl, OAuth2TokenResponse,
    ProviderMetadata, RedirectUrl, SignatureVerificationError, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::session::{Identity, Pending, User};
use super::{RelyingPartyConfig, Trouble, http};
use crate::clock::Clock;

/// Metadata that the crate doesn't read itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    /// OpenID Connect RP-Initiated Logout 1.0, section 2.1.
    end_session_endpoint: Option<EndSessionUrl>,
    /// RFC 9207, section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// Every claim beyond the standard ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AnyClaims(Map<String, Value>);

impl AdditionalClaims for AnyClaims {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub(super) type SignedIdToken =
    IdToken<AnyClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        AnyClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type PortalClient = Client<
    AnyClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The portal, as discovered.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) client: PortalClient,
    pub(super) end_session: Option<EndSessionUrl>,
    /// For logout tokens, which the crate doesn't read.
    pub(super) keys: JwkSet,
    issuer: IssuerUrl,
    names_itself: bool,
}

impl Provider {
    pub(super) async fn discover(config: &RelyingPartyConfig, http: &http::Client) -> Result<Self, Trouble> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(unreachable)?;
        let redirect = RedirectUrl::new(format!("{}/callback", config.base_url)).map_err(unreachable)?;
        let metadata = Metadata::discover_async(issuer.clone(), http).await.map_err(unreachable)?;
        let more = metadata.additional_metadata().clone();
        let keys = serde_json::to_value(metadata.jwks()).and_then(serde_json::from_value).map_err(unreachable)?;
        let secret = ClientSecret::new(config.client_secret.expose().to_owned());
        let client =
            PortalClient::from_provider_metadata(metadata, ClientId::new(config.client_id.clone()), Some(secret))
                .set_redirect_uri(redirect)
                .set_auth_type(AuthType::BasicAuth);
        let names_itself = more.authorization_response_iss_parameter_supported;
        Ok(Self { client, end_session: more.end_session_endpoint, keys, issuer, names_itself })
    }

    /// RFC 9207, section 2.4: an answer of another provider, or of none, is refused.
    pub(super) fn check_issuer(&self, iss: Option<&str>) -> Result<(), Trouble> {
        match iss {
            Some(iss) if iss == self.issuer.as_str() => Ok(()),
            None if !self.names_itself => Ok(()),
            _ => Err(Trouble::Issuer),
        }
    }

    /// The tokens for a code.
    pub(super) async fn exchange(
        &self,
        code: String,
        pending: &Pending,
        http: &http::Client,
    ) -> Result<Tokens, Trouble> {
        let request = self.client.exchange_code(AuthorizationCode::new(code)).map_err(unreachable)?;
        request.set_pkce_verifier(pending.pkce_verifier()).request_async(http).await.map_err(unreachable)
    }

    /// The user, once the ID token is found in order.
    pub(super) async fn user(
        &self,
        tokens: &Tokens,
        pending: &Pending,
        clock: &Clock,
        http: &http::Client,
    ) -> Result<User, Trouble> {
        let id_token = tokens.id_token().ok_or(Trouble::IdToken)?;
        let claims = id_token.claims(&self.verifier(clock), &pending.nonce).map_err(|error| refuse(&error))?;
        self.check_access_token(id_token, tokens.access_token(), claims.access_token_hash(), clock)?;
        let subject = claims.subject().clone();
        let request = self.client.user_info(tokens.access_token().clone(), Some(subject)).map_err(unreachable)?;
        let info: UserInfoClaims<AnyClaims, CoreGenderClaim> =
            request.request_async(http).await.map_err(unreachable)?;
        let identity = identity(&json(claims), &json(&info));
        Ok(User { identity, id_token: id_token.clone(), token_claims: rows(claims), info: rows(&info) })
    }

    fn verifier(&self, clock: &Clock) -> IdTokenVerifier<'_, CoreJsonWebKey> {
        let clock = clock.clone();
        let algorithms = [CoreJwsSigningAlgorithm::EcdsaP256Sha256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256];
        let now = move || (UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().0).unwrap_or(0))).into();
        self.client.id_token_verifier().set_allowed_algs(algorithms).set_time_fn(now)
    }

    /// OpenID Connect Core 1.0, section 3.1.3.8.
    fn check_access_token(
        &self,
        id_token: &SignedIdToken,
        access_token: &AccessToken,
        expected: Option<&AccessTokenHash>,
        clock: &Clock,
    ) -> Result<(), Trouble> {
        let Some(expected) = expected else {
            return Ok(());
        };
        let verifier = self.verifier(clock);
        let algorithm = id_token.signing_alg().map_err(|_| Trouble::IdToken)?;
        let key = id_token.signing_key(&verifier).map_err(|_| Trouble::IdToken)?;
        let actual = AccessTokenHash::from_token(access_token, algorithm, key).map_err(|_| Trouble::IdToken)?;
        if actual == *expected { Ok(()) } else { Err(Trouble::IdToken) }
    }
}

fn json(claims: &impl Serialize) -> Value {
    serde_json::to_value(claims).unwrap_or_default()
}

/// As whom the user is here. The ID token says whether that is a unit; the names come from userinfo.
fn identity(token: &Value, info: &Value) -> Identity {
    let text = |value: &Value, place: &str| value.pointer(place).and_then(Value::as_str).map(str::to_owned);
    if text(token, "/account_kind").as_deref() != Some("legal_person") {
        let person = text(info, "/name").or_else(|| text(token, "/sub")).unwrap_or_default();
        return Identity { person, ..Identity::default() };
    }
    let name = text(info, "/organization/name").or_else(|| text(token, "/sub")).unwrap_or_default();
    let code = text(info, "/organization/credit_code").unwrap_or_default();
    Identity {
        person: text(info, "/act/name").or_else(|| text(token, "/act/sub")).unwrap_or_default(),
        unit: Some(format!("{name} {code}").trim().to_owned()),
        role: text(token, "/act/role").unwrap_or_default(),
    }
}

/// A set of claims as names and values, for the page.
fn rows(claims: &impl Serialize) -> Vec<(String, String)> {
    let Value::Object(claims) = json(claims) else {
        return Vec::new();
    };
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    };
    claims.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn unreachable(error: impl StdError) -> Trouble {
    let mut causes = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    tracing::warn!(error = causes.join(": "), "the relying party's call to the portal failed");
    Trouble::Portal
}

fn refuse(error: &ClaimsVerificationError) -> Trouble {
    tracing::warn!(%error, "the relying party refuses an ID token");
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Trouble::NewKeys,
        _ => Trouble::IdToken,
    }
}
