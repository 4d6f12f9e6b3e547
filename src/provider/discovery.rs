//! Provider metadata (OpenID Connect Discovery 1.0, section 3; RFC 8414; RFC 9207).

use serde_json::{Value, json};

use super::verified;
use crate::config::{Config, RegistrationMode};
use crate::protocol::acr::Acr;
use crate::protocol::claims::Claim;
use crate::protocol::client_metadata::{AuthMethod, CLIENT_ALGORITHMS, GrantType};
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::scope::Scope;
use crate::protocol::signing::SigningAlgorithm;

/// Claims that come with no scope.
const TOKEN_CLAIMS: [&str; 12] =
    ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "verified_claims"];

/// The metadata. The issuer and all endpoints come from the configuration, never from a request.
pub fn metadata(config: &Config) -> Value {
    let issuer = config.issuer_text();
    let at = |path: &str| format!("{issuer}{path}");
    let methods = AuthMethod::ALL.map(AuthMethod::as_str);
    let confidential: Vec<&str> = methods.into_iter().filter(|method| *method != AuthMethod::None.as_str()).collect();
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "introspection_endpoint": at("/introspect"),
        "revocation_endpoint": at("/revoke"),
        "end_session_endpoint": at("/logout"),
        "check_session_iframe": at("/check-session"),
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
        "grant_types_supported": GrantType::ALL,
        "acr_values_supported": Acr::all(),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": SigningAlgorithm::ALL,
        "userinfo_signing_alg_values_supported": SigningAlgorithm::ALL,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": TOKEN_CLAIMS.into_iter().chain(Claim::ALL.map(Claim::as_str)).collect::<Vec<_>>(),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "request_object_signing_alg_values_supported": CLIENT_ALGORITHMS,
        "authorization_response_iss_parameter_supported": true,
    });
    if let (Some(members), Value::Object(verified)) = (metadata.as_object_mut(), verified::metadata()) {
        members.extend(verified);
        if config.registration.mode != RegistrationMode::Off {
            members.insert("registration_endpoint".to_owned(), json!(at("/clients")));
        }
    }
    metadata
}
