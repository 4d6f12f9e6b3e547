//! `guiyi keys …`: the signing keys and their rotation. It works on the folder alone; a running portal notices within
//! a second or two.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::clock::Timestamp;
use crate::keys::{PUBLICATION, State, list, rotate};
use crate::pages::beijing;
use crate::protocol::signing::SigningAlgorithm;

/// How long relying parties may keep the published keys, by what the portal tells them.
const CACHED: Duration = Duration::from_secs(300);

/// What to do with the keys.
#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Every signing key, and where it is in its life.
    List,
    /// Make successors: published at once, they sign later.
    Rotate {
        /// Only these algorithms, such as `RS256,ES256`; all by default.
        #[arg(long = "algorithm", value_delimiter = ',', value_parser = algorithm)]
        algorithms: Vec<SigningAlgorithm>,
        /// How many seconds they are published before they sign.
        #[arg(long, value_name = "SECONDS", default_value_t = PUBLICATION.as_secs())]
        activate_after: u64,
        /// They sign at once: for a key that others may have.
        #[arg(long)]
        now: bool,
    },
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    let known = || SigningAlgorithm::ALL.map(SigningAlgorithm::as_str).join(", ");
    SigningAlgorithm::parse(text).ok_or_else(|| format!("one of {}", known()))
}

/// Does what was asked for with the keys of a folder, and lists them.
///
/// # Errors
/// Keys that can't be read or made, in words.
pub fn run(directory: &Path, now: Timestamp, args: KeysArgs, out: &mut impl Write) -> anyhow::Result<()> {
    if let Action::Rotate { algorithms, activate_after, now: at_once } = args.action {
        let algorithms = if algorithms.is_empty() { SigningAlgorithm::ALL.to_vec() } else { algorithms };
        let publication = if at_once { Duration::ZERO } else { Duration::from_secs(activate_after) };
        rotate(directory, &algorithms, publication, now).context("the keys could not be rotated")?;
        if publication < CACHED {
            writeln!(out, "clients that keep the published keys may refuse new tokens for up to five minutes")?;
        }
    }
    for key in list(directory, now)? {
        let state = match key.state {
            State::Waiting(at) => format!("published, signs from {}", moment(at)),
            State::Signing => "signs".to_owned(),
            State::Leaving(at) => format!("published until {}", moment(at)),
            State::Gone => "published no more".to_owned(),
        };
        writeln!(out, "{:5} {} {state} ({})", key.algorithm.as_str(), key.kid, key.file)?;
    }
    Ok(())
}

fn moment(seconds: i64) -> String {
    beijing(Timestamp(seconds.saturating_mul(1000)))
}
