//! The floor under every figure: signatures alone, by the library that the server signs with.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};

/// Signatures per second on one core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    pub(crate) es256: f64,
    pub(crate) rs256: f64,
}

/// A message of an ID token's length.
const MESSAGE: [u8; 600] = [b'a'; 600];

pub(crate) fn signatures() -> anyhow::Result<Bare> {
    let random = SystemRandom::new();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; rsa.public_modulus_len()];
    Ok(Bare {
        es256: rate(|| ec.sign(&random, &MESSAGE).is_ok()),
        rs256: rate(|| rsa.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature).is_ok()),
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
