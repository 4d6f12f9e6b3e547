//! Looks at a database and changes nothing of it: no file is made, no schema brought up to date, no row written. For
//! `guiyi doctor`.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use super::db::{Engine, MIGRATOR};
use super::query::{fetch_all, fetch_optional, on_engine, statements};
use super::{Conn, Stored, audit};
use crate::clock::Timestamp;
use crate::crypto::{Keyring, Purpose};

statements! {
    APPLIED = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";
    NEWEST = "SELECT at FROM audit ORDER BY id DESC LIMIT 1";
    HOLDER = "SELECT id, holder FROM accounts ORDER BY id DESC LIMIT 1";
}

/// How long the portal's own writes are waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this file.
    File(PathBuf),
    /// At a server.
    Server {
        /// Its host, or the folder of its socket.
        host: String,
        /// Whether the way there stays on this machine.
        is_local: bool,
        /// Whether the server's certificate is looked at.
        is_verified: bool,
    },
}

impl Place {
    /// Where `url` leads to.
    ///
    /// # Errors
    /// If it is no URL of a database.
    pub fn of(url: &str) -> Stored<Self> {
        if url.starts_with("sqlite:") {
            return Ok(Self::File(SqliteConnectOptions::from_str(url)?.get_filename().to_owned()));
        }
        let options = PgConnectOptions::from_str(url)?;
        let host =
            options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
        let address = host.trim_matches(['[', ']']).parse().ok();
        Ok(Self::Server {
            is_local: host.starts_with('/')
                || host == "localhost"
                || address.is_some_and(|a: std::net::IpAddr| a.is_loopback()),
            is_verified: matches!(options.get_ssl_mode(), PgSslMode::VerifyFull | PgSslMode::VerifyCa),
            host,
        })
    }
}

/// How the schema stands to the one of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none.
    Empty,
    /// It is the same.
    Current,
    /// So many migrations are missing.
    Behind(usize),
    /// This migration is unknown: a newer program has made it.
    Ahead(i64),
    /// This migration was another one when it was made.
    Altered(i64),
    /// This migration was broken off.
    Unfinished(i64),
}

/// Whether what is stored can be opened with a keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Nothing is stored yet.
    Nothing,
    /// It can.
    Opens,
    /// It can't: a row of this table was sealed with another root key.
    Foreign(&'static str),
}

/// A setting of the engine that what is answered for hangs on.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether what was answered survives a power failure with it.
    pub is_durable: bool,
}

/// A database that is only looked at.
#[derive(Debug)]
pub struct Examination(Conn);

impl Examination {
    /// Opens it; a SQLite file must be there.
    ///
    /// # Errors
    /// If it can't be reached.
    pub async fn open(url: &str) -> Stored<Self> {
        if let Place::File(path) = Place::of(url)? {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(false)
                .read_only(true)
                // Without a running portal nothing is beside the file, and nothing must be made there.
                .immutable(!has_log(&path))
                .busy_timeout(BUSY)
                .pragma("query_only", "ON")
                .disable_statement_logging();
            return Ok(Self(Conn::SqliteOwn(options.connect().await?)));
        }
        let options = PgConnectOptions::from_str(url)?
            .options([("default_transaction_read_only", "on")])
            .disable_statement_logging();
        Ok(Self(Conn::PostgresOwn(options.connect().await?)))
    }

    /// What it is, and its version as a number: 150004 is PostgreSQL 15.4; of SQLite, which is part of this program, `None`.
    ///
    /// # Errors
    /// The store's own.
    pub async fn version(&mut self) -> Stored<(String, Option<i64>)> {
        Ok(match self.0.engine() {
            Engine::Sqlite(c) => (text(c, "SELECT 'SQLite ' || sqlite_version()").await?, None),
            Engine::Postgres(c) => {
                let sql = "SELECT 'PostgreSQL ' || current_setting('server_version'), \
                           current_setting('server_version_num')::BIGINT";
                let (name, number) = sqlx::query_as(sql).fetch_one(c).await?;
                (name, Some(number))
            }
        })
    }

    /// Whether the server takes no writes: it follows another one.
    ///
    /// # Errors
    /// The store's own.
    pub async fn is_standby(&mut self) -> Stored<bool> {
        Ok(match self.0.engine() {
            Engine::Sqlite(_) => false,
            Engine::Postgres(c) => sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(c).await?,
        })
    }

    /// How the schema stands to the one of this program.
    ///
    /// # Errors
    /// The store's own.
    pub async fn schema(&mut self) -> Stored<Schema> {
        let has_any: bool = match self.0.engine() {
            Engine::Sqlite(c) => {
                let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')";
                sqlx::query_scalar(sql).fetch_one(c).await?
            }
            Engine::Postgres(c) => {
                sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(c).await?
            }
        };
        if !has_any {
            return Ok(Schema::Empty);
        }
        let applied = fetch_all!(self.0, (i64, bool, Vec<u8>), APPLIED)?;
        for (version, success, checksum) in &applied {
            match MIGRATOR.iter().find(|migration| migration.version == *version) {
                _ if !success => return Ok(Schema::Unfinished(*version)),
                None => return Ok(Schema::Ahead(*version)),
                Some(migration) if migration.checksum.as_ref() != checksum.as_slice() => {
                    return Ok(Schema::Altered(*version));
                }
                Some(_) => {}
            }
        }
        Ok(match MIGRATOR.iter().count().saturating_sub(applied.len()) {
            0 => Schema::Current,
            missing => Schema::Behind(missing),
        })
    }

    /// The settings that durability hangs on, but for those that the portal sets for each connection.
    ///
    /// # Errors
    /// The store's own.
    pub async fn settings(&mut self) -> Stored<Vec<Setting>> {
        Ok(match self.0.engine() {
            Engine::Sqlite(c) => {
                let value = text(c, "PRAGMA journal_mode").await?;
                vec![Setting { is_durable: value == "wal", name: "journal_mode".to_owned(), value }]
            }
            Engine::Postgres(c) => {
                let sql = "SELECT name, setting FROM pg_settings \
                           WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name";
                let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(c).await?;
                let setting = |(name, value): (String, String)| Setting { is_durable: value != "off", name, value };
                rows.into_iter().map(setting).collect()
            }
        })
    }

    /// Whether this connection is encrypted; a file's needn't be.
    ///
    /// # Errors
    /// The store's own.
    pub async fn is_encrypted(&mut self) -> Stored<bool> {
        Ok(match self.0.engine() {
            Engine::Sqlite(_) => true,
            Engine::Postgres(c) => {
                let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
                sqlx::query_scalar(sql).fetch_optional(c).await?.unwrap_or(false)
            }
        })
    }

    /// How many connections the server gives to all its users together; a file has no such limit.
    ///
    /// # Errors
    /// The store's own.
    pub async fn most_connections(&mut self) -> Stored<Option<i64>> {
        Ok(match self.0.engine() {
            Engine::Sqlite(_) => None,
            Engine::Postgres(c) => {
                let sql = "SELECT current_setting('max_connections')::BIGINT \
                           - current_setting('superuser_reserved_connections')::BIGINT";
                Some(sqlx::query_scalar(sql).fetch_one(c).await?)
            }
        })
    }

    /// The server's clock; a file has none.
    ///
    /// # Errors
    /// The store's own.
    pub async fn clock(&mut self) -> Stored<Option<Timestamp>> {
        Ok(match self.0.engine() {
            Engine::Sqlite(_) => None,
            Engine::Postgres(c) => {
                let sql = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT";
                Some(Timestamp(sqlx::query_scalar(sql).fetch_one(c).await?))
            }
        })
    }

    /// The moment of the newest entry in the audit log.
    ///
    /// # Errors
    /// The store's own.
    pub async fn newest(&mut self) -> Stored<Option<Timestamp>> {
        Ok(fetch_optional!(self.0, (i64,), NEWEST)?.map(|(at,)| Timestamp(at)))
    }

    /// Whether anybody has an account.
    ///
    /// # Errors
    /// The store's own.
    pub async fn has_accounts(&mut self) -> Stored<bool> {
        Ok(fetch_optional!(self.0, (String, String), HOLDER)?.is_some())
    }

    /// Opens a person's data, and checks the newest seal of the audit log.
    ///
    /// # Errors
    /// The store's own.
    pub async fn sealed(&mut self, keys: &Keyring) -> Stored<Sealed> {
        let holder = fetch_optional!(self.0, (String, String), HOLDER)?;
        let opens = |(id, sealed): &(String, String)| keys.open(Purpose::Field, id, sealed).is_ok();
        let holder = holder.as_ref().map(opens);
        let log = audit::verify_newest(&mut self.0, keys).await?;
        Ok(match (holder, log) {
            (Some(false), _) => Sealed::Foreign("accounts"),
            (_, Some(false)) => Sealed::Foreign("audit"),
            (None, None) => Sealed::Nothing,
            _ => Sealed::Opens,
        })
    }

    /// What is damaged in a SQLite file, five findings at the most. A server's pages are the server's to check.
    ///
    /// # Errors
    /// The store's own.
    pub async fn damage(&mut self) -> Stored<Option<Vec<String>>> {
        Ok(match self.0.engine() {
            Engine::Sqlite(c) => {
                let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(5)").fetch_all(c).await?;
                Some(found.into_iter().filter(|line| line != "ok").collect())
            }
            Engine::Postgres(_) => None,
        })
    }

    /// Walks the whole chain of the audit log.
    ///
    /// # Errors
    /// The store's own.
    pub async fn audit(&mut self, keys: &Keyring) -> Stored<audit::Verdict> {
        audit::verify(&mut self.0, keys).await
    }
}

async fn text(connection: &mut SqliteConnection, sql: &'static str) -> Stored<String> {
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Whether a write-ahead log lies beside the file: somebody has it open, or was killed.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}
