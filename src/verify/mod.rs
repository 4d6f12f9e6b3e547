//! Checks against authoritative sources: is there a living person with this name and this number, and is that person the
//! legal representative of this unit?

mod unit;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::document::Document;
use crate::domain::person::PersonName;
use crate::signed_client::{CallError, SignedClient};

pub use unit::{UnitCheckPassed, UnitCheckResult, UnitSource};

/// How long a person waits for a source at most.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Where the source of people is asked.
const PATH: &str = "v1/person-checks";

/// What the source said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// Name and number belong together, and the person lives.
    Match,
    /// The number is another's.
    Mismatch,
    /// There is no such number.
    NotFound,
    /// The person has died.
    Deceased,
    /// The number was cancelled.
    Cancelled,
    /// The number is held by more than one person.
    Duplicate,
}

impl CheckResult {
    /// Its text in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::NotFound => "not_found",
            Self::Deceased => "deceased",
            Self::Cancelled => "cancelled",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A match, as proof: only [`PersonSource::check`] makes one. Bound to the name and the document that were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckPassed {
    name: PersonName,
    document: Document,
    source: String,
    at: Timestamp,
}

impl CheckPassed {
    /// Whether it is the proof for this name and document.
    pub fn is_for(&self, name: &PersonName, document: &Document) -> bool {
        self.name == *name && self.document == *document
    }

    /// Which source said so.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// The authoritative source.
#[derive(Clone, Debug)]
pub struct PersonSource {
    client: SignedClient,
    clock: crate::clock::Clock,
}

#[derive(Serialize)]
struct Request<'a> {
    request_id: &'a str,
    document_type: &'a str,
    document_country: &'a str,
    document_number: &'a str,
    name: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    request_id: String,
    result: CheckResult,
}

impl PersonSource {
    /// A source behind a signed HTTP service.
    pub fn new(client: SignedClient, clock: crate::clock::Clock) -> Self {
        Self { client, clock }
    }

    /// Its name in audit and claims.
    pub fn id(&self) -> &str {
        self.client.id()
    }

    /// Asks about nobody: the status that the source answers with (see [`SignedClient::knock`]).
    ///
    /// # Errors
    /// [`CallError::NoAnswer`]
    pub async fn knock(&self) -> Result<u16, CallError> {
        self.client.knock(PATH, TIMEOUT).await
    }

    /// Asks the source. `request_id` ties the call to the audit log.
    ///
    /// # Errors
    /// [`CallError`]: the source is unavailable, which says nothing about the person.
    pub async fn check(
        &self,
        request_id: &str,
        name: &PersonName,
        document: &Document,
    ) -> Result<Result<CheckPassed, CheckResult>, CallError> {
        let request = Request {
            request_id,
            document_type: document.kind().as_str(),
            document_country: document.country().alpha3(),
            document_number: document.number(),
            name: name.as_str(),
        };
        let answer: Answer = self.client.post(PATH, &request, TIMEOUT).await?;
        if answer.request_id != request_id {
            return Err(CallError::Format);
        }
        Ok(match answer.result {
            CheckResult::Match => Ok(CheckPassed {
                name: name.clone(),
                document: document.clone(),
                source: self.client.id().to_owned(),
                at: self.clock.now(),
            }),
            other => Err(other),
        })
    }
}
