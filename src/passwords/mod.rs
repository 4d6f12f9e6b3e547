//! Passwords: today's hash, today's policy, and a bounded queue, so that a flood of sign-ins neither exhausts memory
//! nor stops other traffic.

mod measure;
mod policy;

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use crate::clock::Random;
use crate::secret::Secret;

pub use measure::{advise, measure};
pub use policy::{PolicyFault, check};

/// How many may wait for a hash before more are turned away.
const QUEUE: usize = 64;

/// Why no hash was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The library refused.
    #[error("the password could not be hashed")]
    Failed,
}

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    params: Params,
    random: Random,
    workers: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Looks like a hash, and no password has it: verified in the place of an unknown user's, so that both take the same time.
    decoy: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// A hasher with these costs.
    ///
    /// # Errors
    /// If the costs are out of range.
    pub fn new(costs: crate::config::Passwords, random: Random) -> Result<Self, HashError> {
        let params = Params::new(costs.memory_kib, costs.passes, 1, None).map_err(|_| HashError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let decoy = decoy(&params, &random);
        Ok(Self {
            argon2,
            params,
            random,
            workers: Arc::new(Semaphore::new(workers())),
            waiting: Arc::new(Semaphore::new(QUEUE)),
            decoy: decoy.into(),
        })
    }

    async fn queued<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let _place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| HashError::Failed)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(worker);
            done
        })
        .await
        .map_err(|_| HashError::Failed)
    }

    /// Argon2id (RFC 9106) in PHC form, with a fresh salt of 16 bytes.
    ///
    /// # Errors
    /// [`HashError`]
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let salt: [u8; 16] = self.random.bytes();
        self.queued(move || argon2.hash_password_with_salt(password.expose().as_bytes(), &salt).map(|h| h.to_string()))
            .await?
            .map_err(|_| HashError::Failed)
    }

    /// Whether the password is the one that was hashed. Without a hash (unknown user) the same work is done, and the
    /// answer is no.
    ///
    /// # Errors
    /// [`HashError::Busy`]
    pub async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        self.queued(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|parsed| argon2.verify_password(password.expose().as_bytes(), &parsed).is_ok())
        })
        .await
        .map(|right| right && known)
    }

    /// Whether a hash was made with lower costs than today's.
    pub fn is_outdated(&self, hash: &str) -> bool {
        PasswordHash::new(hash)
            .ok()
            .and_then(|parsed| Params::try_from(&parsed).ok())
            .is_none_or(|p| p.m_cost() < self.params.m_cost() || p.t_cost() < self.params.t_cost())
    }
}

/// How many hashes are computed at the same moment: one core is left free for the rest.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1).max(1)
}

/// Random bytes in the form of a hash with today's costs. Nothing is computed, so that a start takes no memory for it.
fn decoy(params: &Params, random: &Random) -> String {
    let part = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let (salt, hash) = (part(&random.bytes::<16>()), part(&random.bytes::<32>()));
    format!("$argon2id$v=19$m={},t={},p={}${salt}${hash}", params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let passwords = Passwords::new(crate::config::Passwords::default(), Random::seeded(1)).unwrap();
        assert!(!passwords.is_outdated(&passwords.decoy));
        let parsed = PasswordHash::new(&passwords.decoy).unwrap();
        // The password is looked at and found wrong: an error of the form would come at once.
        let refused = passwords.argon2.verify_password(b"anything", &parsed).unwrap_err();
        assert_eq!(refused, argon2::password_hash::Error::PasswordInvalid);
    }
}
