//! The registry of relying parties: from configuration, in memory.

use std::collections::HashMap;

use crate::config::ClientEntry;
use crate::crypto::Keyring;
use crate::domain::client::{Client, ClientAuthentication};
use crate::ids::ClientId;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;

/// All relying parties.
#[derive(Debug, Default)]
pub struct Clients(HashMap<ClientId, Client>);

impl Clients {
    /// Registers what the configuration names; its faults were reported by `config::check`, and a URI that can't be
    /// registered is left out.
    pub fn register(entries: &[ClientEntry], keys: &Keyring) -> Self {
        Self(entries.iter().map(|entry| (entry.id.clone(), client(entry, keys))).collect())
    }

    /// A client, switched off or not: for telling what was.
    pub fn known(&self, id: &str) -> Option<&Client> {
        self.0.get(&ClientId::from(id))
    }

    /// A client that isn't switched off.
    pub fn get(&self, id: &str) -> Option<&Client> {
        self.known(id).filter(|client| client.enabled)
    }

    /// Every client that isn't switched off, by id.
    pub fn all(&self) -> Vec<&Client> {
        let mut all: Vec<&Client> = self.0.values().filter(|client| client.enabled).collect();
        all.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        all
    }
}

fn client(entry: &ClientEntry, keys: &Keyring) -> Client {
    let register = |uris: &[String]| uris.iter().filter_map(|u| RedirectUri::register(u).ok()).collect();
    let host = |uri: &String| url::Url::parse(uri).ok().and_then(|u| u.host_str().map(str::to_owned));
    Client {
        id: entry.id.clone(),
        name_zh: entry.name_zh.clone(),
        name_en: entry.name_en.clone(),
        authentication: match &entry.secret {
            Some(secret) => {
                ClientAuthentication::SecretBasic(ClientAuthentication::hash(keys, &entry.id, secret.expose()))
            }
            None => ClientAuthentication::None,
        },
        redirect_uris: register(&entry.redirect_uris),
        post_logout_redirect_uris: register(&entry.post_logout_redirect_uris),
        scopes: Scopes::parse(&entry.scopes),
        account_kinds: entry.account_kinds.clone(),
        units_alone: entry.units_alone,
        owns_system: entry.owns_system.clone(),
        sector: entry
            .sector
            .clone()
            .or_else(|| entry.redirect_uris.first().and_then(host))
            .unwrap_or_else(|| entry.id.0.clone()),
        signing: entry.id_token_signed_response_alg,
        enabled: entry.enabled,
    }
}
