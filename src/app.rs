//! The application: the only place where its parts are put together.

use std::sync::Arc;

use tokio::sync::Notify;
use webauthn_rs::Webauthn;

use crate::cache::Caches;
use crate::client_keys::ClientKeys;
use crate::clients::{self, Clients};
use crate::clock::{Clock, Random};
use crate::config::{Config, Site};
use crate::crypto::{Keyring, SealError};
use crate::domain::client::Client;
use crate::egress::{Egress, EgressError};
use crate::ids::ClientId;
use crate::keys::{KeyError, SigningKeys, load_root};
use crate::notify::Gateway;
use crate::notify::codes::{self, Asker, Binding, Sender, Sent};
use crate::passwords::{Passwords, PasswordsError};
use crate::protocol::client_metadata::REGISTERED;
use crate::signed_client::SignedClient;
use crate::storage::{Db, Redemptions, StorageError};
use crate::upstream::Systems;
use crate::verify::{PersonSource, UnitSource};
use crate::web_authentication;

/// Everything that a request can reach.
#[derive(Debug)]
pub struct App {
    /// What the operator set.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The database.
    pub db: Db,
    /// Sealing, indexes, keyed hashes.
    pub keys: Arc<Keyring>,
    /// Signing keys.
    pub signing: SigningKeys,
    /// Relying parties.
    pub clients: Clients,
    /// Legacy systems.
    pub systems: Systems,
    /// The authoritative source.
    pub source: PersonSource,
    /// The registry of organisations.
    pub registry: UnitSource,
    /// Passwords.
    pub passwords: Passwords,
    /// Passkeys; none where the issuer has no host name.
    pub passkeys: Option<Webauthn>,
    /// Stores what codes were redeemed for.
    pub redemptions: Redemptions,
    /// Caches of the hot path.
    pub caches: Caches,
    /// Sends SMS and e-mail.
    pub gateway: Gateway,
    /// Calls to URLs that clients name.
    pub egress: Egress,
    /// The public keys of relying parties.
    pub client_keys: ClientKeys,
    site: Arc<Site>,
    /// Wakes the outbox.
    pub outbox: Notify,
    /// The captcha's answer is always the same: for demonstrations and load tests, never set by a configuration.
    pub test_mode: bool,
}

/// Why the application can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The derived keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Password costs, or the list of breached ones.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The HTTP client.
    #[error("the HTTP client could not be set up: {0}")]
    Http(#[from] reqwest::Error),
    /// Calls to URLs that clients name.
    #[error(transparent)]
    Egress(#[from] EgressError),
}

/// Time and randomness, given from outside.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
}

impl Ports {
    /// The system's own.
    pub fn system() -> Self {
        Self { clock: Clock::System, random: Random::system() }
    }
}

/// Builds the application.
///
/// # Errors
/// [`StartError`]
pub async fn build(config: Config, ports: Ports, test_mode: bool) -> Result<Arc<App>, StartError> {
    let Ports { clock, random } = ports;
    let directory = &config.keys.directory;
    let keys = Arc::new(Keyring::derive(&load_root(directory, &random)?, random.clone())?);
    let signing = SigningKeys::load(directory, &clock)?;
    let db = Db::open(config.database.url.expose(), config.database.connections).await?;
    let http = crate::http_client::build()?;
    let egress = Egress::new(&config.egress)?;
    let signed = |service| SignedClient::new(service, &http, &clock, &random);
    Ok(Arc::new(App {
        clients: Clients::register(&config.clients, &keys),
        systems: {
            let callback = format!("{}/upstream/callback", config.issuer_text());
            Systems::connect(&config.systems, &callback, &http, &clock, &random)
        },
        source: PersonSource::new(signed(&config.source), clock.clone()),
        registry: UnitSource::new(signed(&config.registry), clock.clone()),
        gateway: Gateway::new(signed(&config.gateway)),
        client_keys: ClientKeys::new(&egress, &clock),
        egress,
        passwords: Passwords::new(&config.passwords, config.names(), random.clone())?,
        passkeys: web_authentication::relying_party(&config.issuer, &config.site.sms_signature),
        redemptions: Redemptions::start(&db),
        caches: Caches::new(&db, &keys, &clock),
        site: Arc::new(config.site.clone()),
        outbox: Notify::new(),
        config,
        clock,
        random,
        db,
        keys,
        signing,
        test_mode,
    }))
}

impl App {
    /// Sends a one-time code, in a transaction of its own, and wakes the outbox.
    ///
    /// # Errors
    /// The store's own.
    pub async fn send_code(&self, binding: Binding, asker: Asker) -> Result<Sent, StorageError> {
        let (keys, random, now) = (Arc::clone(&self.keys), self.random.clone(), self.clock.now());
        let signature = self.config.site.sms_signature.clone();
        let sent = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let sender = Sender { keys: &keys, random: &random, signature: &signature };
                    codes::send(tx, sender, &binding, &asker, now).await
                })
            })
            .await?;
        self.outbox.notify_one();
        Ok(sent)
    }

    /// A relying party that isn't switched off.
    ///
    /// # Errors
    /// The store's own.
    pub async fn client(&self, id: &str) -> Result<Option<Arc<Client>>, StorageError> {
        Ok(self.known_client(id).await?.filter(|client| client.enabled))
    }

    /// A relying party, switched off or not: for telling what was.
    ///
    /// # Errors
    /// The store's own.
    pub async fn known_client(&self, id: &str) -> Result<Option<Arc<Client>>, StorageError> {
        match self.clients.get(id) {
            Some(client) => Ok(Some(Arc::clone(client))),
            None if id.starts_with(REGISTERED) => {
                let make = |row| clients::registered(&row, &self.config.registration, &self.keys);
                self.caches.client(&ClientId::from(id), make).await
            }
            None => Ok(None),
        }
    }

    /// What the pages say of their owner.
    pub fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site)
    }

    /// Today's date, in Beijing time.
    pub fn today(&self) -> time::Date {
        self.clock.now().date()
    }
}
