//! Argon2id (RFC 9106) into memory that the caller keeps from one hash to the next: fresh pages of 19 MiB each time would cost
//! a tenth of the work.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::HashError;
use crate::clock::Random;
use crate::config;

/// The memory of one hash at a time; as large as the largest so far.
pub(super) type Memory = Vec<Block>;

/// How passwords are hashed today.
#[derive(Clone, Debug)]
pub(super) struct Costs(Params);

impl Costs {
    /// # Errors
    /// If they are out of range.
    pub(super) fn new(costs: &config::Passwords) -> Result<Self, HashError> {
        Params::new(costs.memory_kib, costs.passes, 1, None).map(Self).map_err(|_| HashError::Failed)
    }

    /// A password's hash in PHC form.
    pub(super) fn hash(&self, password: &[u8], salt: &[u8], memory: &mut Memory) -> Result<String, HashError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone());
        let output = compute(&argon2, password, salt, Params::DEFAULT_OUTPUT_LEN, memory).ok_or(HashError::Failed)?;
        Ok(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.0).map_err(|_| HashError::Failed)?,
            salt: Some(Salt::new(salt).map_err(|_| HashError::Failed)?),
            hash: Some(output),
        }
        .to_string())
    }

    /// Whether a hash was made with lower costs than these.
    pub(super) fn exceed(&self, hash: &str) -> bool {
        PasswordHash::new(hash)
            .ok()
            .and_then(|parsed| Params::try_from(&parsed).ok())
            .is_none_or(|p| p.m_cost() < self.0.m_cost() || p.t_cost() < self.0.t_cost())
    }

    /// Random bytes in the form of a hash with these costs. Nothing is computed, so that a start takes no memory for it.
    pub(super) fn decoy(&self, random: &Random) -> String {
        let part = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
        let (salt, hash) = (part(&random.bytes::<16>()), part(&random.bytes::<32>()));
        let Self(costs) = self;
        format!("$argon2id$v=19$m={},t={},p={}${salt}${hash}", costs.m_cost(), costs.t_cost(), costs.p_cost())
    }
}

/// Whether a hash, with the costs that stand in it, is this password's. `None` if it is no hash: nothing was computed then.
pub(super) fn verify(password: &[u8], hash: &str, memory: &mut Memory) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
    let computed = compute(&argon2, password, salt, expected.len(), memory)?;
    // `Output` compares in constant time.
    Some(computed == *expected)
}

fn compute(argon2: &Argon2<'_>, password: &[u8], salt: &[u8], length: usize, memory: &mut Memory) -> Option<Output> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let mut output = [0_u8; Output::MAX_LENGTH];
    let output = output.get_mut(..length)?;
    argon2.hash_password_into_with_memory(password, salt, output, memory).ok()?;
    Output::new(output).ok()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier;

    use super::*;

    fn costs() -> Costs {
        Costs::new(&config::Passwords::default()).unwrap()
    }

    #[test]
    fn a_hash_is_what_the_library_makes_and_its_memory_may_be_used_again() {
        let mut memory = Memory::new();
        let hash = costs().hash(b"Tulip-garden-77", b"0123456789abcdef", &mut memory).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        Argon2::default().verify_password(b"Tulip-garden-77", &*hash).unwrap();
        assert_eq!(verify(b"Tulip-garden-77", &hash, &mut memory), Some(true));
        assert_eq!(verify(b"tulip-garden-77", &hash, &mut memory), Some(false));
        assert_eq!(verify(b"Tulip-garden-77", "no hash", &mut memory), None);
        assert_eq!(memory.len(), 19 * 1024);
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let decoy = costs().decoy(&Random::seeded(1));
        assert!(!costs().exceed(&decoy));
        // The password is looked at and found wrong: an error of the form would come at once.
        assert_eq!(verify(b"anything", &decoy, &mut Memory::new()), Some(false));
    }
}
