//! The figures, for people and as JSON.

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::bare::Bare;
use crate::flood::Flood;
use crate::load::Figure;
use crate::timing::Timing;
use crate::workload::Workload;

/// A run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) accounts: usize,
    pub(crate) regulars: usize,
    pub(crate) nodes: usize,
    pub(crate) workers: usize,
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
    pub(crate) start: Duration,
    pub(crate) memory_idle: f64,
    pub(crate) memory_after: f64,
    pub(crate) bare: Bare,
    pub(crate) figures: Vec<Figure>,
    pub(crate) verified: u32,
    pub(crate) flood: Option<Flood>,
    pub(crate) timing: Option<Timing>,
}

impl Report {
    /// Work per CPU second over the bare signatures or hashes per second, where a workload signs or hashes.
    fn ratio(&self, figure: &Figure) -> Option<f64> {
        match figure.workload {
            Workload::FirstSignOn | Workload::SignOnEs256 => Some(figure.per_cpu_second / self.bare.es256),
            Workload::SignOnRs256 => Some(figure.per_cpu_second / self.bare.rs256),
            Workload::Login => Some(figure.per_cpu_second / self.bare.argon2id),
            _ => None,
        }
    }

    /// For a machine.
    pub(crate) fn json(&self) -> serde_json::Value {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| {
                let [p50, p95, p99] = figure.latency;
                json!({
                    "workload": figure.workload.name(),
                    "per_second": figure.per_second,
                    "per_server_cpu_second": figure.per_cpu_second,
                    "range": figure.range,
                    "p50_ms": p50, "p95_ms": p95, "p99_ms": p99,
                    "server_share": figure.busy,
                    "foreign_share": figure.foreign,
                    "of_bare": self.ratio(figure),
                    "statements_each": figure.counted.as_ref().map(|(_, each)| each),
                })
            })
            .collect();
        json!({
            "accounts": self.accounts, "regulars": self.regulars, "nodes": self.nodes, "workers": self.workers, "seconds": self.seconds, "rounds": self.rounds,
            "start_ms": self.start.as_secs_f64() * 1000.0,
            "memory_idle_mib": self.memory_idle, "memory_after_mib": self.memory_after,
            "bare_es256_per_second": self.bare.es256, "bare_rs256_per_second": self.bare.rs256,
            "bare_argon2id_per_second": self.bare.argon2id,
            "flood": self.flood.as_ref().map(Flood::json),
            "timing": self.timing.as_ref().map(Timing::json),
            "samples_verified": self.verified,
            "figures": figures,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} accounts with sessions, {} of them regulars, {} node(s), {} connections, median of {} rounds of {} s\n",
            self.accounts, self.regulars, self.nodes, self.workers, self.rounds, self.seconds
        )?;
        writeln!(
            f,
            "{:<14} {:>8} {:>9} {:>15} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}",
            "", "ops/s", "/CPU s", "range", "p50 ms", "p95", "p99", "server", "foreign", "of bare"
        )?;
        for figure in &self.figures {
            let ([p50, p95, p99], [low, high]) = (figure.latency, figure.range);
            let ratio = self.ratio(figure).map(|r| format!("{:.1} %", r * 100.0)).unwrap_or_default();
            let doubt = if figure.foreign > 0.05 { " (another load on core 0: repeat)" } else { "" };
            writeln!(
                f,
                "{:<14} {:>8.0} {:>9.0} {:>15} {p50:>7.2} {p95:>7.2} {p99:>7.2} {:>5.0} % {:>6.1} % {ratio:>8}{doubt}",
                figure.workload.name(),
                figure.per_second,
                figure.per_cpu_second,
                format!("{low:.0}–{high:.0}"),
                figure.busy * 100.0,
                figure.foreign * 100.0,
            )?;
        }
        for figure in &self.figures {
            if let Some((counted, each)) = &figure.counted {
                write!(f, "\n{}: {each:.3} statements each\n{counted}", figure.workload.name())?;
            }
        }
        if let Some(flood) = &self.flood {
            write!(f, "\n{flood}")?;
        }
        if let Some(timing) = &self.timing {
            write!(f, "\n{timing}")?;
        }
        writeln!(f, "\nbare signatures/s   ES256 {:.0}   RS256 {:.0}", self.bare.es256, self.bare.rs256)?;
        writeln!(f, "bare Argon2id/s     {:.1}", self.bare.argon2id)?;
        writeln!(f, "memory              idle {:.1} MiB   after load {:.1} MiB", self.memory_idle, self.memory_after)?;
        writeln!(f, "first answer after  {:.0} ms", self.start.as_secs_f64() * 1000.0)?;
        writeln!(
            f,
            "samples verified    {} (signature, nonce, aud, iss; a second use refused and revoking)",
            self.verified
        )
    }
}
