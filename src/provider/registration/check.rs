//! What a client may register: the checks of RFC 7591, section 2, and OpenID Connect Dynamic Client Registration, section
//! 2, stricter where an unreviewed client could mislead people.

use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use url::Url;

use crate::domain::typed::is_invisible;
use crate::ids::ClientId;
use crate::protocol::client_metadata::{ApplicationType, AuthMethod, ClientMetadata, GrantType, signing_algorithms};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::redirect_uri::RedirectUri;

/// The most members of any list.
const MOST: usize = 20;
/// The longest URI or name, in characters.
const LONGEST: usize = 512;
/// The longest name, in characters: it stands on the pages that ask for trust.
const LONGEST_NAME: usize = 60;
/// What would have to be encrypted for the client: not offered, and not silently left out.
const ENCRYPTION: [&str; 6] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
];
/// Members of private and symmetric keys (RFC 7518, section 6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

type Checked = Result<(), OAuthError>;

/// A refusal of what was sent.
pub(super) const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, description)
}

/// Reads what a client sends.
///
/// # Errors
/// `invalid_client_metadata` or `invalid_redirect_uri` (RFC 7591, section 3.2.2).
pub(super) fn read(body: &Value) -> Result<ClientMetadata, OAuthError> {
    let members = body.as_object().ok_or(invalid("the body must be a JSON object"))?;
    if ENCRYPTION.iter().any(|name| members.contains_key(*name)) {
        return Err(invalid("encrypted tokens and request objects are not offered"));
    }
    let metadata: ClientMetadata = serde_json::from_value(body.clone())
        .map_err(|_| invalid("a member has a type or a value that isn't offered"))?;
    for check in [flow, redirect_uris, authentication, algorithms, keys, texts, addresses, logouts, subjects] {
        check(&metadata)?;
    }
    Ok(metadata)
}

/// RFC 7592, section 2.2: an update says whose it is, and doesn't name what it can't change.
///
/// # Errors
/// `invalid_client_metadata`
pub(super) fn is_own(body: &Value, id: &ClientId) -> Checked {
    if body.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(invalid("client_id must be this client's"));
    }
    let fixed =
        ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];
    match fixed.iter().any(|name| body.get(name).is_some()) {
        true => Err(invalid("an update doesn't name what the portal sets")),
        false => Ok(()),
    }
}

/// The authorization code alone: tokens never travel in a URL (RFC 9700, section 2.1.2), and nobody who isn't in the
/// configuration gets tokens of its own.
fn flow(metadata: &ClientMetadata) -> Checked {
    let is_code = |types: &Vec<String>| types.as_slice() == ["code"];
    if !metadata.response_types.as_ref().is_none_or(is_code) {
        return Err(invalid("response_types must be [\"code\"]"));
    }
    if !metadata.may_use(GrantType::AuthorizationCode) || metadata.may_use(GrantType::ClientCredentials) {
        return Err(invalid("grant_types must be authorization_code, with refresh_token or without"));
    }
    Ok(())
}

fn redirect_uris(metadata: &ClientMetadata) -> Checked {
    const fn refused(description: &'static str) -> OAuthError {
        OAuthError::new(ErrorCode::InvalidRedirectUri, description)
    }
    if metadata.redirect_uris.is_empty() {
        return Err(refused("redirect_uris is missing"));
    }
    for uri in &metadata.redirect_uris {
        RedirectUri::register(uri)
            .map_err(|_| refused("a redirect URI can't be registered: see RFC 9700, section 2.1"))?;
        if metadata.application_type == ApplicationType::Web && !uri.starts_with("https://") {
            return Err(refused("the redirect URIs of a web application are https"));
        }
    }
    for uri in &metadata.post_logout_redirect_uris {
        RedirectUri::register(uri).map_err(|_| invalid("a post_logout_redirect_uri can't be registered"))?;
    }
    Ok(())
}

fn authentication(metadata: &ClientMetadata) -> Checked {
    if metadata.token_endpoint_auth_method == Some(AuthMethod::PrivateKeyJwt) && !metadata.has_keys() {
        return Err(invalid("private_key_jwt needs jwks_uri or jwks"));
    }
    Ok(())
}

/// What it signs must be something that it can sign, or it would be refused at every request; `none` never is (RFC 7591,
/// section 2; OpenID Connect Dynamic Client Registration, section 2). Those that the portal signs with are a type.
fn algorithms(metadata: &ClientMetadata) -> Checked {
    // It gets a secret unless it says otherwise.
    let own = signing_algorithms(metadata.auth_method(true));
    let is_own = |name: &Option<String>| name.as_deref().is_none_or(|name| own.contains(&name));
    if !is_own(&metadata.token_endpoint_auth_signing_alg) {
        return Err(invalid("token_endpoint_auth_signing_alg isn't one that this way of authentication has"));
    }
    if !is_own(&metadata.request_object_signing_alg) {
        return Err(invalid("request_object_signing_alg isn't one that this client can sign with"));
    }
    match metadata.signs_requests() && !metadata.can_sign_requests(true) {
        true => Err(invalid("signed request objects need jwks_uri or jwks")),
        false => Ok(()),
    }
}

fn keys(metadata: &ClientMetadata) -> Checked {
    let Some(jwks) = &metadata.jwks else { return Ok(()) };
    if metadata.jwks_uri.is_some() {
        return Err(invalid("either jwks_uri or jwks, not both"));
    }
    let keys: JwkSet = serde_json::from_value(jwks.clone()).map_err(|_| invalid("jwks isn't a set of keys"))?;
    let raw = jwks.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if keys.keys.is_empty() || keys.keys.len() > MOST {
        return Err(invalid("jwks holds no key, or too many"));
    }
    match raw.iter().any(|key| PRIVATE.iter().any(|member| key.get(member).is_some())) {
        true => Err(invalid("jwks holds a private or a symmetric key: make new ones, this one is known now")),
        false => Ok(()),
    }
}

/// Names stand on pages that ask for trust: short, and of characters that are what they look like.
fn texts(metadata: &ClientMetadata) -> Checked {
    let names = [&metadata.client_name, &metadata.client_name_zh, &metadata.client_name_en];
    for name in names.into_iter().flatten() {
        // Separators of lines and paragraphs are no control characters.
        let is_plain = |c: char| !c.is_control() && !is_invisible(c) && !matches!(c, '\u{2028}' | '\u{2029}');
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_plain) {
            return Err(invalid("client_name must be 1 to 60 visible characters"));
        }
    }
    let lists = [
        &metadata.redirect_uris,
        &metadata.post_logout_redirect_uris,
        &metadata.request_uris,
        &metadata.contacts,
        &metadata.default_acr_values,
    ];
    let fits = |list: &&Vec<String>| list.len() <= MOST && list.iter().all(|text| text.len() <= LONGEST);
    match lists.iter().all(fits) && metadata.default_max_age.is_none_or(|age| age >= 0) {
        true => Ok(()),
        false => Err(invalid("a list or a text is too long, or default_max_age is negative")),
    }
}

fn addresses(metadata: &ClientMetadata) -> Checked {
    let uris = [
        &metadata.client_uri,
        &metadata.logo_uri,
        &metadata.policy_uri,
        &metadata.tos_uri,
        &metadata.jwks_uri,
        &metadata.sector_identifier_uri,
        &metadata.initiate_login_uri,
    ];
    if !uris.into_iter().flatten().all(is_plain_https) {
        return Err(invalid("a URI isn't https, or has user information"));
    }
    // The fragment of a request_uri is a hash of the object (OpenID Connect Core, section 6.2).
    let requests = metadata.request_uris.iter().map(|uri| Url::parse(uri).ok());
    match requests.into_iter().all(|uri| uri.is_some_and(|uri| is_plain_https(&uri))) {
        true => Ok(()),
        false => Err(invalid("a request_uri isn't https")),
    }
}

fn is_plain_https(uri: &Url) -> bool {
    uri.scheme() == "https" && uri.username().is_empty() && uri.password().is_none() && uri.as_str().len() <= LONGEST
}

/// What is told of a logout, and where.
fn logouts(metadata: &ClientMetadata) -> Checked {
    let good = |uri: &Url| is_plain_https(uri) && uri.fragment().is_none();
    let uris = [&metadata.frontchannel_logout_uri, &metadata.backchannel_logout_uri];
    if !uris.into_iter().flatten().all(good) {
        return Err(invalid("a logout URI isn't https, or has a fragment"));
    }
    match metadata.frames_its_own() {
        true => Ok(()),
        false => Err(invalid("frontchannel_logout_uri has another origin than the redirect URIs")),
    }
}

fn subjects(metadata: &ClientMetadata) -> Checked {
    match metadata.subject_type.as_deref() {
        None | Some("pairwise") => Ok(()),
        Some(_) => Err(invalid("subject_type must be pairwise")),
    }
}
