//! Mishaps: what becomes an error page with a reference number. Ordinary ones (expired, elsewhere, too many) are
//! values with a page of their own words; only the store's failures are 500s, logged once and never shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::headers::Reference;
use crate::crypto::SealError;
use crate::pages::{Page, Rendered, Visit};
use crate::protocol::params::ParamsFault;
use crate::provider::authorize::Unaddressed;
use crate::storage::StorageError;

/// Why a page can't be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// There is no such page.
    NotFound,
    /// The request isn't one that a page of the portal makes.
    BadRequest,
    /// Not a form.
    MediaType,
    /// More than is read.
    TooLarge,
    /// It didn't come in time.
    Slow,
    /// The form wasn't this browser's: its cookie is missing, or the form is another's.
    Foreign,
    /// The relying party isn't known here.
    Client,
    /// The relying party's way back isn't known here.
    RedirectUri,
    /// A relying party's logout can't be answered.
    Logout,
    /// An interaction, a journey or a link has ended, or is another browser's.
    Expired,
    /// The store failed.
    Internal,
}

impl Mishap {
    fn row(self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "error-not-found"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "error-bad-request"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "error-bad-request"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "error-too-large"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "error-bad-request"),
            Self::Foreign => (StatusCode::FORBIDDEN, "error-foreign"),
            Self::Client => (StatusCode::BAD_REQUEST, "error-client"),
            Self::RedirectUri => (StatusCode::BAD_REQUEST, "error-redirect-uri"),
            Self::Logout => (StatusCode::BAD_REQUEST, "error-logout"),
            Self::Expired => (StatusCode::GONE, "error-expired"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "error-internal"),
        }
    }
}

impl From<StorageError> for Mishap {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Internal
    }
}

impl From<SealError> for Mishap {
    fn from(error: SealError) -> Self {
        tracing::error!(%error, "sealing failed");
        Self::Internal
    }
}

impl From<Unaddressed> for Mishap {
    fn from(fault: Unaddressed) -> Self {
        match fault {
            Unaddressed::Client => Self::Client,
            Unaddressed::RedirectUri => Self::RedirectUri,
        }
    }
}

impl From<ParamsFault> for Mishap {
    fn from(fault: ParamsFault) -> Self {
        match fault {
            ParamsFault::TooLarge => Self::TooLarge,
            ParamsFault::Duplicate | ParamsFault::Characters => Self::BadRequest,
        }
    }
}

impl IntoResponse for Mishap {
    /// An empty answer that carries the mishap: the visitor's layer turns it into a page in the visitor's language.
    fn into_response(self) -> Response {
        let mut response = self.row().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    text: String,
    reference: String,
}

/// The page of a mishap.
pub(super) fn page(mishap: Mishap, visit: &Visit, reference: &Reference) -> Rendered {
    let (status, key) = mishap.row();
    tracing::info!(reference = %reference.0, ?mishap, "error page");
    let template = ErrorPage {
        page: visit.page(key),
        text: visit.locale.t(&format!("{key}-text")),
        reference: reference.0.clone(),
    };
    Rendered::new(status.as_u16(), &template)
}

/// Any path without a page.
pub(super) async fn not_found() -> Mishap {
    Mishap::NotFound
}
