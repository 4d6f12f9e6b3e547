//! kill -9 of the real portal at random instants, while people migrate: nothing lost, nothing doubled.
//!
//! `KILLS` says how often on each engine (10), `KILL_SEED` which random choices (the time). Only the portal is killed:
//! neighbours and browsers live in the test's own process. The inbox keeps
//! a thousand messages: enough for some 800 kills.

pub mod checks;
pub mod portal;
pub mod report;
pub mod town;
pub mod visitor;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guiyi::clock::{Clock, Random};
use sqlx::Connection;
use tokio::task::JoinSet;

use self::portal::{Portal, Wire, free_port};
use self::report::Report;
use self::town::Town;
use self::visitor::Visitor;
use crate::support::{Browser, Engine};

/// How many people migrate at the same time.
const LANES: usize = 5;
/// So many milliseconds after a request begins comes the kill, at the latest.
const INSTANT: u32 = 250;
/// One kill in so many comes while the portal is starting.
const AT_START: u32 = 8;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_and_double_nothing_on_sqlite() {
    run(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_and_double_nothing_on_postgres() {
    run(Engine::Postgres).await;
}

async fn run(engine: Engine) {
    let kills: u32 = setting("KILLS").unwrap_or(10);
    let seed = setting("KILL_SEED").unwrap_or_else(|| Clock::System.now().0.unsigned_abs());
    println!("{engine:?}: KILLS={kills} KILL_SEED={seed}");
    let random = Random::seeded(seed);
    let address = free_port(&Random::system());
    let town = Arc::new(Town::found(engine, address, random.clone()).await);
    let mut portal = Portal::new(town.config.clone(), address);
    let (wire, report, enough) = (Wire::new(address), Arc::new(Report::default()), Arc::new(AtomicBool::new(false)));
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (town, report, enough, wire) = (Arc::clone(&town), Arc::clone(&report), Arc::clone(&enough), wire.clone());
        lanes.spawn(async move {
            let mut visitors = Vec::new();
            while !enough.load(Ordering::SeqCst) {
                let browser = Browser::new(wire.router());
                let mut visitor = Visitor::new(Arc::clone(&town), Arc::clone(&report), town.next(), browser);
                visitor.migrate().await;
                visitors.push(visitor);
            }
            visitors
        });
    }
    let killing = async {
        while report.kills() < kills {
            kill_once(&mut portal, &wire, &town, &report).await;
        }
        enough.store(true, Ordering::SeqCst);
        portal.spawn();
        portal.until_up().await;
    };
    let ((), visitors) = tokio::join!(killing, lanes.join_all());
    let mut visitors: Vec<Visitor> = visitors.into_iter().flatten().collect();
    for visitor in &mut visitors {
        visitor.look_back().await;
    }
    checks::until_told(&town).await;
    portal.kill();
    checks::everything(&town, &visitors).await;
    let log = std::fs::read_to_string(portal.log()).unwrap();
    assert!(!log.contains("ERROR"), "{log}");
    let (handed, told) = (town.handed_over.load(Ordering::Relaxed), town.inbox.messages(None).len());
    println!("{} people; {told} messages, handed over {handed} times\n{report}", visitors.len());
}

/// Starts the portal and kills it again at some instant.
async fn kill_once(portal: &mut Portal, wire: &Wire, town: &Town, report: &Report) {
    let below = |n: u32| u64::from(town.random.below(n));
    portal.spawn();
    let may = || town.fragile.load(Ordering::SeqCst) == 0;
    if below(AT_START) == 0 {
        tokio::time::sleep(Duration::from_millis(below(INSTANT))).await;
        if may() {
            portal.kill();
            return report.killed_at_start();
        }
    }
    portal.until_up().await;
    loop {
        wire.requests(1 + below(8)).await;
        tokio::time::sleep(Duration::from_millis(below(INSTANT))).await;
        if may() {
            break;
        }
    }
    portal.freeze();
    let (requests, writing) = (wire.flights(), is_writing(town).await);
    portal.kill();
    report.killed(requests, writing);
}

/// Whether the frozen portal has a write transaction open.
async fn is_writing(town: &Town) -> bool {
    let config = guiyi::config::load(&town.config).unwrap();
    let url = config.database.url.expose();
    if url.starts_with("sqlite:") {
        let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().busy_timeout(Duration::ZERO);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let locked = sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.is_err();
        // Closed before the kill: the portal is never the last to have had the file, so nothing is tidied up for it.
        connection.close().await.unwrap();
        return locked;
    }
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    open > 0
}
