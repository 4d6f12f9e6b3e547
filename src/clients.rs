//! The registry of relying parties: those of the configuration, in memory, and how one is made of what it registered.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{ClientEntry, Registration};
use crate::crypto::{Keyring, Purpose};
use crate::domain::client::{AccessTokenFormat, Client, ClientAuthentication};
use crate::ids::ClientId;
use crate::protocol::account_kind::AccountKind;
use crate::protocol::client_metadata::{AuthMethod, ClientMetadata, GrantType};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{Scope, Scopes};
use crate::secret::Secret;
use crate::storage::clients::Registered;

/// All relying parties of the configuration.
#[derive(Debug, Default)]
pub struct Clients(HashMap<ClientId, Arc<Client>>);

impl Clients {
    /// Registers what the configuration names; its faults were reported by `config::check`, and a URI that can't be
    /// registered is left out.
    pub fn register(entries: &[ClientEntry], keys: &Keyring) -> Self {
        Self(entries.iter().map(|entry| (entry.id.clone(), Arc::new(configured(entry, keys)))).collect())
    }

    /// A client, switched off or not.
    pub fn get(&self, id: &str) -> Option<&Arc<Client>> {
        self.0.get(&ClientId::from(id))
    }

    /// Every client that isn't switched off, by id.
    pub fn all(&self) -> Vec<&Client> {
        let mut all: Vec<&Client> = self.0.values().map(Arc::as_ref).filter(|client| client.enabled).collect();
        all.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        all
    }
}

fn configured(entry: &ClientEntry, keys: &Keyring) -> Client {
    let scopes = Scopes::parse(&entry.scopes);
    let mut metadata = entry.metadata.clone();
    let refreshes = scopes.contains(Scope::OfflineAccess).then_some(GrantType::RefreshToken);
    metadata.grant_types.get_or_insert_with(|| [GrantType::AuthorizationCode].into_iter().chain(refreshes).collect());
    let hash = |secret: &Secret| ClientAuthentication::hash(keys, &entry.id, secret.expose());
    let authentication = match (metadata.auth_method(entry.secret.is_some()), &entry.secret) {
        (AuthMethod::ClientSecretBasic, Some(secret)) => ClientAuthentication::SecretBasic(hash(secret)),
        (AuthMethod::ClientSecretPost, Some(secret)) => ClientAuthentication::SecretPost(hash(secret)),
        (AuthMethod::ClientSecretJwt, Some(secret)) => ClientAuthentication::SecretJwt(secret.clone()),
        (AuthMethod::PrivateKeyJwt, _) => ClientAuthentication::PrivateKeyJwt,
        // Without a secret it is public: `config::check` refuses a method that needs one.
        _ => ClientAuthentication::None,
    };
    Client {
        id: entry.id.clone(),
        name_zh: entry.name_zh.clone(),
        name_en: entry.name_en.clone(),
        authentication,
        redirect_uris: uris(&metadata.redirect_uris),
        post_logout_redirect_uris: uris(&metadata.post_logout_redirect_uris),
        scopes,
        account_kinds: entry.account_kinds.clone(),
        units_alone: entry.units_alone,
        owns_system: entry.owns_system.clone(),
        sector: entry.sector.clone().unwrap_or_else(|| sector(&entry.id, &metadata)),
        access_tokens: entry.access_token_format,
        rotates: entry.rotate_refresh_tokens,
        requires_pkce: entry.require_pkce,
        lax_audience: entry.token_endpoint_as_audience,
        resources: entry.resources.clone(),
        enabled: entry.enabled,
        metadata,
    }
}

/// A client that has registered itself: it takes individuals, within the scopes that the operator opens to such clients.
/// `None` if its secret can't be read.
pub fn registered(row: &Registered, settings: &Registration, keys: &Keyring) -> Option<Client> {
    let metadata = row.metadata.clone();
    let name = |own: &Option<String>| own.as_ref().or(metadata.client_name.as_ref()).unwrap_or(&row.id.0).clone();
    let authentication = match row.auth_method() {
        AuthMethod::ClientSecretBasic => ClientAuthentication::SecretBasic(row.secret.clone()),
        AuthMethod::ClientSecretPost => ClientAuthentication::SecretPost(row.secret.clone()),
        AuthMethod::ClientSecretJwt => {
            let secret = keys.open_json(Purpose::Field, row.id.as_str(), &row.secret).ok()?;
            ClientAuthentication::SecretJwt(secret)
        }
        AuthMethod::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt,
        AuthMethod::None => ClientAuthentication::None,
    };
    Some(Client {
        id: row.id.clone(),
        name_zh: name(&metadata.client_name_zh),
        name_en: name(&metadata.client_name_en),
        authentication,
        redirect_uris: uris(&metadata.redirect_uris),
        post_logout_redirect_uris: uris(&metadata.post_logout_redirect_uris),
        scopes: open_scopes(&metadata, settings),
        account_kinds: vec![AccountKind::Individual],
        units_alone: false,
        owns_system: None,
        sector: sector(&row.id, &metadata),
        access_tokens: AccessTokenFormat::Opaque,
        rotates: false,
        requires_pkce: false,
        lax_audience: settings.token_endpoint_as_audience,
        resources: Vec::new(),
        enabled: !row.is_disabled,
        metadata,
    })
}

/// What a client that has registered itself may ask for: as much as it wants of what is open to such clients.
pub fn open_scopes(metadata: &ClientMetadata, settings: &Registration) -> Scopes {
    let open = Scopes::parse(&settings.scopes);
    match &metadata.scope {
        Some(own) => Scopes::parse(own).intersection(&open),
        None => open,
    }
}

fn uris(texts: &[String]) -> Vec<RedirectUri> {
    texts.iter().filter_map(|text| RedirectUri::register(text).ok()).collect()
}

/// The host of the sector's document, else of the redirect URIs (OpenID Connect Core, section 8.1); of several hosts, which are
/// nobody else's, the client itself.
fn sector(id: &ClientId, metadata: &ClientMetadata) -> String {
    let document = metadata.sector_identifier_uri.as_ref().and_then(|uri| uri.host_str().map(str::to_owned));
    let mut hosts = metadata.hosts().into_iter();
    let only = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host),
        _ => None,
    };
    document.or(only).unwrap_or_else(|| id.0.clone())
}
