//! Calls to URLs that clients name (`jwks_uri`, `request_uri`, `sector_identifier_uri`, logout URIs): the one way out for
//! them, so that nobody makes the portal call its own network (server-side request forgery).
//!
//! https alone; the addresses of the host are looked at where they are resolved, and the very same ones are connected to;
//! no redirect is followed, no proxy of the environment used; time and size are bounded. What an operator has named
//! (`[egress] allow`) is let through, wherever it is.

mod address;

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::config;
use crate::http_client::{bounded, builder};

pub use address::is_public;

/// The largest answer that is read, in bytes.
pub const MOST: usize = 64 * 1024;

/// How long a call may take, from the first question to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way out.
#[derive(Clone, Debug)]
pub struct Egress {
    /// To public addresses only.
    guarded: Client,
    /// To what the operator has named.
    named: Client,
    allow: Vec<String>,
}

/// The two ways out.
#[derive(Clone, Copy)]
enum Way {
    Guarded,
    Named,
}

/// Why a URL was not called, or its answer not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not https, or with a user name or a password.
    #[error("the URL is not plain https")]
    Url,
    /// The host has an address that isn't public.
    #[error("the host is not on the public network")]
    Address,
    /// No connection, no trusted certificate, no answer in time.
    #[error("the host can not be reached")]
    Unreachable,
    /// An answer that isn't a success; a redirect is none.
    #[error("the host answered {0}")]
    Status(u16),
    /// More than is read.
    #[error("the answer is too large")]
    TooLarge,
    /// Not what it should be.
    #[error("the answer is not what it should be")]
    Content,
}

/// What was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The media type, in lower case and without parameters.
    pub media: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`Refused::Content`] if it isn't, or doesn't call itself so.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let says_so = self.media == "application/json" || self.media.ends_with("+json");
        let parsed = says_so.then(|| serde_json::from_slice(&self.body).ok()).flatten();
        parsed.ok_or(Refused::Content)
    }
}

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The file of the extra certificates.
    #[error("egress.ca: {0}")]
    Ca(#[from] std::io::Error),
    /// The TLS library.
    #[error("egress: {0}")]
    Http(#[from] reqwest::Error),
}

impl Egress {
    /// Sets it up.
    ///
    /// # Errors
    /// [`EgressError`]
    pub fn new(settings: &config::Egress) -> Result<Self, EgressError> {
        let trusted = match &settings.ca {
            Some(file) => Certificate::from_pem_bundle(&std::fs::read(file)?)?,
            None => Vec::new(),
        };
        // Nothing is kept open: each call looks at the addresses anew.
        let client = || builder().timeout(PATIENCE).pool_max_idle_per_host(0).tls_certs_merge(trusted.clone());
        Ok(Self {
            guarded: client().https_only(true).dns_resolver(PublicOnly).build()?,
            named: client().build()?,
            allow: settings.allow.iter().map(|place| place.to_ascii_lowercase()).collect(),
        })
    }

    /// Fetches a URL; an answer of more than `most` bytes is refused. A fragment is left out.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn get(&self, url: &Url, most: usize) -> Result<Fetched, Refused> {
        let answer = send(self.client(url)?.get(without_fragment(url))).await?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(Refused::Status(answer.status().as_u16()));
        }
        let media = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = bounded(answer, most).await.ok_or(Refused::TooLarge)?;
        Ok(Fetched { media, body })
    }

    /// Sends a form, and gives the status of the answer; its body isn't read.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<u16, Refused> {
        let answer = send(self.client(url)?.post(without_fragment(url)).form(fields)).await?;
        Ok(answer.status().as_u16())
    }

    /// Whether a URL may be called: where its host's name leads to. Nothing is called.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn look_up(&self, url: &Url) -> Result<(), Refused> {
        let way = self.way(url)?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Err(Refused::Url) };
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
        let mut found = found.map_err(|_| Refused::Unreachable)?;
        match way {
            Way::Named => Ok(()),
            Way::Guarded => found.try_for_each(|found| public(found.ip())),
        }
    }

    /// The client that may call a URL.
    fn client(&self, url: &Url) -> Result<&Client, Refused> {
        Ok(match self.way(url)? {
            Way::Named => &self.named,
            Way::Guarded => &self.guarded,
        })
    }

    /// The way to a URL.
    fn way(&self, url: &Url) -> Result<Way, Refused> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else { return Err(Refused::Url) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Url);
        }
        let is_named = self.allow.contains(&format!("{host}:{port}"));
        match (url.scheme(), host) {
            ("https", _) if is_named => Ok(Way::Named),
            // Plain http stays on this machine, and has to be named.
            ("http", host) if is_named && is_here(&host) => Ok(Way::Named),
            // A literal address is never resolved, so it is looked at here.
            ("https", Host::Ipv4(address)) => public(address.into()).map(|()| Way::Guarded),
            ("https", Host::Ipv6(address)) => public(address.into()).map(|()| Way::Guarded),
            // Names of this machine (RFC 6761, section 6.3), whatever the resolver says of them.
            ("https", Host::Domain(name)) if is_local(name) => Err(Refused::Address),
            ("https", Host::Domain(_)) => Ok(Way::Guarded),
            _ => Err(Refused::Url),
        }
    }
}

fn public(address: IpAddr) -> Result<(), Refused> {
    if is_public(address) { Ok(()) } else { Err(Refused::Address) }
}

fn is_local(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

fn is_here(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

async fn send(request: RequestBuilder) -> Result<Response, Refused> {
    request.send().await.map_err(|error| {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if inner.is::<NotPublic>() {
                return Refused::Address;
            }
            cause = inner.source();
        }
        Refused::Unreachable
    })
}

/// Resolves names to public addresses. What it gives is what is connected to: there is no second answer that could be
/// another one (DNS rebinding).
#[derive(Clone, Copy, Debug)]
struct PublicOnly;

/// One address that isn't public closes the whole name.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name has an address that is not public")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(public_addresses(name))
    }
}

async fn public_addresses(name: Name) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
    match found.iter().all(|found| is_public(found.ip())) {
        true => Ok(Box::new(found.into_iter())),
        false => Err(NotPublic.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of this machine are refused before they are resolved; this is about every other name that leads here.
    #[tokio::test]
    async fn what_a_name_resolves_to_is_looked_at_by_the_client_that_connects() {
        let egress = Egress::new(&config::Egress::default()).unwrap();
        assert_eq!(send(egress.guarded.get("https://localhost:1/")).await.err(), Some(Refused::Address));
        let name = |text: &str| text.parse::<Name>().unwrap();
        assert!(public_addresses(name("localhost")).await.err().unwrap().is::<NotPublic>());
    }
}
