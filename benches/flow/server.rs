//! The server under test: one node or more, child processes on core 0, and what `/proc` says of them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::client::Connection;
use crate::seed::Folder;

/// Linux counts a process's time in hundredths of a second (`USER_HZ`).
const TICKS: f64 = 100.0;
const SERVER_CORE: &str = "0";
/// How long a start may take: long enough for one under a profiler.
const PATIENCE: Duration = Duration::from_secs(60);
const GENERATOR_CORE: &str = "1";

/// Moves this process, and the threads it will have, to the generator's core.
pub(crate) fn pin_generator() {
    let pinned = Command::new("taskset").args(["-cp", GENERATOR_CORE, &std::process::id().to_string()]).output();
    if !pinned.is_ok_and(|done| done.status.success()) {
        eprintln!("taskset is missing or there is one core: server and generator share the machine");
    }
}

/// The wanted port and those after it, or free ones.
pub(crate) fn free_ports(wanted: u16, nodes: usize) -> anyhow::Result<Vec<u16>> {
    // All are held at once, so that none is given twice.
    let mut held = Vec::new();
    for node in 0..u16::try_from(nodes)? {
        let port = if wanted == 0 { 0 } else { wanted + node };
        held.push(std::net::TcpListener::bind(("127.0.0.1", port)).context("the port can't be used")?);
    }
    Ok(held.iter().map(|listener| listener.local_addr().map(|a| a.port())).collect::<Result<_, _>>()?)
}

/// A running server; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    nodes: Vec<Node>,
    started_in: Duration,
    postmaster: Option<u32>,
}

#[derive(Debug)]
struct Node {
    child: Child,
    authority: String,
}

/// CPU seconds: the server's own, and all that core 0 was busy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) server: f64,
    pub(crate) core: f64,
}

impl Server {
    /// Starts a node on each port, and waits for their first answers.
    pub(crate) async fn start(
        binary: &Path,
        folder: &Folder,
        ports: &[u16],
        postmaster: Option<u32>,
    ) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut server = Self { nodes: Vec::new(), started_in: Duration::ZERO, postmaster };
        for port in ports {
            server.nodes.push(Node::start(binary, folder, *port).await?);
            if server.nodes.len() == 1 {
                server.started_in = began.elapsed();
            }
        }
        Ok(server)
    }

    pub(crate) fn authorities(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.authority.clone()).collect()
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.nodes.iter().map(|node| node.child.id()).collect()
    }

    pub(crate) fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Resident memory in MiB (`VmRSS`), of the largest node.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let mut largest = 0.0_f64;
        for pid in self.pids() {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
            largest = largest.max(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0);
        }
        Ok(largest)
    }

    /// Resident memory once the start is over.
    pub(crate) async fn memory_after_a_pause(&self) -> anyhow::Result<f64> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.memory()
    }

    /// What has been used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        let own: f64 = self.pids().into_iter().filter_map(times).map(|(_, used)| used).sum();
        let database: f64 = match self.postmaster {
            None => 0.0,
            Some(postmaster) => std::fs::read_dir("/proc")?
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .filter_map(times)
                .filter(|(parent, _)| *parent == postmaster)
                .map(|(_, used)| used)
                .sum(),
        };
        let stat = std::fs::read_to_string("/proc/stat")?;
        let prefix = format!("cpu{SERVER_CORE} ");
        let line = stat.lines().find_map(|l| l.strip_prefix(&prefix)).context("no core 0")?;
        let all = line.split(' ').map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
        // user nice system idle iowait irq softirq steal
        let idle: f64 = all.iter().skip(3).take(2).sum();
        let busy = all.iter().take(8).sum::<f64>() - idle;
        Ok(Cpu { server: (own + database) / TICKS, core: busy / TICKS })
    }
}

/// A process's parent, and its ticks so far.
fn times(pid: u32) -> Option<(u32, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    // The state, after the name, is field 3; the parent 4; utime and stime 14 and 15.
    let fields: Vec<f64> = fields.split(' ').take(13).filter_map(|field| field.parse().ok()).collect();
    match fields.as_slice() {
        [parent, .., user, system] => Some((*parent as u32, user + system)),
        _ => None,
    }
}

impl Node {
    async fn start(binary: &Path, folder: &Folder, port: u16) -> anyhow::Result<Self> {
        let file = folder.path().join(format!("server-{port}.log"));
        let log = std::fs::File::create(&file)?;
        let began = Instant::now();
        let start = |mut command: Command| {
            command
                .args(["serve", "--config"])
                .arg(folder.config(port))
                .stdin(Stdio::null())
                .stderr(log.try_clone()?)
                .spawn()
        };
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", SERVER_CORE]).arg(binary);
        let child = start(pinned).or_else(|_| start(Command::new(binary)))?;
        let mut node = Self { child, authority: format!("127.0.0.1:{port}") };
        loop {
            if let Ok(mut connection) = Connection::open(&[node.authority.clone()]).await
                && connection.get("/health", "").await.is_ok_and(|answer| answer.status == 200)
            {
                return Ok(node);
            }
            if began.elapsed() > PATIENCE || node.child.try_wait()?.is_some() {
                anyhow::bail!("the server did not start: {}", std::fs::read_to_string(&file)?);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
