//! What Argon2id takes on this machine, and the costs that it could bear (RFC 9106, section 4).

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};

use super::HashError;
use crate::clock::Clock;
use crate::config::{HashCosts, LEAST_MEMORY_KIB, LEAST_PASSES};

/// How long a hash may take: whoever signs in hardly notices, and whoever guesses pays it for each guess.
const BUDGET: Duration = Duration::from_millis(150);
/// More memory than this isn't recommended: beyond it passes are added.
const MOST_MEMORY_KIB: u64 = 64 * 1024;
/// How often it is measured; the shortest counts, because other work only ever adds to it.
const TRIES: usize = 3;

/// How long a hash with these costs takes on one core of this machine.
///
/// # Errors
/// If the costs are out of range.
pub fn measure(costs: HashCosts, clock: &Clock) -> Result<Duration, HashError> {
    let params = Params::new(costs.memory_kib, costs.passes, 1, None).map_err(|_| HashError::Failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut shortest = Duration::MAX;
    for _ in 0..TRIES {
        let (begun, mut hash) = (clock.now(), [0; 32]);
        argon2.hash_password_into(b"a password", b"a salt, 16 bytes", &mut hash).map_err(|_| HashError::Failed)?;
        shortest = shortest.min(clock.now().since(begun));
    }
    Ok(shortest)
}

/// Costs that take about a sixth of a second on a machine where a hash with `measured` costs takes `took`, with no more than
/// `memory_kib` of memory for each hash; never less than the least.
pub fn advise(measured: HashCosts, took: Duration, memory_kib: u64) -> HashCosts {
    let work = u64::from(measured.memory_kib) * u64::from(measured.passes);
    let affordable = work * millis(BUDGET) / millis(took).max(1);
    let memory = (affordable / u64::from(LEAST_PASSES)).min(memory_kib).min(MOST_MEMORY_KIB);
    // Whole MiB are easier to remember.
    let memory = (memory / 1024 * 1024).max(LEAST_MEMORY_KIB.into());
    let passes = (affordable / memory).max(LEAST_PASSES.into());
    let least = |number: u64, least: u32| u32::try_from(number).unwrap_or(least);
    let (memory_kib, passes) = (least(memory, LEAST_MEMORY_KIB), least(passes, LEAST_PASSES));
    HashCosts { memory_kib, passes }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(took: u64, memory_kib: u64) -> (u32, u32) {
        let least = HashCosts { memory_kib: LEAST_MEMORY_KIB, passes: LEAST_PASSES };
        let HashCosts { memory_kib, passes } = advise(least, Duration::from_millis(took), memory_kib);
        (memory_kib, passes)
    }

    #[test]
    fn a_faster_machine_is_advised_more_memory_then_more_passes_and_no_machine_less_than_the_least() {
        let plenty = 1024 * 1024;
        assert_eq!(advised(150, plenty), (19 * 1024, 2), "just what it takes");
        assert_eq!(advised(75, plenty), (38 * 1024, 2), "twice as fast");
        assert_eq!(advised(20, plenty), (64 * 1024, 4));
        assert_eq!(advised(20, 32 * 1024), (32 * 1024, 8), "memory is short");
        assert_eq!(advised(4000, plenty), (19 * 1024, 2), "slow");
        assert_eq!(advised(20, 1024), (19 * 1024, 15), "next to no memory: the floor holds");
    }
}
