//! What a run came to, for `docs/kill-report.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

#[derive(Default)]
pub struct Report(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    kills: u32,
    starting: u32,
    writing: u32,
    idle: u32,
    /// By request under way: kills, and those of them in a write transaction.
    by_request: BTreeMap<String, (u32, u32)>,
    sent_again: u32,
    kept: u32,
    not_kept: u32,
}

impl Report {
    pub fn killed_at_start(&self) {
        let mut counts = self.0.lock().unwrap();
        counts.kills += 1;
        counts.starting += 1;
    }

    /// A kill, with the requests that were under way, and whether a write transaction was open.
    pub fn killed(&self, mut requests: Vec<String>, writing: bool) {
        let mut counts = self.0.lock().unwrap();
        counts.kills += 1;
        counts.writing += u32::from(writing);
        counts.idle += u32::from(requests.is_empty());
        requests.sort();
        requests.dedup();
        for request in requests {
            let (kills, open) = counts.by_request.entry(request).or_default();
            *kills += 1;
            *open += u32::from(writing);
        }
    }

    /// A form was sent again after a broken connection.
    pub fn sent_again(&self) {
        self.0.lock().unwrap().sent_again += 1;
    }

    /// After a broken connection the page was loaded again: whether the form before it had been taken.
    pub fn loaded_again(&self, kept: bool) {
        let mut counts = self.0.lock().unwrap();
        if kept { counts.kept += 1 } else { counts.not_kept += 1 }
    }

    pub fn kills(&self) -> u32 {
        self.0.lock().unwrap().kills
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap();
        let Counts { kills, starting, writing, idle, sent_again, kept, not_kept, by_request } = &*counts;
        writeln!(
            f,
            "{kills} kills: {starting} while starting, {writing} in an open write transaction, {idle} between requests"
        )?;
        writeln!(
            f,
            "broken forms: {sent_again} sent again; {} looked for, {kept} of them kept, {not_kept} not",
            kept + not_kept
        )?;
        writeln!(f, "| request under way | kills | with a write transaction open |\n|---|---|---|")?;
        for (request, (kills, open)) in by_request {
            writeln!(f, "| {request} | {kills} | {open} |")?;
        }
        Ok(())
    }
}
