//! Reaching other systems: whether anybody answers, by which clock, and how long the certificate is good.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::DATE;
use reqwest::tls::TlsInfo;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::clock;
use super::finding::{Check, Finding};
use crate::clock::{Clock, Timestamp};
use crate::http_client::{builder, why};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// A certificate that is good for less than this should have been renewed.
const SOON: i64 = 14;

/// The way to other systems, as the portal goes it: no redirects, no proxies, the system's authorities.
pub(super) struct Network {
    pub(super) http: reqwest::Client,
    pub(super) clock: Clock,
}

/// What an answer tells of whoever gave it.
#[derive(Debug)]
pub(super) struct Reached {
    at: Timestamp,
    date: Option<Timestamp>,
    expires: Option<Timestamp>,
}

impl Network {
    pub(super) fn new(clock: &Clock) -> reqwest::Result<Self> {
        let http = builder().timeout(PATIENCE).tls_info(true).build()?;
        Ok(Self { http, clock: clock.clone() })
    }

    /// Gets a page, whatever it is; why there is no answer, in words.
    pub(super) async fn reach(&self, url: &Url) -> Result<Reached, String> {
        let answer = self.http.get(url.clone()).send().await.map_err(why)?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(date);
        let tls = answer.extensions().get::<TlsInfo>();
        let expires = tls.and_then(TlsInfo::peer_certificate).and_then(expiry);
        Ok(Reached { at: self.clock.now(), date, expires })
    }
}

impl Reached {
    /// What follows for clock and certificate.
    pub(super) fn findings(&self, whose: &str) -> Vec<Finding> {
        let clock = self.date.map(|date| clock::compare(Check::ClockNeighbours, whose, date, self.at));
        clock.into_iter().chain(self.expires.map(|expires| certificate(whose, expires, self.at))).collect()
    }
}

/// Scheme, host and port: all of an address that is shown. The rest may hold a secret.
pub(super) fn place(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// RFC 9110, section 5.6.7; whole seconds, so on average half a second is missing.
fn date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_millis()).ok()?.saturating_add(500)))
}

/// The end of a certificate's validity (RFC 5280, section 4.1.2.5).
fn expiry(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let until = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Some(Timestamp(i64::try_from(until.as_millis()).ok()?))
}

/// An expired one is refused before it comes to this.
fn certificate(whose: &str, expires: Timestamp, now: Timestamp) -> Finding {
    let days = expires.0.saturating_sub(now.0) / 86_400_000;
    let (id, why) = (Check::CertificateExpiry, format!("the certificate is good for {days} days"));
    if days < SOON {
        Finding::warning(id, whose, why, "have it renewed, and look why that didn't happen by itself")
    } else {
        Finding::ok(id, whose, why)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    const PEM: &str = include_str!("../../tests/vectors/tls/server.pem");

    #[test]
    fn a_certificate_that_ends_soon_is_worth_a_look() {
        use base64::Engine;
        let body: String = PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        let expires = expiry(&der).unwrap();
        let severity = |days: i64| certificate("it", expires, Timestamp(expires.0 - days * 86_400_000)).severity;
        assert_eq!([0, 13].map(severity), [Severity::Warning; 2]);
        assert_eq!([14, 90].map(severity), [Severity::Ok; 2]);
        assert_eq!(expiry(b"no certificate"), None);
    }

    #[test]
    fn a_date_is_read_as_servers_write_it() {
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Timestamp(784_111_777_500)));
        assert_eq!(date("yesterday"), None);
    }
}
