//! The portal as others see it: its own address, what it serves there, and the proxies before it. Warnings only where a
//! firewall may hide it from here.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;
use url::Url;

use super::finding::{Check, Finding};
use super::network::{Network, place};
use crate::config::Draft;
use crate::egress::is_public;
use crate::http_client::{bounded, why};

/// The largest answer that is read, in bytes.
const MOST: usize = 64 * 1024;

const START: &str = "start the portal, or look at the proxy before it";

/// Looks at the issuer's own address; `published` are the ids of the keys in the folder.
pub(super) async fn examine(draft: &Draft, network: &Network, published: &BTreeSet<String>) -> Vec<Finding> {
    let Some(issuer) = &draft.issuer else { return Vec::new() };
    let what = place(issuer);
    let mut findings = match network.reach(issuer).await {
        Ok(reached) => reached.findings(&what),
        Err(why) => {
            let mending = format!("{START}; behind a firewall this may be as it should");
            return vec![Finding::warning(Check::IssuerReachable, what, format!("not from here: {why}"), mending)];
        }
    };
    findings.push(Finding::ok(Check::IssuerReachable, what.as_str(), "answers"));
    let metadata = json(network, issuer.join("/.well-known/openid-configuration").ok()).await;
    match metadata {
        Ok(metadata)
            if metadata.get("issuer").and_then(Value::as_str) == Some(issuer.as_str().trim_end_matches('/')) =>
        {
            findings.push(Finding::ok(Check::IssuerMetadata, what.as_str(), "serves this portal's metadata"));
            let keys = metadata.get("jwks_uri").and_then(Value::as_str).and_then(|uri| Url::parse(uri).ok());
            findings.extend(keys_of(&what, json(network, keys).await, published));
        }
        Ok(_) => {
            let why = "the metadata there is another issuer's";
            findings.push(Finding::warning(
                Check::IssuerMetadata,
                what,
                why,
                "correct `issuer`, or where the name leads",
            ));
        }
        Err(why) => findings.push(Finding::warning(Check::IssuerMetadata, what, why, START)),
    }
    findings
}

async fn json(network: &Network, url: Option<Url>) -> Result<Value, String> {
    let Some(url) = url else { return Err("there is no address".to_owned()) };
    let answer = network.http.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(why)?;
    let body = bounded(answer, MOST).await.unwrap_or_default();
    serde_json::from_slice(&body).map_err(|_| "the answer is no JSON: something else is served there".to_owned())
}

/// Relying parties must see the keys of this folder, all of them.
fn keys_of(what: &str, served: Result<Value, String>, published: &BTreeSet<String>) -> Option<Finding> {
    let id = Check::IssuerKeys;
    let served = match served {
        Ok(served) => served,
        Err(why) => return Some(Finding::warning(id, what, why, START)),
    };
    // An empty or unreadable folder has findings of its own.
    if published.is_empty() {
        return None;
    }
    let keys = served.get("keys").and_then(Value::as_array).into_iter().flatten();
    let kids: BTreeSet<String> = keys.filter_map(|key| Some(key.get("kid")?.as_str()?.to_owned())).collect();
    Some(if published.is_subset(&kids) {
        Finding::ok(id, what, "publishes the keys of this folder")
    } else {
        let why = "keys of this folder aren't among the published ones: the node there has another folder";
        Finding::warning(id, what, why, "copy the keys folder to every node")
    })
}

/// Whose word is taken for a visitor's address: limits and the log go by it.
pub(super) fn proxies(draft: &Draft) -> Vec<Finding> {
    let (Some(proxies), Some(listen), Some(issuer)) = (&draft.trusted_proxies, draft.listen, &draft.issuer) else {
        return Vec::new();
    };
    let (id, what) = (Check::ProxiesTrusted, "trusted_proxies");
    let names = |addresses: Vec<&IpAddr>| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let wild: Vec<&IpAddr> = proxies.iter().filter(|address| address.is_unspecified()).collect();
    let public: Vec<&IpAddr> = proxies.iter().filter(|address| is_public(**address)).collect();
    let mut findings = Vec::new();
    if !wild.is_empty() {
        let why = format!("{} is no address of a proxy, and stands for none", names(wild));
        findings.push(Finding::warning(id, what, why, "name the addresses that the proxies call from"));
    }
    if !public.is_empty() {
        let why =
            format!("{}: addresses of the public network, whose word is taken for who a visitor is", names(public));
        findings.push(Finding::warning(id, what, why, "make sure that nobody but your proxies calls from there"));
    }
    if issuer.scheme() == "https" && proxies.is_empty() {
        let why = "TLS ends before the portal, and no proxy is named: all visitors have the proxy's address, and share limits";
        findings.push(Finding::warning(id, what, why, "name the proxy: trusted_proxies = [\"127.0.0.1\"]"));
    }
    if !listen.ip().is_loopback() && proxies.iter().all(IpAddr::is_loopback) && !proxies.is_empty() {
        let why = format!("the portal listens on {listen}, beyond this machine, and the proxy is on it");
        findings.push(Finding::warning(
            id,
            "listen",
            why,
            "listen = \"127.0.0.1:8080\", so that nobody passes the proxy by",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(id, what, "plausible"));
    }
    findings
}
