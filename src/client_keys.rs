//! The public keys of relying parties (RFC 7517): as registered, or fetched from where the registration says.
//!
//! Fetched ones are kept for a while; a key id that isn't among them has them fetched again, so that a client can rotate
//! its keys at any time, but not more often than [`PAUSE`] allows, so that nobody has the portal hammer anyone.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::egress::{Egress, MOST};
use crate::protocol::client_metadata::ClientMetadata;

/// How long fetched keys are good without asking again.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// How long they are good while their place can't be reached.
const STALE: Duration = Duration::from_secs(60 * 60);
/// The shortest time between two fetches from one place.
pub const PAUSE: Duration = Duration::from_secs(10);
/// The most keys of one client that are looked at.
const MOST_KEYS: usize = 32;
/// The most places whose keys are kept.
const PLACES: usize = 1000;

/// Keys, by where they are from.
#[derive(Debug)]
pub struct ClientKeys {
    egress: Egress,
    clock: Clock,
    kept: Cache<Url, Arc<Mutex<Kept>>>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Vec<Jwk>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// RFC 7517, section 5.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl ClientKeys {
    /// None yet.
    pub fn new(egress: &Egress, clock: &Clock) -> Self {
        Self { egress: egress.clone(), clock: clock.clone(), kept: Cache::new(PLACES) }
    }

    /// The keys of a client; where one is named by its id and isn't known, they are looked up anew.
    pub async fn of(&self, metadata: &ClientMetadata, kid: Option<&str>) -> Vec<Jwk> {
        match (&metadata.jwks, &metadata.jwks_uri) {
            (Some(set), _) => KeySet::deserialize(set).map(usable).unwrap_or_default(),
            (None, Some(uri)) => self.at(uri, kid).await,
            (None, None) => Vec::new(),
        }
    }

    async fn at(&self, uri: &Url, kid: Option<&str>) -> Vec<Jwk> {
        let Ok(kept) = self.kept.get_or_insert_with(uri, || Ok::<_, Infallible>(Arc::default()));
        // One at a time: whoever comes meanwhile finds what the first has fetched.
        let mut kept = kept.lock().await;
        let now = self.clock.now();
        let within = |at: Option<Timestamp>, term: Duration| at.is_some_and(|at| now.since(at) < term);
        let knows = kid.is_none_or(|kid| kept.keys.iter().any(|key| key.common.key_id.as_deref() == Some(kid)));
        let is_fresh = knows && within(kept.fetched_at, FRESH);
        if !(is_fresh || within(kept.tried_at, PAUSE)) {
            kept.tried_at = Some(now);
            match self.egress.get(uri, MOST).await.and_then(|fetched| fetched.json::<KeySet>()) {
                Ok(set) => {
                    kept.keys = usable(set);
                    kept.fetched_at = Some(now);
                }
                Err(refused) => tracing::warn!(%uri, %refused, "a client's keys could not be fetched"),
            }
        }
        if within(kept.fetched_at, STALE) { kept.keys.clone() } else { Vec::new() }
    }
}

/// Keys of a kind that isn't known are left out (RFC 7517, section 5).
fn usable(set: KeySet) -> Vec<Jwk> {
    set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).take(MOST_KEYS).collect()
}
