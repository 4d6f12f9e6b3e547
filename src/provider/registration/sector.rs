//! Sectors of clients that register themselves (OpenID Connect Core, section 8.1; Dynamic Client Registration, section 5):
//! clients of one sector know a person by the same `sub`, so nobody joins one that doesn't name them.

use std::collections::BTreeSet;

use url::Url;

use super::check::invalid;
use crate::app::App;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::error::OAuthError;

/// The longest document, in bytes.
const MAX: usize = 64 * 1024;

/// Fetches the sector's document, which must name every redirect URI; without one they must be on one host.
///
/// # Errors
/// `invalid_client_metadata`
pub(super) async fn check(app: &App, metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let Some(document) = &metadata.sector_identifier_uri else {
        let host = |uri: &String| Url::parse(uri).ok().and_then(|uri| uri.host_str().map(str::to_owned));
        let hosts: BTreeSet<_> = metadata.redirect_uris.iter().map(host).collect();
        return match hosts.len() {
            0 | 1 => Ok(()),
            _ => Err(invalid("redirect_uris on several hosts need a sector_identifier_uri")),
        };
    };
    let fetched = app.egress.get(document, MAX).await.and_then(|fetched| fetched.json::<Vec<String>>());
    let named = fetched.map_err(|error| {
        tracing::warn!(%error, "the document of a sector could not be read");
        invalid("sector_identifier_uri can't be fetched, or holds no JSON array of URIs")
    })?;
    match metadata.redirect_uris.iter().all(|uri| named.contains(uri)) {
        true => Ok(()),
        false => Err(invalid("sector_identifier_uri doesn't name every redirect_uri")),
    }
}
