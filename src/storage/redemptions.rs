//! Codes that are redeemed at the same moment share one statement. Each still stands for itself: what the statement doesn't
//! store, or fails at, goes the long way, in a transaction of its own.

use tokio::sync::{mpsc, oneshot};

use super::grants::{self, Grant, TOGETHER};
use super::{Db, Stored};
use crate::clock::Timestamp;

/// How many codes may wait before callers are held back.
const QUEUE: usize = 1024;

/// A handle to the one who stores grants; clone it freely. One statement is under way at a time: those who come meanwhile
/// are the next.
#[derive(Clone, Debug)]
pub struct Redemptions(mpsc::Sender<Waiting>);

#[derive(Debug)]
struct Waiting {
    grant: Grant,
    now: Timestamp,
    stored: oneshot::Sender<bool>,
}

impl Redemptions {
    /// Begins. It ends with the last handle.
    pub fn start(db: &Db) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(db.clone(), receiver));
        Self(sender)
    }

    /// Stores the grant of a code: durable when this is `true`. If it is `false`, [`grants::redeem`] has to find out why it
    /// isn't stored. Whether the caller waits for it to the end makes no difference to what is stored.
    pub async fn store(&self, grant: Grant, now: Timestamp) -> bool {
        let (stored, answer) = oneshot::channel();
        self.0.send(Waiting { grant, now, stored }).await.is_ok() && answer.await.unwrap_or(false)
    }
}

async fn run(db: Db, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(TOGETHER);
    while queue.recv_many(&mut waiting, TOGETHER).await > 0 {
        // They waited for each other: the first one's moment is everybody's.
        let Some(now) = waiting.first().map(|first| first.now) else { continue };
        let (grants, answers): (Vec<_>, Vec<_>) = waiting.drain(..).map(|w| (w.grant, w.stored)).unzip();
        let together: Stored<Vec<bool>> =
            db.write_one(move |tx| Box::pin(async move { grants::store(tx, &grants, now).await })).await;
        let stored = together.inspect_err(|error| tracing::warn!(%error, "grants could not be stored together"));
        let stored = stored.unwrap_or_default().into_iter().chain(std::iter::repeat(false));
        for (answer, stored) in answers.into_iter().zip(stored) {
            // The caller may have gone: what is stored stays stored.
            let _ = answer.send(stored);
        }
    }
}
