//! A visit: what is known of the browser behind a request to a page.

use std::sync::Arc;

use http::HeaderValue;

use super::locale::Locale;
use crate::clock::Timestamp;
use crate::config::Site;
use crate::domain::account::Account;
use crate::domain::device::Device;
use crate::domain::session::{Limits, Place, Session};
pub use crate::notify::codes::Asker;
use crate::sign_in::Held;

/// What is known of the browser behind a request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The language.
    pub locale: Locale,
    /// The keyed hash of the browser cookie: what interactions and journeys are bound to.
    pub browser: String,
    /// The token that every form of this browser carries.
    pub csrf: String,
    /// The client's address and its budget.
    pub asker: Asker,
    /// The browser's own word about itself: see [`Visit::place`].
    pub user_agent: Option<HeaderValue>,
    /// Path and query of the page.
    pub path: String,
    /// Who is signed in.
    pub signed_in: Option<(Session, Arc<Account>)>,
    /// The sessions that the browser says it has: the one of who is signed in, and those put aside.
    pub held: Arc<Held>,
    /// How long a session lasts that begins here.
    pub limits: Limits,
    /// When the request came.
    pub now: Timestamp,
    /// The footer.
    pub site: Arc<Site>,
}

impl Visit {
    /// The request that waits behind this page, if its address names one.
    fn waiting(&self) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let id = query.split('&').find_map(|pair| pair.strip_prefix("interaction="))?;
        (!id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(id)
    }

    /// Whether the browser stands in a service hall, where many people use it one after the other.
    pub fn is_in_hall(&self) -> bool {
        self.asker.factor > 1
    }

    /// Whether the page isn't to load itself again: the person has stopped it, or nobody may be there any more.
    pub fn is_still(&self) -> bool {
        self.path.ends_with("?still=yes") || self.is_in_hall()
    }

    /// Where a session begins; read only then.
    pub fn place(&self) -> Place {
        let header = self.user_agent.as_ref().and_then(|header| header.to_str().ok());
        Place { device: header.map(Device::parse).unwrap_or_default(), limits: self.limits }
    }

    /// The common part of a page.
    pub fn page(&self, title: &str) -> Page {
        Page {
            locale: self.locale,
            title: self.locale.t(title),
            csrf: self.csrf.clone(),
            path: self.path.clone(),
            login: login(self.waiting()),
            user: self.signed_in.as_ref().map(|(_, account)| account.user_name.masked()),
            hall: self.is_in_hall().then_some(self.limits.idle.as_secs() / 60),
            site: Arc::clone(&self.site),
        }
    }
}

/// The login page, for the request that waits for it.
pub fn login(interaction: Option<&str>) -> String {
    interaction.map_or_else(|| "/login".to_owned(), |id| format!("/login?interaction={id}"))
}

/// The common part of every page: what the layout shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// The language.
    pub locale: Locale,
    /// The heading and the window's title.
    pub title: String,
    /// The form token.
    pub csrf: String,
    /// This page, for the way to the other language.
    pub path: String,
    /// Where the header's sign-in leads: a waiting request isn't lost by it.
    pub login: String,
    /// The masked user name of who is signed in.
    pub user: Option<String>,
    /// In a service hall: after how many minutes without use the machine forgets its user.
    pub hall: Option<u64>,
    /// The footer.
    pub site: Arc<Site>,
}

impl Page {
    /// The text of a key.
    pub fn t(&self, key: &str) -> String {
        self.locale.t(key)
    }

    /// The text of a key with a value in it.
    pub fn tv(&self, key: &str, value: impl std::fmt::Display) -> String {
        self.locale.tv(key, value)
    }

    /// This page's path, encoded for a query.
    pub fn back(&self) -> String {
        url::form_urlencoded::byte_serialize(self.path.as_bytes()).collect()
    }

    /// The SMS-free hotline, or an empty text.
    pub fn hotline(&self) -> &str {
        &self.site.hotline
    }
}

/// What the page after a logout does by itself.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Whose pages its hidden frames show: origins of relying parties, blank-separated.
    pub frames: String,
    /// After how many seconds the browser goes on, and where to.
    pub onward: Option<(u32, String)>,
}

/// A page, rendered.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// The document.
    pub html: String,
    /// Seconds after which the browser loads it again.
    pub refresh: Option<u32>,
    /// What it does for applications that somebody leaves.
    pub departure: Option<Box<Departure>>,
    /// Where its pictures may come from besides this site: the origin of a relying party's logo.
    pub image_source: Option<String>,
    /// Where its forms may lead besides this site: the origin of a relying party that a form's answer redirects to.
    pub form_action: Option<String>,
    /// Whether it may run a script of this site.
    pub scripted: bool,
    /// After how many seconds its form may be sent again.
    pub retry_after: Option<u64>,
}

impl Rendered {
    /// Renders a template.
    pub fn new<T: askama::Template>(status: u16, template: &T) -> Self {
        match template.render() {
            Ok(html) => Self::blank(status, html),
            Err(error) => {
                tracing::error!(%error, "a template failed");
                Self::blank(500, "<!doctype html><title>500</title>".to_owned())
            }
        }
    }

    fn blank(status: u16, html: String) -> Self {
        Self {
            status,
            html,
            refresh: None,
            departure: None,
            image_source: None,
            form_action: None,
            scripted: false,
            retry_after: None,
        }
    }

    /// Has the browser load the page again, until the person stops that (WCAG 2.2, success criterion 2.2.1).
    #[must_use]
    pub fn refreshing(self, refresh: Option<u32>) -> Self {
        Self { refresh, ..self }
    }

    /// Has the browser tell applications of a logout, and go on by itself.
    #[must_use]
    pub fn departing(self, departure: Departure) -> Self {
        Self { departure: Some(Box::new(departure)), ..self }
    }

    /// Allows this page to show a picture of another origin.
    #[must_use]
    pub fn picturing(self, origin: Option<String>) -> Self {
        Self { image_source: origin, ..self }
    }

    /// Lets the page run the scripts among this site's assets.
    #[must_use]
    pub fn scripted(self) -> Self {
        Self { scripted: true, ..self }
    }

    /// Says after how many seconds its form may be sent again.
    #[must_use]
    pub fn retrying(self, retry_after: Option<u64>) -> Self {
        Self { retry_after, ..self }
    }

    /// Allows a form of this page to end at another origin.
    #[must_use]
    pub fn leading_to(self, origin: String) -> Self {
        Self { form_action: Some(origin), ..self }
    }
}
