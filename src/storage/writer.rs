//! SQLite's one writer: jobs that wait at the same moment share a `BEGIN IMMEDIATE … COMMIT`, each in a savepoint of
//! its own, so that one flush to disk serves them all. Each is answered after the commit. A job of one statement needs no
//! savepoint: SQLite itself takes back a statement that fails.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{Executor, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::db::{Conn, Engine, Tx};
use super::error::{StorageError, Stored};

/// How many jobs one commit takes at the most.
const GROUP: usize = 64;
/// How many jobs may wait before callers are held back.
const QUEUE: usize = 1024;

/// A handle to the writer.
#[derive(Clone, Debug)]
pub struct Writer(mpsc::Sender<Message>);

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Message")
    }
}

trait Job: Send {
    /// Whether it is more than one statement.
    fn is_long(&self) -> bool;
    /// Runs the job; whether its changes are to be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Answers the caller, after the commit (or instead of it).
    fn answer(self: Box<Self>, commit: Stored<()>);
}

struct Task<T, E, F> {
    long: bool,
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Task<T, E, F>
where
    T: Send + 'static,
    E: From<StorageError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn is_long(&self) -> bool {
        self.long
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.outcome = AssertUnwindSafe(work(tx)).catch_unwind().await.ok();
            }
            matches!(self.outcome, Some(Ok(_)))
        })
    }

    fn answer(self: Box<Self>, commit: Stored<()>) {
        let outcome = match (commit, self.outcome) {
            // A failed commit takes back what succeeded; a failure stays one.
            (Err(error), Some(Ok(_)) | None) => Err(error.into()),
            (_, Some(outcome)) => outcome,
            (Ok(()), None) => Err(StorageError::Closed.into()),
        };
        // The caller may have gone (its browser closed the connection): what is written stays written.
        let _ = self.reply.send(outcome);
    }
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(Tx(Conn::SqliteOwn(connection)), receiver));
        Self(sender)
    }

    /// Runs a job; `long` if it is more than one statement.
    pub(super) async fn write<T, E, F>(&self, long: bool, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task { long, work: Some(work), outcome: None, reply });
        self.0.send(Message::Job(job)).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

async fn run(mut tx: Tx, mut queue: mpsc::Receiver<Message>) {
    while let Some(first) = queue.recv().await {
        let mut jobs: Vec<Box<dyn Job>> = Vec::new();
        let mut closing = None;
        let committed = match first {
            Message::Job(job) => group(&mut tx, job, &mut queue, &mut jobs, &mut closing).await,
            Message::Close(done) => {
                closing = Some(done);
                Ok(())
            }
        };
        if committed.is_err() {
            let _ = execute(&mut tx, "ROLLBACK").await;
        }
        let failure = committed.err().map(|e| e.to_string());
        for job in jobs {
            job.answer(match &failure {
                None => Ok(()),
                Some(text) => Err(StorageError::Backend(sqlx::Error::Protocol(text.clone()))),
            });
        }
        if let Some(done) = closing {
            drop(tx);
            let _ = done.send(());
            return;
        }
    }
}

/// Runs a job and those that wait behind it, and commits. An error means that none of it is kept; `jobs` are those to
/// be answered either way. The end of one savepoint and the begin of the next travel to the database's thread together:
/// each way there and back wakes two threads.
async fn group(
    tx: &mut Tx,
    first: Box<dyn Job>,
    queue: &mut mpsc::Receiver<Message>,
    jobs: &mut Vec<Box<dyn Job>>,
    closing: &mut Option<oneshot::Sender<()>>,
) -> Stored<()> {
    let mut next = Some(first);
    let mut state = State::Outside;
    while let Some(mut job) = next.take() {
        let long = job.is_long();
        let begun = execute(tx, state.begin(long)).await;
        let kept = begun.is_ok() && job.run(tx).await;
        jobs.push(job);
        begun?;
        match (kept, long) {
            (true, _) => {}
            (false, true) => execute(tx, "ROLLBACK TO job").await?,
            // The engine failed, not the job: nobody knows what it has left of the transaction.
            (false, false) => return Err(StorageError::Closed),
        }
        state = if long { State::InSavepoint } else { State::InTransaction };
        if jobs.len() < GROUP {
            match queue.try_recv() {
                Ok(Message::Job(job)) => next = Some(job),
                Ok(Message::Close(done)) => *closing = Some(done),
                Err(_) => {}
            }
        }
    }
    execute(tx, state.commit()).await
}

/// Where the writer's connection stands between two jobs.
#[derive(Clone, Copy)]
enum State {
    Outside,
    InTransaction,
    InSavepoint,
}

impl State {
    const fn begin(self, long: bool) -> &'static str {
        match (self, long) {
            (Self::Outside, true) => "BEGIN IMMEDIATE; SAVEPOINT job",
            (Self::Outside, false) => "BEGIN IMMEDIATE",
            (Self::InTransaction, true) => "SAVEPOINT job",
            (Self::InTransaction, false) => "",
            (Self::InSavepoint, true) => "RELEASE job; SAVEPOINT job",
            (Self::InSavepoint, false) => "RELEASE job",
        }
    }

    const fn commit(self) -> &'static str {
        match self {
            Self::InSavepoint => "RELEASE job; COMMIT",
            Self::Outside | Self::InTransaction => "COMMIT",
        }
    }
}

async fn execute(tx: &mut Tx, sql: &'static str) -> Stored<()> {
    if let Engine::Sqlite(connection) = tx.engine()
        && !sql.is_empty()
    {
        // Prepared once and kept: these run with every group.
        connection.execute(sqlx::query(sql)).await?;
    }
    Ok(())
}
