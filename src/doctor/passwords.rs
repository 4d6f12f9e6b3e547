//! The costs of a password's hash, measured on this machine.

use std::time::Duration;

use super::finding::{Check, Finding};
use crate::clock::Clock;
use crate::config::{HashCosts, Passwords};
use crate::passwords::{advise, measure, workers};

/// A hash that takes longer keeps people waiting, and others behind them.
const TOO_LONG: Duration = Duration::from_secs(1);

/// Measures a hash, and says what this machine could bear.
pub(super) fn examine(costs: HashCosts, clock: &Clock) -> Vec<Finding> {
    let what = format!("passwords (memory_kib = {}, passes = {})", costs.memory_kib, costs.passes);
    let available = memory();
    let mut findings = Vec::new();
    findings.extend(available.map(|available| room(&what, costs, available)));
    let least = Passwords::default().costs();
    let Some((measured, took)) = measure(least, clock).ok().map(|took| once(costs, (least, took), available, clock))
    else {
        return findings;
    };
    // Half of what is free now, for all hashes at the same moment.
    let share = available.map_or(u64::MAX, |available| available / 2 / hashes());
    let HashCosts { memory_kib, passes } = advise(measured, took, share);
    let took = if measured == costs { took } else { estimate(costs, (measured, took)) };
    let why = format!("a hash takes {} ms here", took.as_millis());
    findings.push(if took > TOO_LONG {
        let mending = format!("memory_kib = {memory_kib}, passes = {passes}");
        Finding::warning(Check::PasswordsCosts, what, why, mending)
    } else {
        let why = format!("{why}; about 150 ms would be memory_kib = {memory_kib}, passes = {passes}");
        Finding::ok(Check::PasswordsCosts, what, why)
    });
    findings
}

/// The configured costs measured, unless that would take very long or more memory than there is.
fn once(
    costs: HashCosts,
    least: (HashCosts, Duration),
    available: Option<u64>,
    clock: &Clock,
) -> (HashCosts, Duration) {
    let fits = available.is_none_or(|available| u64::from(costs.memory_kib) < available / 2);
    if costs == least.0 || estimate(costs, least) > TOO_LONG * 2 || !fits {
        return least;
    }
    measure(costs, clock).map_or(least, |took| (costs, took))
}

/// How long a hash takes, by how long another one took: the work is memory times passes.
fn estimate(costs: HashCosts, (measured, took): (HashCosts, Duration)) -> Duration {
    let work = |costs: HashCosts| f64::from(costs.memory_kib) * f64::from(costs.passes);
    Duration::try_from_secs_f64(took.as_secs_f64() * work(costs) / work(measured)).unwrap_or(Duration::MAX)
}

fn hashes() -> u64 {
    u64::try_from(workers()).unwrap_or(1).max(1)
}

/// Whether so many hashes at the same moment fit into what is free; in KiB.
fn room(what: &str, costs: HashCosts, available: u64) -> Finding {
    let needed = u64::from(costs.memory_kib).saturating_mul(hashes());
    let why = format!(
        "{} hashes at a time take {} MiB of the {} MiB that are free",
        hashes(),
        needed / 1024,
        available / 1024
    );
    let mending = "lower passwords.memory_kib (never below 19456), or give the machine more memory";
    if needed > available {
        Finding::fault(Check::PasswordsMemory, what, why, mending)
    } else if needed > available / 2 {
        Finding::warning(Check::PasswordsMemory, what, why, mending)
    } else {
        Finding::ok(Check::PasswordsMemory, what, why)
    }
}

/// The memory that is free for this process, in KiB: the machine's, or what its control group leaves (cgroup v2).
fn memory() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = machine.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let machine: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let number = |file: &str| -> Option<u64> {
        std::fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse().ok()
    };
    let group = number("memory.max").zip(number("memory.current")).map(|(most, now)| most.saturating_sub(now) / 1024);
    Some(group.map_or(machine, |group| group.min(machine)))
}
