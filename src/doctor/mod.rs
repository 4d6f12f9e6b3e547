//! `guiyi doctor`: examines a configuration and everything that it names, and reports all faults at once, each with its
//! mending. It changes nothing: no file is made, no schema brought up to date, no message sent, nobody signed in.

mod clients;
mod clock;
mod config;
mod database;
mod files;
mod finding;
mod issuer;
mod keys;
mod network;
mod passwords;
mod secrets;
mod services;
mod upstreams;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use crate::clock::{Clock, Random};
use crate::config::{Draft, Passwords};

pub use finding::{Check, Finding, Report, Severity};

use network::Network;

/// How long a part that waits for others may take.
const DEADLINE: Duration = Duration::from_secs(25);

/// Examines the configuration in `path`. With `deep` every page of a SQLite file and every entry of the audit log too.
///
/// Parts that wait for others run at the same time; what can't be read of the configuration is left out.
pub async fn examine(path: &Path, deep: bool, clock: &Clock, random: &Random) -> Report {
    let (mut findings, draft) = config::examine(path);
    let Some(draft) = draft else { return Report::new(findings) };
    findings.extend(secrets::examine(&draft));
    findings.extend(issuer::proxies(&draft));
    let mut keys = keys::examine(&draft, clock.now());
    let published = keys.as_mut().map(|keys| std::mem::take(&mut keys.published)).unwrap_or_default();
    let keyring = keys.as_ref().and_then(|keys| keys.keyring.clone());
    let database = async {
        let settings = draft.database.as_ref()?;
        Some(database::examine(settings, keyring.as_deref(), clock, deep).await)
    };
    let others = async {
        let Ok(network) = Network::new(clock) else { return Vec::new() };
        let (upstreams, services, issuer) = tokio::join!(
            within((Check::UpstreamReachable, "systems"), upstreams::examine(&draft, &network, random)),
            within((Check::ServiceReachable, "services"), services::examine(&draft, &network, random)),
            within((Check::IssuerReachable, "issuer"), issuer::examine(&draft, &network, &published)),
        );
        [upstreams, services, issuer].concat()
    };
    let clients = within((Check::ClientsAddress, "clients"), clients::examine(&draft));
    let (database, others, clients) = tokio::join!(database, others, clients);
    findings.extend(others);
    findings.extend(clients);
    let has_accounts = database.as_ref().and_then(|found| found.has_accounts);
    findings.extend(database.into_iter().flat_map(|found| found.findings));
    findings.extend(of_keys(&draft, keys, has_accounts));
    // At the end, when nothing else wants the machine.
    findings.extend(costs(&draft, clock).await);
    Report::new(findings)
}

/// The parts have shorter terms of their own; this is for what hangs all the same.
async fn within((id, what): (Check, &str), part: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    tokio::time::timeout(DEADLINE, part).await.unwrap_or_else(|_| {
        let why = format!("not done within {} seconds", DEADLINE.as_secs());
        vec![Finding::fault(id, what, why, "look at the network and at the name servers")]
    })
}

fn of_keys(draft: &Draft, keys: Option<keys::Keys>, has_accounts: Option<bool>) -> Vec<Finding> {
    let (Some(keys), Some(settings)) = (keys, &draft.keys) else { return Vec::new() };
    let root = keys.without_root(&settings.directory, has_accounts);
    keys.findings.into_iter().chain(root).collect()
}

async fn costs(draft: &Draft, clock: &Clock) -> Vec<Finding> {
    let (Some(costs), clock) = (draft.passwords.as_ref().map(Passwords::costs), clock.clone()) else {
        return Vec::new();
    };
    tokio::task::spawn_blocking(move || passwords::examine(costs, &clock)).await.unwrap_or_default()
}
