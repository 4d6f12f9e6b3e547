//! Calls a back-end service with signed requests and checks that its answer is signed too (`crypto::signed_http`).

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Clock, Random};
use crate::config::Service;
use crate::crypto::signed_http::{CLIENT, NONCE, SIGNATURE, Signed, TIMESTAMP, sign_request, verify_answer};

const MAX_ANSWER: usize = 64 * 1024;

/// Why a call failed. The text names no URL and no data.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, no answer in time.
    #[error("no answer")]
    NoAnswer,
    /// An answer with this status.
    #[error("answered with status {0}")]
    Status(u16),
    /// An answer without a signature, or with a wrong one.
    #[error("the answer is not signed by the service")]
    Unsigned,
    /// An answer that isn't what was agreed on.
    #[error("the answer makes no sense")]
    Format,
}

/// A client of one service.
#[derive(Clone, Debug)]
pub struct SignedClient {
    service: Service,
    http: reqwest::Client,
    clock: Clock,
    random: Random,
}

impl SignedClient {
    /// A client; nothing is called yet.
    pub fn new(service: &Service, http: &reqwest::Client, clock: &Clock, random: &Random) -> Self {
        Self { service: service.clone(), http: http.clone(), clock: clock.clone(), random: random.clone() }
    }

    /// The service's name in audit and claims.
    pub fn id(&self) -> &str {
        &self.service.id
    }

    /// Posts a JSON body to a path and reads the signed JSON answer.
    ///
    /// # Errors
    /// [`CallError`]
    pub async fn post<B: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        timeout: Duration,
    ) -> Result<A, CallError> {
        let body = serde_json::to_vec(body).map_err(|_| CallError::Format)?;
        let (answer, nonce) = self.send(path, body, timeout).await?;
        if !answer.status().is_success() {
            return Err(CallError::Status(answer.status().as_u16()));
        }
        let signature = answer.headers().get(SIGNATURE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let body = crate::http_client::bounded(answer, MAX_ANSWER).await.ok_or(CallError::NoAnswer)?;
        let signature = signature.ok_or(CallError::Unsigned)?;
        if !verify_answer(&self.service.secret, &nonce, &body, &signature) {
            return Err(CallError::Unsigned);
        }
        serde_json::from_slice(&body).map_err(|_| CallError::Format)
    }

    /// Posts an empty JSON object, signed, to a path: it asks for nothing, and nothing comes of it. The status of the answer is
    /// 401 or 403 if the signature isn't taken, and 400 or 422 if it is (docs/legacy-systems.md).
    ///
    /// # Errors
    /// [`CallError::NoAnswer`]
    pub async fn knock(&self, path: &str, timeout: Duration) -> Result<u16, CallError> {
        let (answer, _) = self.send(path, b"{}".to_vec(), timeout).await?;
        Ok(answer.status().as_u16())
    }

    /// The answer, and the nonce that it is signed with.
    async fn send(
        &self,
        path: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<(reqwest::Response, String), CallError> {
        let url = self.service.url.join(path).map_err(|_| CallError::Format)?;
        let timestamp = self.clock.now().0.to_string();
        let nonce = self.random.token::<16>();
        let signed = Signed { method: "POST", path: url.path(), timestamp: &timestamp, nonce: &nonce, body: &body };
        let signature = sign_request(&self.service.secret, signed);
        let request = self
            .http
            .post(url)
            .timeout(timeout)
            .header("content-type", "application/json")
            .header(CLIENT, &self.service.client)
            .header(TIMESTAMP, &timestamp)
            .header(NONCE, &nonce)
            .header(SIGNATURE, signature)
            .body(body);
        let answer = request.send().await.map_err(|_| CallError::NoAnswer)?;
        Ok((answer, nonce))
    }
}
