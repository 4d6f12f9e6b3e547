//! The server under test: a child process on core 0, and what `/proc` says of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::client::Connection;
use crate::seed::Folder;

/// Linux counts a process's time in hundredths of a second (`USER_HZ`).
const TICKS: f64 = 100.0;
const SERVER_CORE: &str = "0";
const GENERATOR_CORE: &str = "1";

/// Moves this process, and the threads it will have, to the generator's core.
pub(crate) fn pin_generator() {
    let pinned = Command::new("taskset").args(["-cp", GENERATOR_CORE, &std::process::id().to_string()]).output();
    if !pinned.is_ok_and(|done| done.status.success()) {
        eprintln!("taskset is missing or there is one core: server and generator share the machine");
    }
}

/// The wanted port, or a free one.
pub(crate) fn free_port(wanted: u16) -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", wanted)).context("the port can't be used")?;
    Ok(listener.local_addr()?.port())
}

/// A running server; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    authority: String,
    started_in: Duration,
    postmaster: Option<u32>,
}

/// CPU seconds: the server's own, and all that core 0 was busy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) server: f64,
    pub(crate) core: f64,
}

impl Server {
    /// Starts it, and waits for its first answer.
    pub(crate) async fn start(
        binary: &Path,
        folder: &Folder,
        port: u16,
        postmaster: Option<u32>,
    ) -> anyhow::Result<Self> {
        let log = std::fs::File::create(folder.path().join("server.log"))?;
        let authority = format!("127.0.0.1:{port}");
        let began = Instant::now();
        let start = |mut command: Command| {
            command
                .args(["serve", "--config"])
                .arg(folder.config())
                .stdin(Stdio::null())
                .stderr(log.try_clone()?)
                .spawn()
        };
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", SERVER_CORE]).arg(binary);
        let child = start(pinned).or_else(|_| start(Command::new(binary)))?;
        let mut server = Self { child, authority, started_in: Duration::ZERO, postmaster };
        loop {
            if let Ok(mut connection) = Connection::open(&server.authority).await
                && connection.get("/health", "").await.is_ok_and(|answer| answer.status == 200)
            {
                break;
            }
            if began.elapsed() > Duration::from_secs(10) || server.child.try_wait()?.is_some() {
                let log = std::fs::read_to_string(folder.path().join("server.log"))?;
                anyhow::bail!("the server did not start: {log}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Resident memory in MiB (`VmRSS`).
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Resident memory once the start is over.
    pub(crate) async fn memory_after_a_pause(&self) -> anyhow::Result<f64> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.memory()
    }

    /// What has been used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        let (_, own) = times(self.pid()).context("no such process")?;
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
