//! Many rows at once, on either engine: a population of a million would take hours by one statement a row.

use std::str::FromStr;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};

/// How many values one statement binds at the most: SQLite takes 32,766.
const VALUES: usize = 4_000;

/// A value of the schema's two types.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Null,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Rows of one table on their way.
#[derive(Debug)]
pub(crate) struct Rows {
    table: &'static str,
    columns: &'static [&'static str],
    values: Vec<Value>,
}

impl Rows {
    pub(crate) fn of(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, columns, values: Vec::new() }
    }

    pub(crate) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.values.extend(row);
    }

    fn statement(&self, rows: usize) -> String {
        let width = self.columns.len();
        let row = |n: usize| {
            let places: Vec<_> = (1..=width).map(|place| format!("${}", n * width + place)).collect();
            format!("({})", places.join(","))
        };
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!("INSERT INTO {} ({}) VALUES {}", self.table, self.columns.join(","), rows.join(","))
    }
}

/// A connection that loads: nothing of it is durable before it is closed.
#[derive(Debug)]
pub(crate) enum Loader {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! run {
    ($connection:expr, $sql:expr, $values:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($sql));
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.as_str()),
                Value::Number(number) => query.bind(*number),
                Value::Null => query.bind(None::<String>),
            };
        }
        query.execute($connection).await?;
    }};
}

impl Loader {
    /// Opens the database, which nobody else may use meanwhile.
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        if !url.starts_with("sqlite:") {
            return Ok(Self::Postgres(PgConnection::connect(url).await?));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-524288");
        Ok(Self::Sqlite(options.connect().await?))
    }

    /// Inserts rows, in one transaction.
    pub(crate) async fn insert(&mut self, tables: &[Rows]) -> anyhow::Result<()> {
        self.execute("BEGIN").await?;
        for rows in tables {
            let most = VALUES / rows.columns.len() * rows.columns.len();
            for part in rows.values.chunks(most) {
                let sql = rows.statement(part.len() / rows.columns.len());
                match self {
                    Self::Sqlite(connection) => run!(connection, sql, part),
                    Self::Postgres(connection) => run!(connection, sql, part),
                }
            }
        }
        self.execute("COMMIT").await
    }

    async fn execute(&mut self, sql: &'static str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        }
        .context(sql)
    }

    /// Lets the engine look at what it has and write it to where it belongs, as it does by itself after a while: else that would
    /// fall into the measurement.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.execute("ANALYZE").await?;
        if matches!(self, Self::Postgres(_)) {
            self.execute("CHECKPOINT").await?;
        }
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
