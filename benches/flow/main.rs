//! Measures the running server: `cargo bench --bench flow [-- --json FILE]`. See `docs/performance.md`.
//!
//! A database of ten thousand signed-in people is made on disk, the release binary serves it on core 0, and a
//! single-threaded generator on core 1 signs them on at two clients. With `--serve-only` it serves and waits, so that
//! another load generator can be pointed at it (`benches/adapters/guiyi.toml`).

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod bare;
mod bulk;
mod client;
mod flood;
mod load;
mod login;
mod postgres;
mod report;
mod seed;
mod server;
mod timing;
mod tokens;
mod workload;

use std::path::PathBuf;
use std::rc::Rc;

use clap::Parser;

use crate::load::{Figure, Plan};
use crate::postgres::Watcher;
use crate::report::Report;
use crate::seed::Population;
use crate::server::Server;
use crate::workload::{Target, Workload};

/// How to measure.
#[derive(Debug, Parser)]
struct Options {
    /// Accounts, each with a session and its consents.
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// How many of them come again and again: those that a node has room for in memory.
    #[arg(long, default_value_t = 10_000)]
    regulars: usize,
    /// Servers on the one database, which has to be PostgreSQL then; every request goes to the next one.
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// Connections that are kept busy.
    #[arg(long, default_value_t = 16)]
    workers: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Seconds before each measurement.
    #[arg(long, default_value_t = 2.0)]
    warm_up: f64,
    /// Rounds; the median is reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sign-ins of each sort whose times are compared.
    #[arg(long, default_value_t = 300)]
    tries: usize,
    /// Only workloads whose name contains this; "flood" and "timing" are two more.
    #[arg(long, default_value = "")]
    only: String,
    /// Write the figures as JSON too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Seed, serve, say where, and wait for Ctrl-C.
    #[arg(long)]
    serve_only: bool,
    /// The first server's port; any free one by default.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Another server's binary, to compare; the one just built by default.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_guiyi"))]
    binary: PathBuf,
    /// An empty PostgreSQL database; a SQLite file in the run's folder by default.
    #[arg(long)]
    database: Option<String>,
    /// The process id of PostgreSQL's postmaster: what its children use is counted in.
    #[arg(long)]
    postmaster: Option<u32>,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(tokio::task::LocalSet::new().run_until(run(options)))
}

async fn run(options: Options) -> anyhow::Result<()> {
    let folder = seed::Folder::make()?;
    let database = options.database.clone().unwrap_or_else(|| folder.sqlite());
    anyhow::ensure!(options.nodes == 1 || !database.starts_with("sqlite:"), "SQLite is for one node");
    let ports = server::free_ports(options.port, options.nodes)?;
    let began = std::time::Instant::now();
    let people = seed::seed(&folder, &ports, &database, options.accounts).await?;
    eprintln!("{} accounts made in {:.0} s", options.accounts, began.elapsed().as_secs_f64());
    server::pin_generator();
    let server = Server::start(&options.binary, &folder, &ports, options.postmaster).await?;
    if options.serve_only {
        return serve_only(&server, &folder, people).await;
    }
    let watcher = Watcher::find(&database).await;
    let target = Rc::new(Target::find(server.authorities(), people, options.regulars).await?);
    let idle = server.memory_after_a_pause().await?;
    let mut figures: Vec<Figure> = Vec::new();
    for workload in Workload::ALL.into_iter().filter(|w| w.name().contains(&options.only)) {
        let (rounds, seconds, warm_up) = match workload.repeats() {
            true => (options.rounds.max(1), options.seconds, options.warm_up),
            // Until every session was here.
            false => (1, 600.0, 0.0),
        };
        let plan = Plan { workload, workers: options.workers, seconds, warm_up };
        let mut measured = Vec::new();
        for _ in 0..rounds {
            measured.push(load::measure(&server, &target, plan, watcher.as_ref()).await?);
        }
        figures.push(load::median(measured)?);
    }
    let wanted = |name: &str| name.contains(&options.only);
    let flood = match wanted(flood::NAME) {
        true => Some(flood::measure(&target, options.workers, options.seconds, options.warm_up).await?),
        false => None,
    };
    let timing = match wanted(timing::NAME) {
        true => Some(timing::measure(&target, options.tries).await?),
        false => None,
    };
    // Threads that hash give their memory back when nobody asks any more.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let report = Report {
        accounts: options.accounts,
        regulars: options.regulars.min(options.accounts),
        nodes: options.nodes,
        workers: options.workers,
        seconds: options.seconds,
        rounds: options.rounds.max(1),
        start: server.started_in(),
        memory_idle: idle,
        memory_after: server.memory()?,
        bare: bare::rates()?,
        flood,
        timing,
        figures,
        verified: target.verified(),
    };
    print!("{report}");
    if let Some(file) = options.json {
        std::fs::write(file, report.json().to_string())?;
    }
    Ok(())
}

async fn serve_only(server: &Server, folder: &seed::Folder, people: Population) -> anyhow::Result<()> {
    let file = folder.path().join("cookies.txt");
    let cookies: Vec<_> = (0..people.count.min(10_000)).map(|n| people.cookie(n)).collect();
    std::fs::write(&file, cookies.join("\n"))?;
    for (authority, pid) in server.authorities().iter().zip(server.pids()) {
        println!("serving http://{authority} (pid {pid})");
        println!("flowbench --adapter benches/adapters/guiyi.toml --pid {pid}");
    }
    println!("the cookies of {} people: {}", cookies.len(), file.display());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
