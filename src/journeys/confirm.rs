//! A proof that a federated system gave some time ago is confirmed there before it is relied on again: by a refresh
//! (OpenID Connect Core, section 12). If that fails, for whatever reason, the person signs in there again; what else was
//! answered is kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::answers::Answers;
use super::engine::Cx;
use super::writes::{Effect, Writes, save, store};
use crate::storage::{Db, StorageError};
use crate::upstream::{ConnectedSystem, Standing, UpstreamProof};

/// How long to wait before looking again what came of another request's question.
const PAUSE: Duration = Duration::from_millis(200);

/// Confirms the proof of these answers, where that is due. `true`: the journey has moved, and what this request has read
/// is old. One request asks: a refresh token that is brought twice may end them all.
pub(super) async fn confirm(cx: &Cx<'_>) -> Result<bool, StorageError> {
    let Some(proof) = cx.answers.proof() else { return Ok(false) };
    // One that was switched off says so at its own step.
    let Some(system) = cx.app.systems.shared(proof.system()) else { return Ok(false) };
    match system.standing(proof) {
        Standing::Good => return Ok(false),
        Standing::Asked => {
            tokio::time::sleep(PAUSE).await;
            return Ok(true);
        }
        Standing::Due => {}
    }
    let asked = Answers { upstream: Some(proof.clone().asked(cx.app.clock.now())), ..cx.answers.clone() };
    if save(cx, asked, Vec::new()).await? {
        let writes = Writes::of(cx.app, (cx.id.clone(), cx.version + 1), cx.visit.now, Vec::new());
        // A rotated token is kept even if the browser doesn't wait for the page.
        let question = ask(cx.app.db.clone(), system, proof.clone(), cx.answers.clone(), writes);
        if let Ok(stored) = tokio::spawn(question).await {
            stored?;
        }
    }
    Ok(true)
}

async fn ask(
    db: Db,
    system: Arc<ConnectedSystem>,
    proof: UpstreamProof,
    answers: Answers,
    writes: Writes,
) -> Result<bool, StorageError> {
    let (answers, audit) = match system.renew(&proof).await {
        Ok(confirmed) => (
            Answers { upstream: Some(confirmed), ..answers },
            Effect::Audit("journey.upstream_confirmed", json!({ "system": system.id })),
        ),
        Err(failure) => (
            Answers { upstream: Some(proof.lapsed()), upstream_lapsed: true, ..answers },
            Effect::Audit("journey.upstream_lapsed", json!({ "system": system.id, "why": failure.to_string() })),
        ),
    };
    store(&db, writes.with(vec![audit]), answers).await
}
