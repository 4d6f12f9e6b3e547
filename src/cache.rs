//! What the hot path keeps in memory: sessions, accounts, consents, clients and the standing of grants. Every change is told
//! to all nodes through the `changes` table; a node that hasn't asked for [`POLL`] asks before it answers from memory,
//! so that nothing revoked is honoured for longer, and fails closed if it can't ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::clock::{Clock, Timestamp};
use crate::crypto::Keyring;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::mandate::Mandate;
use crate::domain::session::Session;
use crate::domain::unit::Standing as UnitStanding;
use crate::ids::{AccountId, ClientId, GrantId, MandateId, SessionId};
use crate::protocol::scope::Scopes;
use crate::secret::same;
use crate::storage::clients::Registered;
use crate::storage::consents::Key;
use crate::storage::grants::Standing;
use crate::storage::mandates::Entry;
use crate::storage::sessions::StoredSession;
use crate::storage::{
    Db, Stored, accounts, changes, clients, consents, grants, mandates, revoked_tokens, sessions, units,
};

/// The longest time for which another node's change may go unnoticed.
pub const POLL: Duration = Duration::from_millis(500);
/// How far a poll looks back: longer than any transaction may take to commit.
const OVERLAP: Duration = Duration::from_secs(15);
/// Entries of each kind that are kept: some 25 MiB in all when every one is full.
const CAPACITY: usize = 10_000;

/// The caches of a node.
#[derive(Debug)]
pub struct Caches {
    db: Db,
    keys: Arc<Keyring>,
    clock: Clock,
    polled_at: AtomicI64,
    polling: Mutex<()>,
    sessions: Cache<SessionId, Arc<StoredSession>>,
    accounts: Cache<AccountId, Arc<Account>>,
    consents: Cache<Key, Arc<Scopes>>,
    grants: Cache<GrantId, Arc<Standing>>,
    revoked: Cache<GrantId, bool>,
    mandates: Cache<MandateId, Arc<Mandate>>,
    units: Cache<AccountId, UnitStanding>,
    clients: Cache<ClientId, Arc<Client>>,
}

impl Caches {
    /// Empty caches over a database.
    pub fn new(db: &Db, keys: &Arc<Keyring>, clock: &Clock) -> Self {
        Self {
            db: db.clone(),
            keys: Arc::clone(keys),
            clock: clock.clone(),
            polled_at: AtomicI64::new(i64::MIN),
            polling: Mutex::new(()),
            sessions: Cache::new(CAPACITY),
            accounts: Cache::new(CAPACITY),
            // A person has more than one client.
            consents: Cache::new(2 * CAPACITY),
            grants: Cache::new(CAPACITY),
            revoked: Cache::new(CAPACITY),
            mandates: Cache::new(CAPACITY),
            units: Cache::new(CAPACITY),
            clients: Cache::new(CAPACITY),
        }
    }

    /// Forgets what other nodes have changed, unless that was asked a moment ago.
    async fn refresh(&self) -> Stored<()> {
        let stale = |now: Timestamp| {
            let polled = self.polled_at.load(Ordering::Acquire);
            now.0.saturating_sub(polled) >= i64::try_from(POLL.as_millis()).unwrap_or(i64::MAX)
        };
        if !stale(self.clock.now()) {
            return Ok(());
        }
        let _one_at_a_time = self.polling.lock().await;
        let now = self.clock.now();
        if !stale(now) {
            return Ok(());
        }
        let changed = changes::since(&mut self.db.read().await?, now.minus(OVERLAP)).await?;
        for subject in &changed {
            self.forget(subject);
        }
        self.polled_at.store(now.0, Ordering::Release);
        Ok(())
    }

    /// Forgets at once whatever has changed: called by the node that changed much, after the commit.
    ///
    /// # Errors
    /// The store's own.
    pub async fn catch_up(&self) -> Stored<()> {
        self.polled_at.store(i64::MIN, Ordering::Release);
        self.refresh().await
    }

    /// Forgets one changed thing at once: called by the node that changed it, after the commit.
    pub fn forget(&self, subject: &str) {
        match subject.split_once(':') {
            Some(("session", id)) => drop(self.sessions.remove(&SessionId::from(id))),
            Some(("account", id)) => drop(self.accounts.remove(&AccountId::from(id))),
            Some(("mandate", id)) => drop(self.mandates.remove(&MandateId::from(id))),
            Some(("unit", id)) => drop(self.units.remove(&AccountId::from(id))),
            Some(("client", id)) => drop(self.clients.remove(&ClientId::from(id))),
            Some(("grant", id)) => {
                self.grants.remove(&GrantId::from(id));
                self.revoked.remove(&GrantId::from(id));
            }
            Some(("consent", key)) => {
                if let Some(key) = Key::parse(key) {
                    self.consents.remove(&key);
                }
            }
            _ => {}
        }
    }

    async fn stored_session(&self, id: &SessionId) -> Stored<Option<Arc<StoredSession>>> {
        self.refresh().await?;
        if let Some(stored) = self.sessions.get(id) {
            return Ok(Some(stored));
        }
        let found = sessions::find(&mut self.db.read().await?, id).await?.map(Arc::new);
        if let Some(stored) = &found {
            self.sessions.insert(id.clone(), Arc::clone(stored));
        }
        Ok(found)
    }

    async fn live_session(
        &self,
        id: &SessionId,
        token_hash: &str,
        now: Timestamp,
    ) -> Stored<Option<Arc<StoredSession>>> {
        let is_its = |stored: &Arc<StoredSession>| same(stored.token_hash.as_bytes(), token_hash.as_bytes());
        let mut stored = self.stored_session(id).await?;
        if stored.as_ref().is_some_and(|stored| !is_its(stored) || !stored.session.is_live(now)) {
            // Another node may have signed its person in anew a moment ago, or have seen the session in use.
            self.sessions.remove(id);
            stored = self.stored_session(id).await?;
        }
        Ok(stored.filter(|stored| is_its(stored) && stored.session.is_live(now)))
    }

    /// The live session with this id, if the cookie's secret has this hash; that is a use of it.
    ///
    /// # Errors
    /// The store's own.
    pub async fn session(&self, id: &SessionId, token_hash: &str) -> Stored<Option<Session>> {
        let now = self.clock.now();
        let Some(stored) = self.live_session(id, token_hash, now).await? else { return Ok(None) };
        if now.since(stored.session.seen_at) < stored.session.seen_step() {
            return Ok(Some(stored.session.clone()));
        }
        let seen = id.clone();
        self.db.write(move |tx| Box::pin(async move { sessions::seen(tx, &seen, now).await })).await?;
        let session = Session { seen_at: now, ..stored.session.clone() };
        let renewed = StoredSession { session: session.clone(), token_hash: stored.token_hash.clone() };
        self.sessions.insert(id.clone(), Arc::new(renewed));
        Ok(Some(session))
    }

    /// The same without a use.
    ///
    /// # Errors
    /// The store's own.
    pub async fn unused_session(&self, id: &SessionId, token_hash: &str) -> Stored<Option<Session>> {
        let stored = self.live_session(id, token_hash, self.clock.now()).await?;
        Ok(stored.map(|stored| stored.session.clone()))
    }

    /// Whether a session hasn't been ended (by its owner, an operator, or a sign-out elsewhere).
    ///
    /// # Errors
    /// The store's own.
    pub async fn session_stands(&self, id: &SessionId) -> Stored<bool> {
        Ok(self.stored_session(id).await?.is_some())
    }

    /// An account that may be used.
    ///
    /// # Errors
    /// The store's own.
    pub async fn account(&self, id: &AccountId) -> Stored<Option<Arc<Account>>> {
        self.refresh().await?;
        if let Some(account) = self.accounts.get(id) {
            return Ok(Some(account));
        }
        let found = accounts::find(&mut self.db.read().await?, &self.keys, id).await?.filter(Account::is_active);
        Ok(found.map(|account| {
            let account = Arc::new(account);
            self.accounts.insert(id.clone(), Arc::clone(&account));
            account
        }))
    }

    /// What a client was allowed. Where that isn't all that is `wanted`, the database is asked: another node may have been
    /// told more a moment ago, and nobody is to be asked, or refused, for what they have just allowed.
    ///
    /// # Errors
    /// The store's own.
    pub async fn consent(&self, key: Key, wanted: &Scopes) -> Stored<Arc<Scopes>> {
        self.refresh().await?;
        if let Some(scopes) = self.consents.get(&key).filter(|scopes| scopes.covers(wanted)) {
            return Ok(scopes);
        }
        let scopes = Arc::new(consents::find(&mut self.db.read().await?, &key).await?);
        self.consents.insert(key, Arc::clone(&scopes));
        Ok(scopes)
    }

    /// Where a grant stands.
    ///
    /// # Errors
    /// The store's own.
    pub async fn standing(&self, id: &GrantId) -> Stored<Arc<Standing>> {
        self.refresh().await?;
        if let Some(standing) = self.grants.get(id) {
            return Ok(standing);
        }
        let standing = Arc::new(grants::standing(&mut self.db.read().await?, id).await?);
        self.grants.insert(id.clone(), Arc::clone(&standing));
        Ok(standing)
    }

    /// Whether a client's token about itself was revoked.
    ///
    /// # Errors
    /// The store's own.
    pub async fn is_revoked(&self, id: &GrantId) -> Stored<bool> {
        self.refresh().await?;
        if let Some(revoked) = self.revoked.get(id) {
            return Ok(revoked);
        }
        let revoked = revoked_tokens::is_revoked(&mut self.db.read().await?, id).await?;
        self.revoked.insert(id.clone(), revoked);
        Ok(revoked)
    }

    /// A mandate that is in force now, of a unit that may act: its account is active, and the registry hasn't called it
    /// revoked or dissolved.
    ///
    /// # Errors
    /// The store's own.
    pub async fn mandate(&self, id: &MandateId) -> Stored<Option<Arc<Mandate>>> {
        self.refresh().await?;
        let found = match self.mandates.get(id) {
            Some(mandate) => Some(mandate),
            None => mandates::find(&mut self.db.read().await?, id).await?.and_then(Entry::live).map(|mandate| {
                let mandate = Arc::new(mandate);
                self.mandates.insert(id.clone(), Arc::clone(&mandate));
                mandate
            }),
        };
        let Some(mandate) = found.filter(|mandate| mandate.is_in_force(self.clock.now())) else { return Ok(None) };
        let acts = self.unit_standing(&mandate.unit).await? == Some(UnitStanding::Registered)
            && self.account(&mandate.unit).await?.is_some()
            && self.account(&mandate.person).await?.is_some();
        Ok(acts.then_some(mandate))
    }

    /// What the registry last said of a unit; `None` for an account that isn't a unit's.
    ///
    /// # Errors
    /// The store's own.
    pub async fn unit_standing(&self, id: &AccountId) -> Stored<Option<UnitStanding>> {
        self.refresh().await?;
        if let Some(standing) = self.units.get(id) {
            return Ok(Some(standing));
        }
        let standing = units::standing(&mut self.db.read().await?, id).await?;
        if let Some(standing) = standing {
            self.units.insert(id.clone(), standing);
        }
        Ok(standing)
    }

    /// A client that has registered itself, as `make` makes it of its row.
    ///
    /// # Errors
    /// The store's own.
    pub async fn client(
        &self,
        id: &ClientId,
        make: impl FnOnce(Registered) -> Option<Client>,
    ) -> Stored<Option<Arc<Client>>> {
        self.refresh().await?;
        if let Some(client) = self.clients.get(id) {
            return Ok(Some(client));
        }
        let row = clients::find(&mut self.db.read().await?, id).await?;
        let client = row.and_then(make).map(Arc::new);
        if let Some(client) = &client {
            self.clients.insert(id.clone(), Arc::clone(client));
        }
        Ok(client)
    }

    /// Remembers a grant that this node has just stored.
    pub fn granted(&self, id: &GrantId, standing: Standing) {
        self.grants.insert(id.clone(), Arc::new(standing));
    }
}
