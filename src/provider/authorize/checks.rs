//! The checks of an authorization request: small, named, in one visible order.

use super::Addressed;
use crate::protocol::account_kind::AccountKind;
use crate::protocol::claims::{ClaimsRequest, Parsed};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::prompt::Prompt;
use crate::protocol::request::AuthorizationRequest;
use crate::protocol::scope::{Scope, Scopes};
use crate::provider::resource::requested;

type Check = fn(&Addressed, &Params, &mut AuthorizationRequest) -> Result<(), OAuthError>;

/// Every check, in order.
pub(super) const PIPELINE: &[Check] = &[
    no_registration,
    response_type,
    response_mode,
    scope,
    code_challenge,
    prompt,
    max_age,
    nonce,
    locales,
    acr_values,
    claims,
    resource,
    default_acr_values,
    login_hint,
    account_kind,
    offline_access,
];

/// A request before the first check.
pub(super) fn unchecked(addressed: &Addressed) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: addressed.client.id.clone(),
        redirect_uri: addressed.redirect_uri.clone(),
        response_mode: addressed.response_mode,
        state: addressed.state.clone(),
        scopes: Scopes::default(),
        nonce: None,
        code_challenge: None,
        prompt: Prompt::default(),
        max_age: None,
        login_hint: None,
        ui_locales: Vec::new(),
        acr_values: Vec::new(),
        essential_acr: Vec::new(),
        subjects: Vec::new(),
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
        account_kind: None,
    }
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

/// OpenID Connect Core, section 7.2.1: for providers that people run themselves; never ignored (section 3.1.2.6).
fn no_registration(_: &Addressed, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    match params.get("registration") {
        None => Ok(()),
        Some(_) => {
            let description = "registration by value is not supported";
            Err(OAuthError::new(ErrorCode::RegistrationNotSupported, description))
        }
    }
}

/// The code flow only (RFC 9700, section 2.1.2).
fn response_type(_: &Addressed, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        None => Err(invalid("response_type is missing")),
        Some(_) => Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code")),
    }
}

/// OAuth 2.0 Multiple Response Types, section 2.1: an unknown mode is an error, which goes back in the default one.
fn response_mode(addressed: &Addressed, params: &Params, _: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    match params.get("response_mode") {
        Some(text) if text != addressed.response_mode.as_str() => {
            Err(invalid("response_mode must be query, fragment or form_post, and one that the redirect URI can take"))
        }
        _ => Ok(()),
    }
}

/// `openid` must be there; what the client may not have is refused by name of the error, not left out silently.
fn scope(addressed: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    let scopes = Scopes::parse(params.text("scope"));
    if !scopes.contains(Scope::Openid) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "scope must contain openid"));
    }
    if !addressed.client.scopes.covers(&scopes) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "a scope is not granted to this client"));
    }
    request.scopes = scopes;
    Ok(())
}

/// PKCE (RFC 7636) with S256; required of public clients (RFC 9700, section 2.1.1) and of those that are registered
/// so, honoured for all.
fn code_challenge(
    addressed: &Addressed,
    params: &Params,
    request: &mut AuthorizationRequest,
) -> Result<(), OAuthError> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) if !addressed.client.needs_pkce() => Ok(()),
        (None, _) => Err(invalid("code_challenge is missing")),
        (Some(challenge), Some("S256")) => {
            request.code_challenge =
                Some(CodeChallenge::parse(challenge).ok_or(invalid("code_challenge is malformed"))?);
            Ok(())
        }
        (Some(_), _) => Err(invalid("code_challenge_method must be S256")),
    }
}

/// OpenID Connect Core, section 3.1.2.1.
fn prompt(_: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.prompt = Prompt::parse(params.text("prompt")).ok_or(invalid("prompt is malformed"))?;
    Ok(())
}

/// OpenID Connect Core, section 3.1.2.1: seconds, not negative; by default what the client has registered.
fn max_age(addressed: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.max_age = addressed.client.metadata.default_max_age.map(|seconds| seconds.max(0));
    if let Some(text) = params.get("max_age") {
        let seconds = text.parse::<i64>().ok().filter(|s| *s >= 0);
        request.max_age = Some(seconds.ok_or(invalid("max_age must be a number of seconds"))?);
    }
    Ok(())
}

/// Kept with the code, so it is bounded.
fn nonce(_: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.nonce = params.get("nonce").map(str::to_owned);
    if request.nonce.as_ref().is_some_and(|n| n.len() > 512) {
        return Err(invalid("nonce is too long"));
    }
    if request.state.as_ref().is_some_and(|s| s.len() > 2048) {
        return Err(invalid("state is too long"));
    }
    Ok(())
}

/// `ui_locales`, OpenID Connect Core, section 3.1.2.1: unknown tags are no error.
fn locales(_: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.ui_locales = params.text("ui_locales").split_whitespace().take(8).map(str::to_owned).collect();
    Ok(())
}

/// Voluntary (OpenID Connect Core, section 3.1.2.1): the token tells what was reached.
fn acr_values(_: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.acr_values = params.text("acr_values").split_whitespace().take(8).map(str::to_owned).collect();
    Ok(())
}

/// OpenID Connect Core, section 5.5. What the client isn't granted is left out, like every claim that isn't known.
fn claims(addressed: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if let Some(text) = params.get("claims") {
        let parsed = Parsed::parse(text).map_err(|_| invalid("claims is malformed or too large"))?;
        request.claims = parsed.claims.within(&addressed.client.scopes);
        request.subjects = parsed.subjects;
        request.acr_values.extend(parsed.acr_values);
        request.essential_acr = parsed.essential_acr;
    }
    Ok(())
}

/// RFC 8707, section 2.1: resource servers that the client is registered for.
fn resource(addressed: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.resources = requested(params, &addressed.client.resources)?;
    Ok(())
}

/// What the client has registered, where the request says nothing of contexts (OpenID Connect Dynamic Client
/// Registration, section 2).
fn default_acr_values(addressed: &Addressed, _: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if request.acr_values.is_empty() && request.essential_acr.is_empty() {
        request.acr_values.extend(addressed.client.metadata.default_acr_values.iter().take(8).cloned());
    }
    Ok(())
}

/// Fills in a field; nothing is looked up by it.
fn login_hint(_: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    request.login_hint = params.get("login_hint").filter(|h| h.chars().count() <= 100).map(str::to_owned);
    Ok(())
}

/// This portal's own parameter: a kind that the client takes.
fn account_kind(addressed: &Addressed, params: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if let Some(text) = params.get("account_kind") {
        let kind = AccountKind::parse(text).ok_or(invalid("account_kind must be individual or legal_person"))?;
        if !addressed.client.takes(kind) {
            return Err(invalid("account_kind is not one that this client takes"));
        }
        request.account_kind = Some(kind);
    }
    Ok(())
}

/// OpenID Connect Core, section 11: ignored unless the person is asked.
fn offline_access(_: &Addressed, _: &Params, request: &mut AuthorizationRequest) -> Result<(), OAuthError> {
    if !request.prompt.consent {
        request.scopes = request.scopes.without(Scope::OfflineAccess);
    }
    Ok(())
}
