//! The gateway that sends messages: a signed HTTP service with `POST sms` and `POST mail`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::MessageId;
use crate::signed_client::{CallError, SignedClient};
use crate::storage::outbox::Message;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The gateway.
#[derive(Clone, Debug)]
pub struct Gateway(SignedClient);

#[derive(Serialize)]
struct Sms<'a> {
    id: &'a str,
    to: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Mail<'a> {
    id: &'a str,
    to: &'a str,
    subject: &'a str,
    text: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    accepted: bool,
}

impl Gateway {
    /// A gateway behind a signed HTTP service.
    pub fn new(client: SignedClient) -> Self {
        Self(client)
    }

    /// Hands a message over. The gateway drops a repeated `id`.
    ///
    /// # Errors
    /// [`CallError`]: it has to be tried again.
    pub async fn send(&self, id: &MessageId, message: &Message) -> Result<(), CallError> {
        let id = id.as_str();
        let answer: Answer = match message {
            Message::Sms { to, text } => self.0.post("sms", &Sms { id, to, text }, TIMEOUT).await?,
            Message::Mail { to, subject, text } => {
                self.0.post("mail", &Mail { id, to, subject, text }, TIMEOUT).await?
            }
        };
        if answer.accepted { Ok(()) } else { Err(CallError::Format) }
    }

    /// Asks for nothing, and sends nothing: the status that the gateway answers with (see [`SignedClient::knock`]).
    ///
    /// # Errors
    /// [`CallError::NoAnswer`]
    pub async fn knock(&self) -> Result<u16, CallError> {
        self.0.knock("sms", TIMEOUT).await
    }
}
