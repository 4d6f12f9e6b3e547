//! Checks of a unit against the registry of organisations (flows.md 2.3): is there a unit with this name and this code, and
//! is this person its legal representative, or what stands in that place?

use serde::{Deserialize, Serialize};

use super::TIMEOUT;
use crate::clock::{Clock, Timestamp};
use crate::domain::document::Document;
use crate::domain::person::PersonName;
use crate::domain::unit::{CreditCode, Standing, Unit, UnitName};
use crate::signed_client::{CallError, SignedClient};

/// Where the registry is asked.
const PATH: &str = "v1/unit-checks";

/// What the registry said. It tells first whether there is such a unit, then how it stands, then what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitCheckResult {
    /// Name, code and representative belong together, and the unit is in order.
    Match,
    /// The unit is in order and has another name.
    NameMismatch,
    /// The unit is in order, has this name, and somebody else represents it.
    RepresentativeMismatch,
    /// There is no such code.
    NotFound,
    /// 吊销: its licence was taken away.
    Revoked,
    /// 注销: it doesn't exist any more.
    Dissolved,
    /// 迁出: it is registered elsewhere now, and this registry doesn't follow it.
    Moved,
}

impl UnitCheckResult {
    /// Its text in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NameMismatch => "name_mismatch",
            Self::RepresentativeMismatch => "representative_mismatch",
            Self::NotFound => "not_found",
            Self::Revoked => "revoked",
            Self::Dissolved => "dissolved",
            Self::Moved => "moved",
        }
    }

    /// The registry's word on the unit as such, where it has one.
    pub fn standing(self) -> Option<Standing> {
        match self {
            Self::Match | Self::NameMismatch | Self::RepresentativeMismatch => Some(Standing::Registered),
            Self::Revoked => Some(Standing::Revoked),
            Self::Dissolved => Some(Standing::Dissolved),
            Self::NotFound | Self::Moved => None,
        }
    }
}

/// A match, as proof: only [`UnitSource::check`] makes one. Bound to what was checked: name and code of the unit, name and
/// document of its legal representative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCheckPassed {
    name: UnitName,
    credit_code: CreditCode,
    representative: PersonName,
    document: Document,
    source: String,
    at: Timestamp,
}

impl UnitCheckPassed {
    /// Whether it is the proof for this unit and this legal representative.
    pub fn is_for(&self, unit: &Unit, representative: &PersonName, document: &Document) -> bool {
        self.name == unit.name
            && self.credit_code == unit.credit_code
            && self.representative == *representative
            && self.document == *document
    }

    /// Which registry said so.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// The registry of organisations.
#[derive(Clone, Debug)]
pub struct UnitSource {
    client: SignedClient,
    clock: Clock,
}

#[derive(Serialize)]
struct Request<'a> {
    request_id: &'a str,
    name: &'a str,
    credit_code: &'a str,
    representative: Representative<'a>,
}

#[derive(Serialize)]
struct Representative<'a> {
    name: &'a str,
    document_type: &'a str,
    document_country: &'a str,
    document_number: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    request_id: String,
    result: UnitCheckResult,
}

impl UnitSource {
    /// A registry behind a signed HTTP service.
    pub fn new(client: SignedClient, clock: Clock) -> Self {
        Self { client, clock }
    }

    /// Its name in audit and claims.
    pub fn id(&self) -> &str {
        self.client.id()
    }

    /// Asks about no unit: the status that the registry answers with (see [`SignedClient::knock`]).
    ///
    /// # Errors
    /// [`CallError::NoAnswer`]
    pub async fn knock(&self) -> Result<u16, CallError> {
        self.client.knock(PATH, TIMEOUT).await
    }

    /// Asks the registry about a unit and its legal representative. `request_id` ties the call to the audit log.
    ///
    /// # Errors
    /// [`CallError`]: the registry is unavailable, which says nothing about the unit.
    pub async fn check(
        &self,
        request_id: &str,
        (name, credit_code): (&UnitName, &CreditCode),
        (representative, document): (&PersonName, &Document),
    ) -> Result<Result<UnitCheckPassed, UnitCheckResult>, CallError> {
        let request = Request {
            request_id,
            name: name.as_str(),
            credit_code: credit_code.as_str(),
            representative: Representative {
                name: representative.as_str(),
                document_type: document.kind().as_str(),
                document_country: document.country().alpha3(),
                document_number: document.number(),
            },
        };
        let answer: Answer = self.client.post(PATH, &request, TIMEOUT).await?;
        if answer.request_id != request_id {
            return Err(CallError::Format);
        }
        Ok(match answer.result {
            UnitCheckResult::Match => Ok(UnitCheckPassed {
                name: name.clone(),
                credit_code: credit_code.clone(),
                representative: representative.clone(),
                document: document.clone(),
                source: self.client.id().to_owned(),
                at: self.clock.now(),
            }),
            other => Err(other),
        })
    }
}
