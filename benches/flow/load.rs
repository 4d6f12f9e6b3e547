//! A closed loop: so many connections, each doing the next thing as soon as the last is done.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::client::Connection;
use crate::postgres::{Counted, Watcher};
use crate::server::Server;
use crate::workload::{Target, Workload};

/// What to measure, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) workload: Workload,
    pub(crate) workers: usize,
    pub(crate) seconds: f64,
    pub(crate) warm_up: f64,
}

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) workload: Workload,
    pub(crate) per_second: f64,
    pub(crate) per_cpu_second: f64,
    /// Milliseconds: median, 95 and 99 of a hundred.
    pub(crate) latency: [f64; 3],
    /// The share of core 0 that the server used.
    pub(crate) busy: f64,
    /// The share of core 0 that others used: above 5 % the figure is doubtful.
    pub(crate) foreign: f64,
    /// Of the rounds, the lowest and the highest `per_cpu_second`.
    pub(crate) range: [f64; 2],
    /// What PostgreSQL counted, and statements an operation.
    pub(crate) counted: Option<(Counted, f64)>,
}

/// Measures one workload.
pub(crate) async fn measure(
    server: &Server,
    target: &Rc<Target>,
    plan: Plan,
    watcher: Option<&Watcher>,
) -> anyhow::Result<Figure> {
    target.prepare(plan.workload).await?;
    let counting = Rc::new(Cell::new(false));
    let end = Instant::now() + Duration::from_secs_f64(plan.warm_up + plan.seconds);
    let mut workers = Vec::new();
    for _ in 0..plan.workers {
        let connection = Connection::open(&target.nodes).await?;
        workers.push(tokio::task::spawn_local(work(
            Rc::clone(target),
            connection,
            plan.workload,
            Rc::clone(&counting),
            end,
        )));
    }
    tokio::time::sleep(Duration::from_secs_f64(plan.warm_up)).await;
    let watch = match watcher {
        Some(watcher) => Some(watcher.begin().await?),
        None => None,
    };
    counting.set(true);
    let (began, before) = (Instant::now(), server.cpu()?);
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await??);
    }
    let (elapsed, after) = (began.elapsed().as_secs_f64(), server.cpu()?);
    let counted = match watch {
        Some(watch) => Some(watch.end().await?),
        None => None,
    };
    target.settle().await?;
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len())?;
    let at = |percent| percentile(&latencies, percent);
    let used = after.server - before.server;
    let per_cpu_second = f64::from(count) / used;
    Ok(Figure {
        workload: plan.workload,
        per_second: f64::from(count) / elapsed,
        per_cpu_second,
        latency: [at(50)?, at(95)?, at(99)?],
        busy: used / elapsed,
        foreign: ((after.core - before.core - used) / elapsed).max(0.0),
        range: [per_cpu_second; 2],
        counted: counted.map(|counted| (counted.clone(), counted.each(f64::from(count)))),
    })
}

/// So many of a hundred took so many milliseconds or less, of times in order.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> anyhow::Result<f64> {
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    Ok(times.get(place).context("nothing was done")?.as_secs_f64() * 1000.0)
}

async fn work(
    target: Rc<Target>,
    mut connection: Connection,
    workload: Workload,
    counting: Rc<Cell<bool>>,
    end: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        let Some(done) = workload.run(&target, &mut connection).await? else { break };
        if counting.get() {
            latencies.push(began.elapsed());
        }
        target.look_closely(&mut connection, done).await?;
    }
    Ok(latencies)
}

/// The round in the middle, by work per CPU second.
pub(crate) fn median(mut rounds: Vec<Figure>) -> anyhow::Result<Figure> {
    rounds.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    let at = |place: usize| rounds.get(place).context("no rounds");
    let range = [at(0)?.per_cpu_second, at(rounds.len().saturating_sub(1))?.per_cpu_second];
    Ok(Figure { range, ..at(rounds.len() / 2)?.clone() })
}
