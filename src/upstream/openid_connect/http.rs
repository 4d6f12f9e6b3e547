//! The protocol crate's HTTP interface over the portal's one HTTP client: no redirects, short time-outs, bounded
//! answers, and no plain http where the issuer is https.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

pub(super) struct Client {
    http: reqwest::Client,
    scheme: String,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Http(String),
    #[error("the address isn't {0}")]
    Scheme(String),
    #[error("the answer is too large, or breaks off")]
    Answer,
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(crate::http_client::why(error))
    }
}

impl Client {
    pub(super) fn new(http: &reqwest::Client, scheme: &str) -> Self {
        Self { http: http.clone(), scheme: scheme.to_owned() }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        if request.uri().scheme_str() != Some(&self.scheme) {
            return Err(Error::Scheme(self.scheme.clone()));
        }
        let mut request: reqwest::Request = request.try_into()?;
        *request.timeout_mut() = Some(TIMEOUT);
        let mut response = self.http.execute(request).await?;
        let mut answer = HttpResponse::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        *answer.body_mut() = crate::http_client::bounded(response, MAX_ANSWER).await.ok_or(Error::Answer)?;
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
