//! Gateway, source and registry: that they answer, and take the portal's signature. Nobody is sent anything, and nobody is
//! asked about.

use std::future::Future;

use super::finding::{Check, Finding};
use super::network::{Network, place};
use crate::clock::Random;
use crate::config::{Draft, Service};
use crate::notify::Gateway;
use crate::signed_client::{CallError, SignedClient};
use crate::verify::{PersonSource, UnitSource};

/// Looks at the three at the same time.
pub(super) async fn examine(draft: &Draft, network: &Network, random: &Random) -> Vec<Finding> {
    let client = |service: &Service| SignedClient::new(service, &network.http, &network.clock, random);
    let gateway = async {
        let Some(service) = &draft.gateway else { return Vec::new() };
        let gateway = Gateway::new(client(service));
        one("gateway", service, network, gateway.knock()).await
    };
    let source = async {
        let Some(service) = &draft.source else { return Vec::new() };
        let source = PersonSource::new(client(service), network.clock.clone());
        one("source", service, network, source.knock()).await
    };
    let registry = async {
        let Some(service) = &draft.registry else { return Vec::new() };
        let registry = UnitSource::new(client(service), network.clock.clone());
        one("registry", service, network, registry.knock()).await
    };
    let (gateway, source, registry) = tokio::join!(gateway, source, registry);
    [gateway, source, registry].concat()
}

async fn one(
    name: &str,
    service: &Service,
    network: &Network,
    knock: impl Future<Output = Result<u16, CallError>>,
) -> Vec<Finding> {
    let what = format!("{name} at {}", place(&service.url));
    match network.reach(&service.url).await {
        Ok(reached) => {
            let mut findings = reached.findings(&what);
            findings.push(answered(&what, knock.await));
            findings
        }
        Err(why) => vec![down(&what, why)],
    }
}

/// What the answer to a signed call means that asks for nothing.
fn answered(what: &str, status: Result<u16, CallError>) -> Finding {
    match status {
        Ok(401 | 403) => Finding::fault(
            Check::ServiceSignature,
            what,
            "the signature isn't taken: name or secret differ, or the clocks",
            "compare `client` and `secret` with what is registered there, and both clocks",
        ),
        Ok(404 | 405) => Finding::fault(
            Check::ServiceProtocol,
            what,
            "there is no such call at this address",
            "correct the address: what stands before `sms`, `v1/person-checks` or `v1/unit-checks`, with a slash at the end",
        ),
        Ok(status @ 500..) => down(what, format!("answered with status {status}")),
        Ok(status @ 300..=399) => Finding::fault(
            Check::ServiceProtocol,
            what,
            format!("answered with status {status}, and no redirect is followed"),
            "name the address that it leads to",
        ),
        Ok(_) => Finding::ok(Check::ServiceSignature, what, "answers, and takes the portal's signature"),
        Err(error) => down(what, error.to_string()),
    }
}

fn down(what: &str, why: String) -> Finding {
    let mending = "look at address, firewall and certificate, and ask the service's operator";
    Finding::fault(Check::ServiceReachable, what, why, mending)
}
