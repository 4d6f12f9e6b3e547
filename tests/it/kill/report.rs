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
    /// Forms whose answer was lost.
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

    /// A form without an answer was sent again, or its page loaded again, and led on from there or not.
    pub fn mended(&self, sent_again: bool, led_on: bool) {
        let mut counts = self.0.lock().unwrap();
        match (sent_again, led_on) {
            (true, _) => counts.sent_again += 1,
            (false, true) => counts.kept += 1,
            (false, false) => counts.not_kept += 1,
        }
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
            "forms without an answer: {sent_again} sent again, {} looked for: {kept} had led on, {not_kept} had not",
            kept + not_kept
        )?;
        writeln!(f, "| request under way | kills | with a write transaction open |\n|---|---|---|")?;
        for (request, (kills, open)) in by_request {
            writeln!(f, "| {request} | {kills} | {open} |")?;
        }
        Ok(())
    }
}
