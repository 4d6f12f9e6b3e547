//! HTTP clients for calls to other systems: no redirects, no proxies from the environment, short time-outs.

use std::time::Duration;

/// What every client is built on.
pub fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(2))
        .user_agent("guiyi")
}

/// The one for the systems of the configuration.
///
/// # Errors
/// If the TLS library can't be set up.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    builder().timeout(Duration::from_secs(10)).pool_idle_timeout(Duration::from_secs(30)).build()
}

/// Why a call failed, in words for an operator: the innermost cause, without the URL.
pub fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    if let Some(status) = error.status() {
        return format!("answered with status {}", status.as_u16());
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The body of an answer, if it isn't longer than `most` bytes.
pub async fn bounded(mut answer: reqwest::Response, most: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > most {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
