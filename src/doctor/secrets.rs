//! Secrets: that they can't be guessed, and that no two parties have the same.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::finding::{Check, Finding};
use crate::config::{About, Connector, Draft, Service};
use crate::secret::Secret;
use crate::storage::examination::Place;

/// Below this estimate, in bits, somebody with a good machine finds it by trying.
const LEAST_BITS: f64 = 40.0;

/// A secret of the configuration.
struct Kept<'a> {
    setting: String,
    secret: &'a str,
    /// Who else has it.
    party: String,
    /// Whether the operator makes it.
    is_own: bool,
}

/// Looks at every secret that could be read.
pub(super) fn examine(draft: &Draft) -> Vec<Finding> {
    let password = database_password(draft);
    let kept = all(draft, password.as_ref());
    // Short and published ones are reported with the other values.
    let known: BTreeSet<String> =
        draft.faults().into_iter().filter(|fault| fault.about == About::Secret).map(|fault| fault.setting).collect();
    let unknown = kept.iter().filter(|kept| !known.contains(&kept.setting));
    let mut findings: Vec<Finding> = unknown.filter_map(guessable).collect();
    if findings.is_empty() && known.is_empty() {
        let what = format!("{} secrets", kept.len());
        findings.push(Finding::ok(Check::SecretsWeak, what, "long enough, and not published"));
    }
    let repeated = repeated(&kept);
    if repeated.is_empty() {
        findings.push(Finding::ok(
            Check::SecretsRepeated,
            format!("{} secrets", kept.len()),
            "no two parties share one",
        ));
    }
    findings.extend(repeated);
    findings
}

fn all<'a>(draft: &'a Draft, password: Option<&'a Secret>) -> Vec<Kept<'a>> {
    let mut kept = Vec::new();
    let mut add = |setting: String, secret: &'a Secret, party: String, is_own: bool| {
        kept.push(Kept { setting, secret: secret.expose(), party, is_own });
    };
    let host = |url: &Url| url.origin().ascii_serialization();
    let services = [("gateway", &draft.gateway), ("source", &draft.source), ("registry", &draft.registry)];
    for (name, service) in services {
        if let Some(Service { url, client, secret, .. }) = service {
            // One provider of several services knows the portal by one name and one secret.
            add(format!("{name}.secret"), secret, format!("{client} at {}", host(url)), true);
        }
    }
    for system in &draft.systems {
        let at = |field: &str| format!("systems.{}.connector.{field}", system.id);
        match &system.connector {
            Connector::Ticket { url, service_code, service_password } => {
                add(at("service_password"), service_password, format!("{service_code} at {}", host(url)), false);
            }
            Connector::OpenidConnect(provider) => {
                add(at("client_secret"), &provider.client_secret, format!("client of {}", provider.issuer), false);
            }
            Connector::UserTable(_) => {}
        }
    }
    for client in &draft.clients {
        if let Some(secret) = &client.secret {
            add(format!("clients.{}.secret", client.id), secret, format!("client {}", client.id), true);
        }
    }
    for token in draft.registration.iter().flat_map(|registration| &registration.initial_access_tokens) {
        add("registration.initial_access_tokens".to_owned(), token, "registration".to_owned(), true);
    }
    if let Some(password) = password {
        add("database.url".to_owned(), password, "database".to_owned(), true);
    }
    kept
}

/// A database's password, if it travels beyond this machine.
fn database_password(draft: &Draft) -> Option<Secret> {
    let url = draft.database.as_ref()?.url.expose();
    match Place::of(url) {
        Ok(Place::Server { is_local: false, .. }) => Url::parse(url).ok()?.password().map(Secret::new),
        _ => None,
    }
}

fn guessable(kept: &Kept<'_>) -> Option<Finding> {
    if bits(kept.secret) >= LEAST_BITS {
        return None;
    }
    let why = "it follows a pattern, or has few different characters: it can be found by trying";
    Some(if kept.is_own {
        let mending = "make a secret with `openssl rand -hex 24`, and give it to the other side";
        Finding::fault(Check::SecretsWeak, kept.setting.as_str(), why, mending)
    } else {
        let mending = "ask that system's owner for a longer one";
        Finding::warning(Check::SecretsWeak, kept.setting.as_str(), why, mending)
    })
}

/// Whoever has a secret can pass for whoever else has it.
fn repeated(kept: &[Kept<'_>]) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&Kept<'_>>> = BTreeMap::new();
    for one in kept {
        owners.entry(one.secret).or_default().push(one);
    }
    let parties = |owners: &[&Kept<'_>]| owners.iter().map(|kept| kept.party.clone()).collect::<BTreeSet<_>>().len();
    let shared = owners.into_values().filter(|owners| parties(owners) > 1);
    let finding = |owners: Vec<&Kept<'_>>| {
        let settings: Vec<&str> = owners.iter().map(|kept| kept.setting.as_str()).collect();
        let why = "the same secret: each of them can pass for the other";
        Finding::fault(Check::SecretsRepeated, settings.join(", "), why, "give each its own: `openssl rand -hex 24`")
    };
    shared.map(finding).collect()
}

/// An estimate of how many bits somebody would have to guess who knows how often each character occurs, and what the steps from
/// one to the next are: generous to what is random, and next to nothing for runs and repetitions.
fn bits(secret: &str) -> f64 {
    let codes: Vec<i64> = secret.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps: Vec<i64> = codes.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
    entropy(&codes).min(entropy(&steps))
}

/// Shannon's entropy of a sequence as a whole.
fn entropy(sequence: &[i64]) -> f64 {
    let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
    for symbol in sequence {
        let count = counts.entry(*symbol).or_default();
        *count = count.saturating_add(1);
    }
    let total = f64::from(u32::try_from(sequence.len()).unwrap_or(u32::MAX));
    counts.into_values().map(f64::from).map(|count| count * (total / count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Random;

    #[test]
    fn random_secrets_pass_and_patterns_do_not() {
        let random = Random::seeded(7);
        for _ in 0..2000 {
            assert!(bits(&random.token::<18>()) > LEAST_BITS, "24 characters of base64url");
            let hex: String = random.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(bits(&hex) > LEAST_BITS, "24 hexadecimal digits");
        }
        let patterns = [
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnopqrstuvwxyz",
            "0123456789012345678901234",
            "abababababababababababab",
            "00000000000000000000000a",
            "11112222333344445555",
            "",
        ];
        for pattern in patterns {
            assert!(bits(pattern) < LEAST_BITS, "{pattern}: {}", bits(pattern));
        }
    }
}
