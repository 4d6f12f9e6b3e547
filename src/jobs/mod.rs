//! Background work: the outbox, logouts, the sweep, cases, units, closings, keys, the sealing of the audit log. Every node runs it; what one
//! node must do alone is behind a lease.

mod logouts;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::clock::Timestamp;
use crate::closing;
use crate::journeys::background;
use crate::mandates::recheck;
use crate::review::news;
use crate::sign_in::recovery;
use crate::storage::{StorageError, Stored, audit, leases, outbox, sweep};

pub use logouts::deliver as tell_clients;

/// How often a node looks for due messages when nothing wakes it.
const OUTBOX_EVERY: Duration = Duration::from_secs(2);
/// The pauses between tries to hand a message to the gateway.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const LOGOUTS_EVERY: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(30);
const CASES_EVERY: Duration = Duration::from_secs(5);
const UNITS_EVERY: Duration = Duration::from_secs(60);
const CLOSINGS_EVERY: Duration = Duration::from_secs(60);
const KEYS_EVERY: Duration = Duration::from_secs(1);
const SEAL_EVERY: Duration = Duration::from_secs(5);
/// An entry is sealed once no transaction can still be writing an earlier one.
const SEAL_DELAY: Duration = Duration::from_secs(15);

/// Runs everything until `stop` changes.
pub fn start(app: &Arc<App>, stop: &watch::Receiver<bool>) -> Vec<tokio::task::JoinHandle<()>> {
    let node = app.random.token::<12>();
    vec![
        tokio::spawn(outbox_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(logouts_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(sweep_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(cases_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(units_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(closings_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(keys_loop(Arc::clone(app), stop.clone())),
        tokio::spawn(seal_loop(Arc::clone(app), node, stop.clone())),
    ]
}

async fn pause(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        _ = stop.changed() => false,
    }
}

async fn outbox_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = deliver(&app).await {
            tracing::error!(%error, "the outbox could not be worked off");
        }
        tokio::select! {
            () = app.outbox.notified() => {}
            () = tokio::time::sleep(OUTBOX_EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Clients are told of sessions that have ended.
async fn logouts_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, LOGOUTS_EVERY).await {
        if let Err(error) = tell_clients(&app).await {
            log(&error, "clients could not be told of logouts");
        }
    }
}

/// Sends what is due; how many were handed over.
///
/// # Errors
/// The store's own; a gateway that doesn't answer is tried again later, with growing pauses.
pub async fn deliver(app: &Arc<App>) -> Stored<usize> {
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    let claimed = app.db.write(move |tx| Box::pin(async move { outbox::claim(tx, &keys, now).await })).await?;
    let mut sent = 0;
    for outbox::Claimed { id, message, attempt } in claimed {
        let outcome = app.gateway.send(&id, &message).await;
        let now = app.clock.now();
        match outcome {
            Ok(()) => {
                sent += 1;
                app.db.write(move |tx| Box::pin(async move { outbox::done(tx, &id, now).await })).await?;
            }
            Err(error) => {
                tracing::warn!(message = %id, attempt, %error, "the gateway did not take a message");
                let due = now.plus(backoff(attempt, FIRST_PAUSE, LONGEST_PAUSE));
                app.db.write(move |tx| Box::pin(async move { outbox::retry(tx, &id, due).await })).await?;
            }
        }
    }
    Ok(sent)
}

/// The pause after a try: `first`, then twice as long each time, `most` in the end.
fn backoff(attempt: i64, first: Duration, most: Duration) -> Duration {
    let exponent = u32::try_from(attempt.clamp(1, 16)).unwrap_or(16) - 1;
    (first * 2_u32.pow(exponent)).min(most)
}

/// The source that was unavailable is asked again; reviewers' decisions are told; recoveries take effect.
async fn cases_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, CASES_EVERY).await {
        if let Err(error) = background::ask_again(&app).await {
            log(&error, "the source could not be asked again");
        }
        if let Err(error) = recovery::apply_due(&app).await {
            log(&error, "recoveries could not be brought into effect");
        }
        if let Err(error) = news::tell(&app).await {
            log(&error, "decisions could not be told");
        }
    }
}

/// The registry is asked about units for which that is due.
async fn units_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, UNITS_EVERY).await {
        if let Err(error) = recheck::check_due(&app).await {
            log(&error, "the registry could not be asked again");
        }
    }
}

/// Accounts whose waiting time is over are closed for good.
async fn closings_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, CLOSINGS_EVERY).await {
        if let Err(error) = closing::carry_out_due(&app).await {
            log(&error, "accounts could not be closed");
        }
    }
}

/// The keys folder is looked at again: somebody may have rotated the keys, on this node or another.
async fn keys_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, KEYS_EVERY).await {
        let signing = app.signing.clone();
        match tokio::task::spawn_blocking(move || signing.refresh()).await {
            Ok(Ok(true)) => tracing::info!("other signing keys are published now"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the keys could not be read again: the ones in use stay"),
            Err(error) => tracing::error!(%error, "the keys could not be read again: the ones in use stay"),
        }
    }
}

async fn sweep_loop(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, SWEEP_EVERY).await {
        if let Err(error) = clear(&app).await {
            log(&error, "the sweep failed");
        }
    }
}

/// Sweeps until nothing much is left, in small transactions between which other writes get their turn.
///
/// # Errors
/// The store's own.
pub async fn clear(app: &Arc<App>) -> Stored<()> {
    loop {
        let now = app.clock.now();
        let gone = app.db.write(move |tx| Box::pin(async move { sweep::sweep(tx, now).await })).await?;
        if gone < sweep::BATCH {
            return Ok(());
        }
    }
}

async fn seal_loop(app: Arc<App>, node: String, mut stop: watch::Receiver<bool>) {
    while pause(&mut stop, SEAL_EVERY).await {
        let until = app.clock.now().minus(SEAL_DELAY);
        if let Err(error) = seal(&app, &node, until).await {
            log(&error, "the audit log could not be sealed");
        }
    }
}

/// Chains the audit entries up to a moment, if no other node holds the lease; how many.
///
/// # Errors
/// The store's own.
pub async fn seal(app: &Arc<App>, node: &str, until: Timestamp) -> Stored<usize> {
    let (keys, now, node) = (Arc::clone(&app.keys), app.clock.now(), node.to_owned());
    app.db
        .write(move |tx| {
            Box::pin(async move {
                if !leases::take(tx, "audit seal", &node, now, SEAL_EVERY * 3).await? {
                    return Ok(0);
                }
                audit::seal(tx, &keys, until).await
            })
        })
        .await
}

fn log(error: &StorageError, what: &str) {
    tracing::error!(%error, "{what}");
}
