//! What login and consent say of the application that asks (OpenID Connect Dynamic Client Registration, section 2: `logo_uri`,
//! `policy_uri`, `tos_uri`).

use url::Url;

use super::Locale;
use crate::domain::client::Client;

/// An application, as people see it.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Its name.
    pub name: String,
    /// Its logo's address.
    pub logo: Option<Url>,
    /// Its privacy policy's address.
    pub policy: Option<Url>,
    /// Its terms' address.
    pub terms: Option<Url>,
    /// Of one that has registered itself: the host that answers go to, which is all that is certain of it.
    pub unreviewed: Option<String>,
}

impl Applicant {
    /// The application of a client.
    pub fn of(client: &Client, locale: Locale) -> Self {
        let metadata = &client.metadata;
        Self {
            name: client.name(locale.is_english()).to_owned(),
            logo: metadata.logo_uri.clone(),
            policy: metadata.policy_uri.clone(),
            terms: metadata.tos_uri.clone(),
            unreviewed: client.is_self_registered().then(|| Vec::from_iter(metadata.hosts()).join(", ")),
        }
    }

    /// The origin of its logo, for `img-src`.
    pub fn pictured_at(&self) -> Option<String> {
        self.logo.as_ref().map(|logo| logo.origin().ascii_serialization())
    }
}
