//! What discovery says about a provider, and the crate's types filled in: metadata with RFC 9207, claims of any name.

use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, ClaimsVerificationError, Client, ClientId, ClientSecret,
    DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields,
    IdTokenVerifier, IssuerUrl, ProviderMetadata, RedirectUrl, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::Doubt;
use super::http;
use crate::clock::Clock;
use crate::config;

/// RFC 9207, section 3.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// Every claim beyond the standard ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AnyClaims(Map<String, Value>);

impl AdditionalClaims for AnyClaims {}

/// The algorithms that an ID token may be signed with.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
];

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

pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        AnyClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

pub(super) type IdClaims = IdTokenClaims<AnyClaims, CoreGenderClaim>;

pub(super) type Info = UserInfoClaims<AnyClaims, CoreGenderClaim>;

type ProviderClient = Client<
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

/// A provider, as discovered.
pub(super) struct Provider {
    pub(super) client: ProviderClient,
    /// Whether its answers name their issuer.
    pub(super) names_itself: bool,
}

impl Provider {
    /// Reads metadata, whose issuer must be the configured one to the letter, and keys.
    pub(super) async fn discover(
        config: &config::OpenidConnect,
        callback: &str,
        http: &http::Client,
    ) -> Result<Self, DiscoveryError<http::Error>> {
        let callback = RedirectUrl::new(callback.to_owned()).map_err(DiscoveryError::UrlParse)?;
        let metadata = metadata(config, http).await?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        let secret = ClientSecret::new(config.client_secret.expose().to_owned());
        let client =
            ProviderClient::from_provider_metadata(metadata, ClientId::new(config.client_id.clone()), Some(secret))
                .set_redirect_uri(callback)
                .set_auth_type(AuthType::BasicAuth);
        Ok(Self { client, names_itself })
    }

    /// Signatures by the provider's own keys alone: no `none`, and no HMAC with the client's secret.
    pub(super) fn verifier(&self, clock: &Clock) -> IdTokenVerifier<'_, CoreJsonWebKey> {
        let clock = clock.clone();
        let now = move || (UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().0).unwrap_or(0))).into();
        self.client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(now)
    }
}

async fn metadata(
    config: &config::OpenidConnect,
    http: &http::Client,
) -> Result<Metadata, DiscoveryError<http::Error>> {
    let issuer = IssuerUrl::new(config.issuer.clone()).map_err(DiscoveryError::UrlParse)?;
    Metadata::discover_async(issuer, http).await
}

/// Looks whether a provider's ID tokens would be accepted: its metadata, the algorithms that it names, its keys.
pub(super) async fn examine(config: &config::OpenidConnect, http: &http::Client) -> Result<(), Doubt> {
    let metadata = metadata(config, http).await.map_err(|error| doubt(&error))?;
    let named = metadata.id_token_signing_alg_values_supported();
    if !named.iter().any(|algorithm| ALGORITHMS.contains(algorithm)) {
        return Err(Doubt::Algorithms("it signs with none of ES256, RS256 and PS256".to_owned()));
    }
    if metadata.jwks().keys().is_empty() {
        return Err(Doubt::Algorithms("it publishes no key".to_owned()));
    }
    Ok(())
}

fn doubt(error: &DiscoveryError<http::Error>) -> Doubt {
    match error {
        DiscoveryError::Request(error) => Doubt::Down(error.to_string()),
        DiscoveryError::Response(status, ..) if status.is_server_error() => {
            Doubt::Down(format!("answered with status {}", status.as_u16()))
        }
        DiscoveryError::Response(status, ..) => {
            Doubt::Protocol(format!("its metadata or its keys were answered with status {}", status.as_u16()))
        }
        DiscoveryError::Validation(_) => Doubt::Issuer("its metadata names another issuer".to_owned()),
        _ => Doubt::Protocol("its metadata or its keys can't be read".to_owned()),
    }
}

/// Whether a key is unknown: the provider may have new ones.
pub(super) fn is_new_key(error: &ClaimsVerificationError) -> bool {
    matches!(error, ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
}
