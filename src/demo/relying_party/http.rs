//! The protocol crates' HTTP interface, over this crate's HTTP client.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// Calls the portal's endpoints. Redirects aren't followed: an endpoint that redirects is a mistake or an attack.
#[derive(Clone, Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new(patience: Duration) -> reqwest::Result<Self> {
        let none = reqwest::redirect::Policy::none();
        reqwest::Client::builder().redirect(none).timeout(patience).no_proxy().build().map(Self)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut answer = HttpResponse::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        *answer.body_mut() = response.bytes().await?.to_vec();
        Ok(answer)
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error("the call failed")]
pub(super) struct Error(#[from] reqwest::Error);

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
