//! Sectors of clients that register themselves (OpenID Connect Core, section 8.1; Dynamic Client Registration, section 5):
//! clients of one sector know a person by the same `sub`, so nobody joins one that doesn't name them.

use super::check::invalid;
use crate::app::App;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::error::OAuthError;

/// The longest document, in bytes.
const MAX: usize = 64 * 1024;

/// Fetches the sector's document, which must name every redirect URI. Without one a client with redirect URIs on several hosts
/// is a sector of its own; if it asks for pairwise subjects by name it must have one (Core, section 8.1).
///
/// # Errors
/// `invalid_client_metadata`
pub(super) async fn check(app: &App, metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let Some(document) = &metadata.sector_identifier_uri else {
        return match metadata.subject_type.is_some() && metadata.hosts().len() > 1 {
            true => Err(invalid("redirect_uris on several hosts need a sector_identifier_uri")),
            false => Ok(()),
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
