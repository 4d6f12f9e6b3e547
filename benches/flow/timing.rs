//! Whether the time of an answer tells who has an account: sign-ins of names that are known, unknown or without a password, in
//! random order, and their times compared as distributions.

use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use serde_json::json;

use crate::client::Connection;
use crate::load::percentile;
use crate::login::Typed;
use crate::workload::{Target, Workload};

/// By what `--only` finds it.
pub(crate) const NAME: &str = "timing";
/// What is compared, the first with each of the others.
const SORTS: [(Typed, &str); 3] =
    [(Typed::Nobody, "unknown name"), (Typed::Wrong, "wrong password"), (Typed::Without, "without a password")];

/// The times of each sort, in order.
#[derive(Clone, Debug)]
pub(crate) struct Timing(Vec<(&'static str, Vec<std::time::Duration>)>);

/// Measures so many tries of each sort, one at a time.
pub(crate) async fn measure(target: &Rc<Target>, tries: usize) -> anyhow::Result<Timing> {
    target.prepare(Workload::Login).await?;
    let mut connection = Connection::open(&target.nodes).await?;
    for _ in 0..20 {
        target.log_in(&mut connection, Typed::Nobody).await?;
    }
    let mut timing = Timing(SORTS.iter().map(|(_, name)| (*name, Vec::new())).collect());
    let mut turns: Vec<usize> = (0..SORTS.len() * tries).map(|n| n % SORTS.len()).collect();
    while !turns.is_empty() {
        let sort = turns.swap_remove(target.below(turns.len())?);
        let began = Instant::now();
        if let (Some((typed, _)), Some((_, times))) = (SORTS.get(sort), timing.0.get_mut(sort)) {
            target.log_in(&mut connection, *typed).await?;
            times.push(began.elapsed());
        }
    }
    timing.0.iter_mut().for_each(|(_, times)| times.sort_unstable());
    Ok(timing)
}

impl Timing {
    /// The chance that a try of this sort took longer than one of the first (the Mann-Whitney statistic over the number of
    /// pairs): a half if the time tells nothing; and within how much of a half it is 19 times in 20 if that is so.
    fn rank(&self, sort: usize) -> Option<(f64, f64)> {
        let ((_, first), (_, other)) = (self.0.first()?, self.0.get(sort)?);
        let pairs = (first.len() * other.len()) as f64;
        let wins: f64 = other
            .iter()
            .map(|time| {
                let below = first.partition_point(|t| t < time);
                let equal = first.partition_point(|t| t <= time) - below;
                below as f64 + equal as f64 / 2.0
            })
            .sum();
        let spread = ((first.len() + other.len() + 1) as f64 / (12.0 * pairs)).sqrt();
        Some((wins / pairs, 1.96 * spread))
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, [f64; 3], Option<(f64, f64)>)> + '_ {
        self.0.iter().enumerate().map(|(sort, (name, times))| {
            let at = |percent| percentile(times, percent).unwrap_or_default();
            (*name, [at(10), at(50), at(90)], self.rank(sort).filter(|_| sort > 0))
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        self.rows()
            .map(|(name, [p10, p50, p90], rank)| {
                json!({ "sort": name, "p10_ms": p10, "p50_ms": p50, "p90_ms": p90,
                    "longer_than_unknown": rank.map(|(chance, _)| chance), "within_by_chance": rank.map(|(_, spread)| spread) })
            })
            .collect()
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tries = self.0.first().map_or(0, |(_, times)| times.len());
        writeln!(
            f,
            "{:<20} {:>7} {:>7} {:>7} ms   longer than an unknown name's ({tries} of each)",
            "a login's time", "p10", "p50", "p90"
        )?;
        for (name, [p10, p50, p90], rank) in self.rows() {
            let rank = rank.map(|(chance, spread)| format!("{chance:.3} of times (by chance 0.500 ± {spread:.3})"));
            writeln!(f, "{name:<20} {p10:>7.2} {p50:>7.2} {p90:>7.2}      {}", rank.unwrap_or_default())?;
        }
        Ok(())
    }
}
