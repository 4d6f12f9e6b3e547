//! Redirect URIs: compared exactly (RFC 9700, section 2.1), whatever their encoding says.

use serde::{Deserialize, Serialize};

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Why a URI can't be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriFault {
    /// Not an absolute URI.
    #[error("not an absolute URI")]
    NotAbsolute,
    /// RFC 6749, section 3.1.2: no fragment.
    #[error("a redirect URI has no fragment")]
    Fragment,
    /// User name or password in it.
    #[error("a redirect URI has no user information")]
    UserInfo,
    /// Plain http is for loopback (RFC 8252, section 7.3).
    #[error("plain http is only allowed on loopback")]
    PlainHttp,
    /// A pattern instead of a host.
    #[error("a redirect URI has no wildcard in its host")]
    Wildcard,
    /// A scheme that a browser would run instead of open.
    #[error("this scheme can't be redirected to")]
    Scheme,
}

impl RedirectUri {
    /// Checks a URI that is being registered.
    ///
    /// # Errors
    /// [`RedirectUriFault`]
    pub fn register(text: &str) -> Result<Self, RedirectUriFault> {
        let parsed = url::Url::parse(text).map_err(|_| RedirectUriFault::NotAbsolute)?;
        if text.contains('#') {
            return Err(RedirectUriFault::Fragment);
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(RedirectUriFault::UserInfo);
        }
        if parsed.host_str().is_some_and(|host| host.contains('*')) {
            return Err(RedirectUriFault::Wildcard);
        }
        match parsed.scheme() {
            "https" => {}
            "http" if is_loopback(&parsed) => {}
            "http" => return Err(RedirectUriFault::PlainHttp),
            // Native apps: a private-use scheme is a reversed domain name (RFC 8252, section 7.1).
            scheme if scheme.contains('.') => {}
            _ => return Err(RedirectUriFault::Scheme),
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a request's `redirect_uri` is this one: byte by byte.
    pub fn is(&self, requested: &str) -> bool {
        self.0 == requested
    }

    /// Whether a request's `redirect_uri` is this one at another port of the same loopback address (RFC 8252, section
    /// 7.3): an IP literal, since a name can be resolved to something else.
    pub fn is_but_for_port(&self, requested: &str) -> bool {
        let (Some((host, rest)), Some((other_host, other_rest))) = (loopback(&self.0), loopback(requested)) else {
            return false;
        };
        host == other_host && rest == other_rest
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URI with response parameters added to its query (RFC 6749, section 4.1.2).
    pub fn with_query<'a>(&self, params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut out = self.0.clone();
        let mut separator = if out.contains('?') { '&' } else { '?' };
        for (name, value) in params {
            out.push(std::mem::replace(&mut separator, '&'));
            out.extend(url::form_urlencoded::byte_serialize(name.as_bytes()));
            out.push('=');
            out.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        }
        out
    }

    /// The URI with response parameters as its fragment (OAuth 2.0 Multiple Response Types, section 2.1).
    pub fn with_fragment<'a>(&self, params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        format!("{}#{fragment}", self.0)
    }

    /// Whether a form can be posted to it: not to a private-use scheme.
    pub fn takes_forms(&self) -> bool {
        self.0.starts_with("http")
    }

    /// Its origin, for the `form-action` of a page whose form ends in a redirect there. A private-use scheme has
    /// only the scheme itself.
    pub fn origin(&self) -> String {
        match url::Url::parse(&self.0) {
            Ok(uri) if uri.origin().is_tuple() => uri.origin().ascii_serialization(),
            Ok(uri) => format!("{}:", uri.scheme()),
            Err(_) => String::new(),
        }
    }
}

/// Host, and what comes after the port, of plain http to a loopback address.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = uri.strip_prefix(host)?;
    let (port, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let digits = match port.strip_prefix(':') {
        Some(digits) => !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()),
        None => port.is_empty(),
    };
    digits.then_some((host, path))
}

fn is_loopback(uri: &url::Url) -> bool {
    match uri.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
