//! SQLite and PostgreSQL behind one face: one SQL text, two engines, one way to write.

use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::error::{StorageError, Stored};
use super::writer::Writer;

/// All statements of the schema, the same for both engines.
pub(super) static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The most readers of a SQLite file.
const SQLITE_READERS: u32 = 4;

/// A handle to the database; clone it freely.
#[derive(Clone, Debug)]
pub enum Db {
    /// Readers apart from the one writer.
    Sqlite(SqlitePool, Writer),
    /// A pool.
    Postgres(PgPool),
}

/// A connection that reads.
#[derive(Debug)]
pub enum Conn {
    /// A connection of its own, of no pool: the writer's, or one that only looks.
    SqliteOwn(SqliteConnection),
    /// A reader.
    Sqlite(PoolConnection<Sqlite>),
    /// A connection of its own, of no pool: one that only looks.
    PostgresOwn(PgConnection),
    /// A connection outside of a transaction.
    Postgres(PoolConnection<Postgres>),
    /// A connection in a transaction.
    PostgresTx(Transaction<'static, Postgres>),
}

/// The two engines, as the query macros see them.
#[derive(Debug)]
pub(super) enum Engine<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Conn {
    pub(super) fn engine(&mut self) -> Engine<'_> {
        match self {
            Self::SqliteOwn(c) => Engine::Sqlite(c),
            Self::Sqlite(c) => Engine::Sqlite(c),
            Self::PostgresOwn(c) => Engine::Postgres(c),
            Self::Postgres(c) => Engine::Postgres(c),
            Self::PostgresTx(c) => Engine::Postgres(c),
        }
    }
}

/// A connection that may write: only [`Db::write`] hands one out.
#[derive(Debug)]
pub struct Tx(pub(super) Conn);

impl std::ops::Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Db {
    /// Opens the database behind `url` (`sqlite:path` or `postgres://…`) with at most `connections` readers, and
    /// brings its schema up to date.
    ///
    /// # Errors
    /// If it can't be reached, or its schema is newer than this program.
    pub async fn open(url: &str, connections: u32) -> Stored<Self> {
        let db = if url.starts_with("sqlite:") {
            Self::open_sqlite(url, connections).await?
        } else {
            let options = PgConnectOptions::from_str(url)?
                .options([("statement_timeout", "10000"), ("idle_in_transaction_session_timeout", "10000")])
                .disable_statement_logging();
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(5))
                .connect_with(options)
                .await?;
            Self::Postgres(pool)
        };
        match &db {
            // The schema is brought up to date by `open_sqlite`, before anything else reads.
            Self::Sqlite(..) => {}
            Self::Postgres(pool) => MIGRATOR.run(pool).await.map_err(|e| StorageError::Backend(e.into()))?,
        }
        Ok(db)
    }

    async fn open_sqlite(url: &str, connections: u32) -> Stored<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            // Nothing is sorted or set aside in files of `/tmp`, where it would be slower, and lie about.
            .pragma("temp_store", "MEMORY")
            .statement_cache_capacity(256)
            .disable_statement_logging();
        // Each has a page cache and its statements, some 2 MiB; more of them than cores only take memory.
        let connections = connections.min(SQLITE_READERS);
        // The writer keeps the pages that it writes again and again, and copies them back into the file less often.
        let writing = options.clone().pragma("cache_size", "-6144").pragma("wal_autocheckpoint", "4000");
        let mut writer = writing.connect().await?;
        MIGRATOR.run(&mut writer).await.map_err(|e| StorageError::Backend(e.into()))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            // A file doesn't hang up: a ping before each read would only wake another thread.
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options.pragma("query_only", "ON").pragma("cache_size", "-1024"))
            .await?;
        Ok(Self::Sqlite(readers, Writer::start(writer)))
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// If none comes free within five seconds.
    pub async fn read(&self) -> Stored<Conn> {
        // Boxed: each of these futures has 4 KiB, and whatever may read the database would carry one.
        Ok(match self {
            Self::Sqlite(pool, _) => Conn::Sqlite(Box::pin(pool.acquire()).await?),
            Self::Postgres(pool) => Conn::Postgres(Box::pin(pool.acquire()).await?),
        })
    }

    /// Runs `work` in a transaction: all of it is durable when this returns `Ok`, none of it when it returns `Err`.
    ///
    /// On SQLite the transaction is a savepoint in a commit that is shared with others waiting at the same moment; on
    /// PostgreSQL it is one of its own. `work` must not wait for anything but the database.
    ///
    /// # Errors
    /// Whatever `work` returns, or the store's own failure.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match self {
            Self::Sqlite(_, writer) => writer.write(true, work).await,
            Self::Postgres(pool) => {
                let begun = Box::pin(pool.begin()).await.map_err(StorageError::from)?;
                let mut tx = Tx(Conn::PostgresTx(begun));
                let done = work(&mut tx).await?;
                if let Conn::PostgresTx(transaction) = tx.0 {
                    transaction.commit().await.map_err(StorageError::from)?;
                }
                Ok(done)
            }
        }
    }

    /// Runs `work`, which is **one statement**: durable when this returns, with half the way to and fro. It is atomic by
    /// itself, so SQLite needs no savepoint for it and PostgreSQL no transaction around it. For the hot path alone.
    ///
    /// # Errors
    /// Whatever `work` returns, or the store's own failure.
    pub async fn write_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match self {
            Self::Sqlite(_, writer) => writer.write(false, work).await,
            Self::Postgres(_) => work(&mut Tx(self.read().await?)).await,
        }
    }

    /// Closes all connections, after what is being written.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool, writer) => {
                writer.close().await;
                pool.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
