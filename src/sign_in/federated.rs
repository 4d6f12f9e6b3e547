//! Signing in at a federated system: what goes with the browser there, and what its answer comes back to. An answer is
//! taken once, within ten minutes, in the browser that asked, for the system that was asked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::ids::{InteractionId, JourneyId, SystemId};
use crate::protocol::params::Params;
use crate::storage::{StorageError, upstream_sign_ins};
use crate::upstream::{Answer, Asked, ConnectedSystem, SignInFailure, UpstreamProof};

/// What a sign-in over there is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The sign-in step of this journey.
    Journey(JourneyId),
    /// Signing in here, for the request that waits, if one does.
    SignIn(Option<InteractionId>),
}

#[derive(Serialize, Deserialize)]
struct Pending {
    system: SystemId,
    asked: Asked,
    purpose: Purpose,
}

/// An answer to what this browser asked.
#[derive(Debug)]
pub struct Returned {
    /// The system that was asked.
    pub system: SystemId,
    /// What for.
    pub purpose: Purpose,
    /// What it came to; `None` if the answer was taken before (a page loaded again), or came late.
    pub outcome: Option<Result<UpstreamProof, SignInFailure>>,
}

/// Begins a sign-in over there: where to send the browser.
///
/// # Errors
/// The store's own; within, [`SignInFailure::Unavailable`].
pub async fn begin(
    app: &App,
    browser: &str,
    system: &ConnectedSystem,
    purpose: Purpose,
) -> Result<Result<String, SignInFailure>, StorageError> {
    let state = app.random.token::<32>();
    let (to, asked) = match system.ask(&state).await {
        Ok(asked) => asked,
        Err(failure) => return Ok(Err(failure)),
    };
    let pending = Pending { system: system.id.clone(), asked, purpose };
    let (keys, browser, now) = (Arc::clone(&app.keys), browser.to_owned(), app.clock.now());
    app.db
        .write(move |tx| {
            Box::pin(async move { upstream_sign_ins::insert(tx, &keys, (&state, &browser), &pending, now).await })
        })
        .await?;
    Ok(Ok(to))
}

/// Takes what came back; `None` if this browser asked for nothing of the kind.
///
/// # Errors
/// The store's own.
pub async fn end(app: &App, browser: &str, params: &Params) -> Result<Option<Returned>, StorageError> {
    let Some(state) = params.get("state") else { return Ok(None) };
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    let (state, browser) = (state.to_owned(), browser.to_owned());
    let found = app
        .db
        .write(move |tx| Box::pin(async move { upstream_sign_ins::answer(tx, &keys, (&state, &browser), now).await }))
        .await?;
    let Some((Pending { system, asked, purpose }, first)) = found else { return Ok(None) };
    let outcome = match app.systems.get(&system) {
        _ if !first => None,
        // Switched off meanwhile: the caller says so.
        None => Some(Err(SignInFailure::Unavailable)),
        Some(system) => {
            let answer = Answer { code: params.get("code"), iss: params.get("iss"), error: params.get("error") };
            Some(system.answered(&asked, &answer).await)
        }
    };
    Ok(Some(Returned { system, purpose, outcome }))
}
