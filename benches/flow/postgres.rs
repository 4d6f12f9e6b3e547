//! What PostgreSQL itself counts of a workload: statements by `pg_stat_statements` (each is one round trip: the driver
//! prepares it once a connection), and what its backends wait for by looks at `pg_stat_activity`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinHandle;

/// How often a look is taken.
const LOOK: Duration = Duration::from_millis(50);
/// How many statements are told by name.
const TOLD: usize = 8;

/// This program's own statements say so.
const MARK: &str = "/* bench */";

/// A connection beside the server's.
#[derive(Clone, Debug)]
pub(crate) struct Watcher(PgPool);

type Calls = BTreeMap<String, (i64, f64)>;
type Waits = Rc<RefCell<BTreeMap<String, u64>>>;

/// A workload that is being watched.
#[derive(Debug)]
pub(crate) struct Watch {
    pool: PgPool,
    before: Calls,
    looks: JoinHandle<sqlx::Result<()>>,
    seen: Waits,
}

/// What was counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// Statement, calls, and milliseconds each.
    pub(crate) statements: Vec<(String, i64, f64)>,
    /// What active backends were waiting for, and in how many looks.
    pub(crate) waits: BTreeMap<String, u64>,
}

impl Watcher {
    /// `None` where the engine isn't PostgreSQL or doesn't count (`shared_preload_libraries = 'pg_stat_statements'`).
    pub(crate) async fn find(database: &str) -> Option<Self> {
        if database.starts_with("sqlite:") {
            return None;
        }
        let pool = PgPoolOptions::new().max_connections(2).connect(database).await.ok()?;
        sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&pool).await.ok()?;
        calls(&pool).await.inspect_err(|error| eprintln!("PostgreSQL doesn't count statements: {error}")).ok()?;
        Some(Self(pool))
    }

    pub(crate) async fn begin(&self) -> sqlx::Result<Watch> {
        let (pool, seen) = (self.0.clone(), Waits::default());
        let (looking, into) = (pool.clone(), Rc::clone(&seen));
        let before = calls(&pool).await?;
        let looks = tokio::task::spawn_local(async move {
            loop {
                for (what, count) in waits(&looking).await? {
                    *into.borrow_mut().entry(what).or_default() += u64::try_from(count).unwrap_or(0);
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Ok(Watch { pool, before, looks, seen })
    }
}

impl Watch {
    pub(crate) async fn end(self) -> sqlx::Result<Counted> {
        self.looks.abort();
        let mut statements: Vec<_> = calls(&self.pool)
            .await?
            .into_iter()
            .filter_map(|(query, (count, spent))| {
                let (earlier, spent_earlier) = self.before.get(&query).copied().unwrap_or_default();
                let count = count - earlier;
                (count > 0).then(|| (query, count, (spent - spent_earlier) / count as f64))
            })
            .collect();
        statements.sort_by_key(|(_, count, _)| -count);
        Ok(Counted { statements, waits: self.seen.take() })
    }
}

impl Counted {
    /// Statements, and so round trips, for each of so many operations.
    pub(crate) fn each(&self, operations: f64) -> f64 {
        self.statements.iter().map(|(_, count, _)| *count as f64).sum::<f64>() / operations
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (query, count, mean) in self.statements.iter().take(TOLD) {
            let text: String = query.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(76).collect();
            writeln!(f, "  {count:>8} × {mean:>6.3} ms  {text}")?;
        }
        let waits: Vec<_> = self.waits.iter().map(|(what, looks)| format!("{what} {looks}")).collect();
        writeln!(f, "  waits seen: {}", if waits.is_empty() { "none".to_owned() } else { waits.join(", ") })
    }
}

async fn calls(pool: &PgPool) -> sqlx::Result<Calls> {
    let sql = format!(
        "SELECT query, sum(calls)::bigint, sum(total_exec_time) FROM pg_stat_statements \
         JOIN pg_database ON pg_database.oid = dbid WHERE datname = current_database() AND query NOT LIKE '%{MARK}%' \
         GROUP BY query {MARK}"
    );
    let rows = sqlx::query_as::<_, (String, i64, f64)>(AssertSqlSafe(sql)).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(query, count, spent)| (query, (count, spent))).collect())
}

async fn waits(pool: &PgPool) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = format!(
        "SELECT wait_event_type || ':' || wait_event, count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND state = 'active' AND wait_event_type IN ('Lock', 'LWLock', 'IO') \
         AND pid <> pg_backend_pid() GROUP BY 1 {MARK}"
    );
    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await
}
