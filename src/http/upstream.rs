//! To a federated system and back: as the sign-in step of a journey, or to sign in here with a linked account of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::journey;
use super::login::{self, SignedIn, finish};
use super::mishap::Mishap;
use super::posted::{Posted, Queried};
use super::reply::Reply;
use super::second_factor;
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::domain::session::Method;
use crate::ids::{InteractionId, JourneyId, SystemId};
use crate::journeys::Answers;
use crate::journeys::engine;
use crate::pages::{Visit, login as login_path};
use crate::protocol::params::Params;
use crate::sign_in::entrant;
use crate::sign_in::federated::{self, Purpose, Returned};
use crate::sign_in::second_factor::{Goal, is_due};
use crate::storage::links;
use crate::upstream::{ConnectedSystem, SignInFailure, UpstreamProof};

/// A system that whoever is linked may sign in with.
fn usable<'a>(app: &'a App, id: &SystemId) -> Option<&'a ConnectedSystem> {
    app.systems.get(id).filter(|system| system.signs_in)
}

fn words(failure: SignInFailure) -> &'static str {
    match failure {
        SignInFailure::Declined => "federated-broken-off",
        SignInFailure::Untrusted => "federated-refused",
        _ => "federated-down",
    }
}

/// `POST /upstream/sign-in`
pub(super) async fn begin(State(app): State<Arc<App>>, visit: Visit, Posted(params): Posted) -> Result<Reply, Mishap> {
    let interaction = params.get("interaction");
    let Some(system) = usable(&app, &SystemId::from(params.text("system"))) else {
        return login::refused(&app, &visit, interaction, "federated-gone").await;
    };
    let purpose = Purpose::SignIn(interaction.map(InteractionId::from));
    match federated::begin(&app, &visit.browser, system, purpose).await? {
        Ok(to) => Ok(Reply::to(to)),
        Err(failure) => login::refused(&app, &visit, interaction, words(failure)).await,
    }
}

/// `GET /upstream/callback`: nobody is believed who wasn't asked. An answer that was taken before, or comes late, leads
/// back to where it was asked for.
pub(super) async fn callback(
    State(app): State<Arc<App>>,
    visit: Visit,
    headers: HeaderMap,
    Queried(params): Queried,
) -> Result<Reply, Mishap> {
    let Some(Returned { system, purpose, outcome }) = federated::end(&app, &visit.browser, &params).await? else {
        return Err(Mishap::Expired);
    };
    match (purpose, outcome) {
        (Purpose::Journey(id), Some(outcome)) => to_journey(&app, visit, &headers, &id, &system, outcome).await,
        (Purpose::Journey(id), None) => Ok(Reply::to(format!("/journey/{id}"))),
        (Purpose::SignIn(waiting), outcome) => {
            let waiting = waiting.as_ref().map(InteractionId::as_str);
            match outcome {
                Some(outcome) => sign_in(&app, visit, &headers, waiting, &system, outcome).await,
                None => Ok(Reply::to(login_path(waiting))),
            }
        }
    }
}

async fn to_journey(
    app: &App,
    visit: Visit,
    headers: &HeaderMap,
    id: &JourneyId,
    system: &SystemId,
    outcome: Result<UpstreamProof, SignInFailure>,
) -> Result<Reply, Mishap> {
    // The page stands for this one: the answer's own address is good for nothing any more.
    let visit = Visit { path: format!("/journey/{id}"), ..visit };
    let answer = engine::returned(app, &visit, id, system, outcome).await?;
    journey::reply(app, &visit, headers, answer).await
}

/// Whoever is linked is signed in; anybody else's own migration begins with what was just proven.
async fn sign_in(
    app: &App,
    visit: Visit,
    headers: &HeaderMap,
    waiting: Option<&str>,
    system: &SystemId,
    outcome: Result<UpstreamProof, SignInFailure>,
) -> Result<Reply, Mishap> {
    if usable(app, system).is_none() {
        return login::refused(app, &visit, waiting, "federated-gone").await;
    }
    let proof = match outcome {
        Ok(proof) => proof,
        Err(failure) => return login::refused(app, &visit, waiting, words(failure)).await,
    };
    let linked = links::find(&mut app.db.read().await?, system, proof.subject()).await?;
    let Some(account) = linked else {
        let answers =
            Answers { system: Some(system.clone()), kind: Some(AccountKind::Individual), ..Answers::default() };
        let interaction = journey::waiting(app, &visit, waiting).await?;
        let id = engine::begin(app, &visit, answers, interaction).await?;
        return to_journey(app, visit, headers, &id, system, Ok(proof)).await;
    };
    match entrant(app, &account).await? {
        Some(account) if is_due(app, &account, &login::known(app, &visit, headers), visit.now) => {
            let carried = waiting.map(|id| format!("interaction={id}")).unwrap_or_default();
            let params = Params::parse(carried.as_bytes())?;
            second_factor::begin(app, &visit, &params, &account, (Goal::SignIn, &[Method::Legacy])).await
        }
        Some(account) => {
            let signed_in =
                SignedIn { account: &account, methods: &[Method::Legacy], known: None, legal: false, keep: false };
            finish(app, &visit, waiting, signed_in).await
        }
        None => login::refused(app, &visit, waiting, "federated-inactive").await,
    }
}
