//! `guiyi doctor`: all faults of a configuration and of what it names, in words or as JSON.

use std::io::Write;
use std::path::Path;

use clap::Args;

use crate::clock::{Clock, Random};
use crate::doctor::examine;

/// How to examine, and how to report.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorArgs {
    /// Look at every page of a SQLite file and every entry of the audit log too.
    #[arg(long)]
    deep: bool,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// Examines, and writes the report; whether there is no fault.
///
/// # Errors
/// If the report can't be written.
pub async fn run(config: &Path, args: DoctorArgs, out: &mut impl Write) -> anyhow::Result<bool> {
    let report = examine(config, args.deep, &Clock::System, &Random::system()).await;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(report.faults == 0)
}
