//! What a relying party's settings must be.

use url::Url;

use super::Faults;
use crate::config::{ClientEntry, Registration, RegistrationMode, System};
use crate::ids::SystemId;
use crate::protocol::account_kind::AccountKind;
use crate::protocol::client_metadata::{AuthMethod, ClientMetadata, GrantType, REGISTERED, signing_algorithms};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{Scope, Scopes};

/// What tells who a person really is, and of whom: no client gives itself that.
const CLOSED: [Scope; 3] = [Scope::RealName, Scope::Organization, Scope::LegacyAccounts];

/// A relying party.
pub(super) fn client(faults: &mut Faults, client: &ClientEntry, systems: &[System]) {
    let at = |field: &str| format!("clients.{}.{field}", client.id);
    if let Some(secret) = &client.secret {
        faults.secret(at("secret"), secret.expose(), 22);
    }
    for unknown in client.unknown.keys() {
        faults.add(at(unknown), "there is no such setting");
    }
    authentication(faults, client);
    requests(faults, client);
    let metadata = &client.metadata;
    let signs_in = metadata.may_use(GrantType::AuthorizationCode);
    if metadata.redirect_uris.is_empty() && signs_in {
        faults.add(at("redirect_uris"), "at least one is needed");
    }
    for uri in metadata.redirect_uris.iter().chain(&metadata.post_logout_redirect_uris) {
        if let Err(fault) = RedirectUri::register(uri) {
            faults.add(at("redirect_uris"), format!("{uri}: {fault}"));
        }
    }
    for (field, fault) in channels(metadata) {
        faults.add(at(field), fault);
    }
    if client.sector.is_none() && metadata.hosts().len() > 1 {
        faults.add(at("sector"), "redirect URIs on several hosts need an explicit sector");
    }
    let known = Scopes::parse(&client.scopes);
    if let Some(unknown) = client.scopes.split_whitespace().find(|s| !known.iter().any(|k| k.as_str() == *s)) {
        faults.add(at("scopes"), format!("there is no scope {unknown}"));
    }
    for resource in &client.resources {
        // RFC 8707, section 2.
        if !Url::parse(resource).is_ok_and(|url| url.fragment().is_none()) {
            faults.add(at("resources"), format!("{resource}: must be an absolute URI without a fragment"));
        }
    }
    if known.contains(Scope::LegacyAccounts) && client.owns_system.is_none() {
        faults.add(at("owns_system"), "the scope legacy_accounts needs the system that the client owns");
    }
    let units = client.account_kinds.contains(&AccountKind::LegalPerson);
    if client.account_kinds.is_empty() {
        faults.add(at("account_kinds"), "must name individual, legal_person, or both");
    }
    if known.contains(Scope::Organization) && !units {
        faults.add(at("account_kinds"), "the scope organization needs legal_person");
    }
    if client.units_alone && !units {
        faults.add(at("units_alone"), "needs legal_person in account_kinds");
    }
    let exists = |id: &SystemId| systems.iter().any(|s| s.id == *id) || crate::upstream::catalogue::row(id).is_some();
    if let Some(unknown) = client.owns_system.as_ref().filter(|id| !exists(id)) {
        faults.add(at("owns_system"), format!("there is no system {unknown}"));
    }
}

/// What is wrong with the URIs that the portal or the browser is sent to on its own account: absolute, https (plain http on
/// loopback), without a fragment.
fn channels(metadata: &ClientMetadata) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("initiate_login_uri", &metadata.initiate_login_uri),
        ("frontchannel_logout_uri", &metadata.frontchannel_logout_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
    ];
    let is_bad = |uri: &Url| RedirectUri::register(uri.as_str()).is_err() || !matches!(uri.scheme(), "https" | "http");
    let bad = all.into_iter().filter(|(_, uri)| uri.as_ref().is_some_and(is_bad));
    let mut faults: Vec<_> = bad.map(|(field, _)| (field, "must be https, without a fragment")).collect();
    if !metadata.frames_its_own() {
        faults.push(("frontchannel_logout_uri", "must have scheme, host and port of a redirect URI"));
    }
    faults
}

/// How it proves itself: what its method needs must be there.
fn authentication(faults: &mut Faults, client: &ClientEntry) {
    let at = |field: &str| format!("clients.{}.{field}", client.id);
    let metadata = &client.metadata;
    let method = metadata.auth_method(client.secret.is_some());
    if method.has_secret() && client.secret.is_none() {
        faults.add(at("secret"), "this way of authentication needs a secret");
    }
    if method == AuthMethod::ClientSecretJwt && client.secret.as_ref().is_some_and(|secret| secret.expose().len() < 32)
    {
        faults.add(at("secret"), "client_secret_jwt needs 32 characters or more (RFC 7518, section 3.2)");
    }
    if method == AuthMethod::PrivateKeyJwt && !metadata.has_keys() {
        faults.add(at("jwks_uri"), "private_key_jwt needs jwks_uri or jwks");
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        faults.add(at("jwks_uri"), "either jwks_uri or jwks, not both (RFC 7591, section 2)");
    }
    if metadata.may_use(GrantType::ClientCredentials) && method == AuthMethod::None {
        faults.add(at("grant_types"), "client_credentials needs a client that can prove itself");
    }
    if metadata.scope.is_some() {
        faults.add(at("scope"), "what a client may ask for is set by `scopes`");
    }
    if client.id.as_str().starts_with(REGISTERED) {
        faults.add(at("id"), format!("ids that begin with {REGISTERED} are given to clients that register themselves"));
    }
}

/// How it asks: with what it signs, and where its request objects are.
fn requests(faults: &mut Faults, client: &ClientEntry) {
    let at = |field: &str| format!("clients.{}.{field}", client.id);
    let metadata = &client.metadata;
    let own = signing_algorithms(metadata.auth_method(client.secret.is_some()));
    for (field, algorithm) in [
        ("token_endpoint_auth_signing_alg", &metadata.token_endpoint_auth_signing_alg),
        ("request_object_signing_alg", &metadata.request_object_signing_alg),
    ] {
        if algorithm.as_ref().is_some_and(|algorithm| !own.contains(&algorithm.as_str())) {
            faults.add(at(field), format!("must be one of {}", own.join(", ")));
        }
    }
    if metadata.signs_requests() && !metadata.can_sign_requests(client.secret.is_some()) {
        faults.add(at("jwks_uri"), "signed request objects need jwks_uri or jwks");
    }
    for uri in &metadata.request_uris {
        if !Url::parse(uri).is_ok_and(|uri| uri.scheme() == "https") {
            faults.add(at("request_uris"), format!("{uri} is no https URL"));
        }
    }
    if metadata.default_max_age.is_some_and(|seconds| seconds < 0) {
        faults.add(at("default_max_age"), "must be 0 or more");
    }
}

/// Who may register clients, and for what.
pub(super) fn registration(faults: &mut Faults, registration: &Registration) {
    let scopes = Scopes::parse(&registration.scopes);
    for scope in CLOSED.into_iter().filter(|scope| scopes.contains(*scope)) {
        faults
            .add("registration.scopes", format!("{} is given to clients of this configuration alone", scope.as_str()));
    }
    if registration.mode == RegistrationMode::Token && registration.initial_access_tokens.is_empty() {
        faults.add("registration.initial_access_tokens", "mode = \"token\" needs at least one");
    }
    for token in &registration.initial_access_tokens {
        faults.secret("registration.initial_access_tokens".to_owned(), token.expose(), 22);
    }
}
