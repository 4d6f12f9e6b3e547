//! What login and consent say of the application that asks (OpenID Connect Dynamic Client Registration, section 2: `logo_uri`,
//! `policy_uri`, `tos_uri`).

use super::Locale;
use crate::domain::client::Client;

/// An application, as people see it.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Its name.
    pub name: String,
    /// Its logo's address.
    pub logo: Option<String>,
    /// Its privacy policy's address.
    pub policy: Option<String>,
    /// Its terms' address.
    pub terms: Option<String>,
    /// Of one that has registered itself: the host that answers go to, which is all that is certain of it.
    pub unreviewed: Option<String>,
}

impl Applicant {
    /// The application of a client.
    pub fn of(client: &Client, locale: Locale) -> Self {
        let text = |uri: &Option<url::Url>| uri.as_ref().map(ToString::to_string);
        let metadata = &client.metadata;
        Self {
            name: client.name(locale.is_english()).to_owned(),
            logo: text(&metadata.logo_uri),
            policy: text(&metadata.policy_uri),
            terms: text(&metadata.tos_uri),
            unreviewed: client.is_self_registered().then(|| client.hosts().join(", ")),
        }
    }

    /// The origin of its logo, for `img-src`.
    pub fn pictured_at(&self) -> Option<String> {
        let logo = url::Url::parse(self.logo.as_deref()?).ok()?;
        Some(logo.origin().ascii_serialization())
    }
}
