//! Passwords: today's hash, today's policy, and a bounded queue, so that a flood of sign-ins neither exhausts memory
//! nor stops other traffic.

mod argon;
mod breached;
mod lines;
mod measure;
mod policy;
mod queue;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Random;
use crate::config;
use crate::secret::Secret;

use argon::{Costs, Memory};
use breached::Breached;
use queue::Queue;

pub use measure::{advise, measure};
pub use policy::{PolicyFault, check_offline};

/// Why no hash was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The library or the system refused.
    #[error("the password could not be hashed")]
    Failed,
}

/// Why passwords can't be taken at all.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// Costs out of range, or no threads.
    #[error("passwords can't be hashed with these settings")]
    Costs(#[from] HashError),
    /// The operator's list.
    #[error("passwords.breached: {0} can't be used: {1}")]
    Breached(PathBuf, #[source] std::io::Error),
}

/// Hashes, verifies and judges passwords, for whoever asks from one place.
#[derive(Clone)]
pub struct Passwords {
    shared: Arc<Shared>,
    /// Whose turn it is when several ask.
    asker: Arc<str>,
}

struct Shared {
    costs: Costs,
    random: Random,
    queue: Queue,
    /// Looks like a hash, and no password has it: verified in the place of an unknown user's, so that both take the same time.
    decoy: Arc<str>,
    /// What the portal is called.
    names: Vec<String>,
    breached: Option<Arc<Breached>>,
    computed: Arc<AtomicU64>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// A hasher with these costs, and threads of its own: one core is left free for the rest. `names` are those of the portal.
    ///
    /// # Errors
    /// If the costs are out of range, or the list of breached passwords can't be read.
    pub fn new(settings: &config::Passwords, names: Vec<String>, random: Random) -> Result<Self, PasswordsError> {
        let costs = Costs::new(settings)?;
        let open = |path: &PathBuf| Breached::open(path).map_err(|e| PasswordsError::Breached(path.clone(), e));
        let breached = settings.breached.as_ref().map(open).transpose()?.map(Arc::new);
        let queue = Queue::start(workers())?;
        let decoy = costs.decoy(&random).into();
        let shared = Shared { costs, random, queue, decoy, names, breached, computed: Arc::default() };
        Ok(Self { shared: Arc::new(shared), asker: "".into() })
    }

    /// The same for who asks from this address: under load, each has its turn.
    #[must_use]
    pub fn asked_from(&self, address: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), asker: address.into() }
    }

    async fn queued<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let computed = Arc::clone(&self.shared.computed);
        let counted = move |memory: &mut Memory| {
            computed.fetch_add(1, Ordering::Relaxed);
            work(memory)
        };
        self.shared.queue.run(&self.asker, counted).await
    }

    /// Argon2id (RFC 9106) in PHC form, with a fresh salt of 16 bytes.
    ///
    /// # Errors
    /// [`HashError`]
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let (costs, password) = (self.shared.costs.clone(), password.clone());
        let salt: [u8; 16] = self.shared.random.bytes();
        self.queued(move |memory| costs.hash(password.expose().as_bytes(), &salt, memory)).await?
    }

    /// Whether the password is the one that was hashed. Without a hash (unknown user) the same work is done, and the
    /// answer is no.
    ///
    /// # Errors
    /// [`HashError`]
    pub async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        let password = password.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.shared.decoy).to_owned();
        self.queued(move |memory| argon::verify(password.expose().as_bytes(), &hash, memory))
            .await
            .map(|right| right.unwrap_or_default() && known)
    }

    /// Whether a hash was made with lower costs than today's.
    pub fn is_outdated(&self, hash: &str) -> bool {
        self.shared.costs.exceed(hash)
    }

    /// How many hashes were computed since the start.
    pub fn computed(&self) -> u64 {
        self.shared.computed.load(Ordering::Relaxed)
    }

    /// Checks a password that somebody chooses against all of the policy; `own` is the person's data that must not be in it
    /// (user name, phone, document number, …).
    ///
    /// # Errors
    /// [`PolicyFault`]
    pub async fn check<'a>(
        &self,
        password: &Secret,
        own: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), PolicyFault> {
        check_offline(password.expose(), own, self.shared.names.iter().map(String::as_str))?;
        match self.is_breached(password).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(PolicyFault::Breached),
            Err(()) => Err(PolicyFault::Unchecked),
        }
    }

    /// Whether a password, which was right, can be guessed by whoever has the lists: a common one, or one that was breached.
    /// The operator's list can't lock anybody out: where it can't be read, the answer is no.
    pub async fn is_exposed(&self, password: &Secret) -> bool {
        policy::is_common(password.expose()) || self.is_breached(password).await.unwrap_or_default()
    }

    async fn is_breached(&self, password: &Secret) -> Result<bool, ()> {
        let Some(list) = self.shared.breached.clone() else { return Ok(false) };
        let password = password.clone();
        let asked = tokio::task::spawn_blocking(move || list.holds(password.expose())).await;
        let asked = asked.unwrap_or_else(|_| Err(std::io::ErrorKind::Interrupted.into()));
        asked.map_err(|error| tracing::error!(%error, "the list of breached passwords could not be read"))
    }
}

/// How many hashes are computed at the same moment: one core is left free for the rest.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1).max(1)
}
