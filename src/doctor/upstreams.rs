//! Legacy systems: that each would take a sign-in, without one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use futures_util::future::join_all;
use url::Url;

use super::finding::{Check, Finding};
use super::network::{Network, place};
use crate::clock::Random;
use crate::config::{Connector, Draft, System};
use crate::upstream::{ConnectedSystem, Doubt, Systems};

/// Looks at every system that isn't switched off, all at the same time.
pub(super) async fn examine(draft: &Draft, network: &Network, random: &Random) -> Vec<Finding> {
    // Nobody is sent there, so it doesn't matter where they would come back to.
    let systems = Systems::connect(&draft.systems, "https://localhost/", &network.http, &network.clock, random);
    let enabled = draft.systems.iter().filter_map(|entry| Some((entry, systems.get(&entry.id)?)));
    join_all(enabled.map(|(entry, system)| one(entry, system, network))).await.into_iter().flatten().collect()
}

async fn one(entry: &System, system: &ConnectedSystem, network: &Network) -> Vec<Finding> {
    let address = match &entry.connector {
        Connector::Ticket { url, .. } => Some(url.clone()),
        Connector::OpenidConnect(provider) => Url::parse(&provider.issuer).ok(),
        Connector::UserTable(table) => {
            let what = format!("systems.{}: {}", entry.id, table.path.display());
            let mut findings = vec![result(&what, system.examine().await, false)];
            findings.extend(writable(&what, &table.path));
            return findings;
        }
    };
    let Some(address) = address else { return Vec::new() };
    let what = format!("systems.{} at {}", entry.id, place(&address));
    match network.reach(&address).await {
        Ok(reached) => {
            let mut findings = reached.findings(&what);
            let is_provider = matches!(entry.connector, Connector::OpenidConnect(_));
            findings.push(result(&what, system.examine().await, is_provider));
            findings
        }
        Err(why) => vec![result(&what, Err(Doubt::Down(why)), false)],
    }
}

fn result(what: &str, examined: Result<(), Doubt>, is_provider: bool) -> Finding {
    let Err(doubt) = examined else {
        let fine =
            if is_provider { "its metadata is its own, and it signs as it should" } else { "would take a sign-in" };
        return Finding::ok(Check::UpstreamProtocol, what, fine);
    };
    let (id, mending) = match &doubt {
        Doubt::Down(_) => (
            Check::UpstreamReachable,
            "look at address, firewall and certificate, and ask the system's owner; `enabled = false` switches it off",
        ),
        Doubt::Protocol(_) => (Check::UpstreamProtocol, "correct the address and the kind of the connector"),
        Doubt::Refused(_) => (
            Check::UpstreamSecret,
            "ask the system's owner for service code and password, and correct them in the configuration",
        ),
        Doubt::Clock(_) => {
            (Check::ClockNeighbours, "have both machines keep time by NTP (`timedatectl`, `chronyc tracking`)")
        }
        Doubt::Issuer(_) => (
            Check::UpstreamIssuer,
            "write the issuer to the letter, as `/.well-known/openid-configuration` there has it",
        ),
        Doubt::Algorithms(_) => (Check::UpstreamAlgorithms, "have the provider sign with ES256, RS256 or PS256"),
        Doubt::File(_) => (Check::UpstreamFile, "put the table's file there, readable for the portal's user"),
        Doubt::Columns(_) => (Check::UpstreamColumns, "name the table and its columns as they are in the file"),
    };
    Finding::fault(id, what, doubt.to_string(), mending)
}

/// Whoever can write to a user table can give themselves anybody's account there.
fn writable(what: &str, path: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o002 != 0).then(|| {
        let why = "everybody on this machine can write to the table, and so become anybody in it";
        Finding::fault(Check::UpstreamFile, what, why, format!("chmod o-w {}", path.display()))
    })
}
