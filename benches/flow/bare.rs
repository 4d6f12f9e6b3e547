//! The floor under every figure: signatures and password hashes alone, by the libraries that the server uses.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};

/// How many per second on one core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    pub(crate) es256: f64,
    pub(crate) rs256: f64,
    pub(crate) argon2id: f64,
}

/// A message of an ID token's length.
const MESSAGE: [u8; 600] = [b'a'; 600];

pub(crate) fn rates() -> anyhow::Result<Bare> {
    let random = SystemRandom::new();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; rsa.public_modulus_len()];
    let costs = guiyi::config::Passwords::default();
    let costs = Params::new(costs.memory_kib, costs.passes, 1, None).map_err(|e| anyhow::anyhow!("{e}"))?;
    let mut memory = vec![Block::new(); costs.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, costs);
    let mut hash = [0; 32];
    Ok(Bare {
        es256: rate(|| ec.sign(&random, &MESSAGE).is_ok()),
        rs256: rate(|| rsa.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature).is_ok()),
        argon2id: rate(|| {
            argon2.hash_password_into_with_memory(b"Bench-password-1", &[7; 16], &mut hash, &mut memory).is_ok()
        }),
    })
}

/// The best of six half seconds: whatever else runs here can only make it slower.
fn rate(mut sign: impl FnMut() -> bool) -> f64 {
    let slices = (0..6).map(|_| {
        let (began, mut count) = (Instant::now(), 0_u32);
        while began.elapsed() < Duration::from_millis(500) {
            count += u32::from(sign());
        }
        f64::from(count) / began.elapsed().as_secs_f64()
    });
    slices.fold(0.0, f64::max)
}
