//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): each client of a session that has ended gets a logout
//! token. What is due was written with the end of the session, so no logout is lost; the token is made at each try.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::backoff;
use crate::app::App;
use crate::provider::logout_token::logout_token;
use crate::storage::outbox::{self, Claimed};
use crate::storage::session_clients::SignedIn;
use crate::storage::{StorageError, Stored};

/// The pauses between tries to tell a client.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The client has been told.
    Told,
    /// There is nothing to tell any more, or the client refuses it: trying again won't change that.
    Settled,
    /// No answer, or a fault on the client's side.
    Later,
}

/// Tells the clients of ended sessions, all that are due at once; how many took it.
///
/// # Errors
/// The store's own; a client that doesn't answer is tried again later, with growing pauses, for a day.
pub async fn deliver(app: &Arc<App>) -> Stored<usize> {
    let now = app.clock.now();
    let claimed = app.db.write(move |tx| Box::pin(async move { outbox::claim_logouts(tx, now).await })).await?;
    let mut tries = JoinSet::new();
    for claimed in claimed {
        let app = Arc::clone(app);
        tries.spawn(async move {
            let outcome = attempt(&app, &claimed.message).await;
            (claimed, outcome)
        });
    }
    let mut told = 0;
    // A try that was broken off is claimed again, like that of a node that has died.
    while let Some(Ok((claimed, outcome))) = tries.join_next().await {
        let outcome = outcome?;
        told += usize::from(outcome == Outcome::Told);
        settle(app, claimed, outcome).await?;
    }
    Ok(told)
}

async fn settle(app: &App, Claimed { id, attempt, .. }: Claimed<SignedIn>, outcome: Outcome) -> Stored<()> {
    let now = app.clock.now();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                match outcome {
                    Outcome::Told | Outcome::Settled => outbox::done(tx, &id, now).await,
                    Outcome::Later => {
                        outbox::retry(tx, &id, now.plus(backoff(attempt, FIRST_PAUSE, LONGEST_PAUSE))).await
                    }
                }
            })
        })
        .await
}

async fn attempt(app: &App, ended: &SignedIn) -> Result<Outcome, StorageError> {
    // Switched off, removed, or without a back channel: nobody is there to be told.
    let client = app.client(ended.client.as_str()).await?;
    let Some((client, url)) = client.as_ref().and_then(|c| Some((c, c.metadata.backchannel_logout_uri.as_ref()?)))
    else {
        return Ok(Outcome::Settled);
    };
    let Ok(token) = logout_token(app, client, ended, app.clock.now()).await else {
        tracing::error!(client = %client.id, "a logout token could not be signed");
        return Ok(Outcome::Later);
    };
    let outcome = match app.egress.post_form(url, &[("logout_token", &token)]).await {
        Ok(200 | 204) => Outcome::Told,
        // Section 2.8: 400 is "no"; what another 4xx says isn't cured by waiting either, but for these two.
        Ok(status) if (400..500).contains(&status) && !matches!(status, 408 | 429) => Outcome::Settled,
        _ => Outcome::Later,
    };
    if outcome != Outcome::Told {
        tracing::warn!(client = %client.id, ?outcome, "a client did not take a logout token");
    }
    Ok(outcome)
}
