//! What clients name for the portal to call, and the way out to it.

use futures_util::future::join_all;
use url::Url;

use super::finding::{Check, Finding};
use super::network::place;
use crate::config::{ClientEntry, Draft};
use crate::egress::{Egress, EgressError, MOST, Refused};

/// Looks at the way out, and at every URL of a client that isn't switched off, all at the same time.
pub(super) async fn examine(draft: &Draft) -> Vec<Finding> {
    let Some(settings) = &draft.egress else { return Vec::new() };
    let egress = match Egress::new(settings) {
        Ok(egress) => egress,
        Err(error) => return vec![unusable(&error)],
    };
    let mut findings = Vec::new();
    if let Some(file) = &settings.ca {
        findings.push(Finding::ok(Check::EgressCa, file.display().to_string(), "certificates that can be read"));
    }
    let places = join_all(settings.allow.iter().map(|place| allowed(place)));
    let enabled = draft.clients.iter().filter(|client| client.enabled);
    let urls = join_all(enabled.flat_map(urls).map(|(setting, url, is_keys)| one(&egress, setting, url, is_keys)));
    let (places, urls) = tokio::join!(places, urls);
    findings.extend(places);
    findings.extend(urls);
    findings
}

fn unusable(error: &EgressError) -> Finding {
    let mending = "name a file of certificates in PEM that the portal's user can read";
    Finding::fault(Check::EgressCa, "egress.ca", error.to_string(), mending)
}

/// A host that is let through exists.
async fn allowed(place: &str) -> Finding {
    let (id, what) = (Check::EgressAllow, format!("egress.allow {place}"));
    match tokio::net::lookup_host(place).await {
        Ok(_) => Finding::ok(id, what, "there is such a host"),
        Err(_) => Finding::warning(id, what, "the name leads nowhere", "correct the name, or take it out"),
    }
}

/// The setting, the URL, and whether there are keys at it.
fn urls(client: &ClientEntry) -> Vec<(String, Url, bool)> {
    let metadata = &client.metadata;
    let at = |field: &str| format!("clients.{}.{field}", client.id);
    let mut urls = Vec::new();
    urls.extend(metadata.jwks_uri.clone().map(|url| (at("jwks_uri"), url, true)));
    urls.extend(metadata.backchannel_logout_uri.clone().map(|url| (at("backchannel_logout_uri"), url, false)));
    let requests = metadata.request_uris.iter().filter_map(|uri| Url::parse(uri).ok());
    urls.extend(requests.map(|url| (at("request_uris"), url, false)));
    urls
}

async fn one(egress: &Egress, setting: String, url: Url, is_keys: bool) -> Finding {
    let what = format!("{setting} at {}", place(&url));
    if let Err(refused) = egress.look_up(&url).await {
        return refusal(what, &url, refused);
    }
    if !is_keys {
        return Finding::ok(Check::ClientsAddress, what, "may be called");
    }
    let fetched = egress.get(&url, MOST).await.and_then(|fetched| fetched.json::<serde_json::Value>());
    let (id, mending) = (Check::ClientsKeys, "ask the client's operator; until then its assertions are refused");
    match fetched {
        Ok(keys) if keys.get("keys").is_some_and(serde_json::Value::is_array) => Finding::ok(id, what, "keys"),
        Ok(_) => Finding::warning(id, what, "the answer is no set of keys (RFC 7517, section 5)", mending),
        Err(refused) => Finding::warning(id, what, refused.to_string(), mending),
    }
}

fn refusal(what: String, url: &Url, refused: Refused) -> Finding {
    let id = Check::ClientsAddress;
    match refused {
        Refused::Address | Refused::Url => {
            let port = url.port_or_known_default().unwrap_or(443);
            let place = format!("{}:{port}", url.host_str().unwrap_or_default());
            let mending = format!("name it: [egress] allow = [\"{place}\"], if it is one of the own network");
            Finding::fault(id, what, format!("{refused}: it is never called"), mending)
        }
        _ => {
            Finding::warning(id, what, "the host's name leads nowhere", "ask the client's operator, or correct the URL")
        }
    }
}
