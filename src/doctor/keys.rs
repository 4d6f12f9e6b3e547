//! The keys folder: who can read it, what is in it, and whether a rotation is due.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::config::owner;
use super::files::Access;
use super::finding::{Check, Finding};
use crate::clock::{Random, Timestamp};
use crate::config::Draft;
use crate::crypto::Keyring;
use crate::keys::{KeyError, Listed, ROOT, State, list_each, look_for_root};
use crate::protocol::signing::SigningAlgorithm;

/// A key that has signed for longer than this should have a successor.
const LONG: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What is in the folder.
pub(super) struct Keys {
    pub(super) findings: Vec<Finding>,
    /// The keys for sealing, if the root key is there and can be read.
    pub(super) keyring: Option<Arc<Keyring>>,
    /// There is no root key: the first start makes one.
    pub(super) is_rootless: bool,
    /// The ids of the keys that are published.
    pub(super) published: BTreeSet<String>,
}

/// Looks into the folder.
pub(super) fn examine(draft: &Draft, now: Timestamp) -> Option<Keys> {
    let directory = draft.keys.as_ref()?.directory.as_path();
    let mut keys = Keys { findings: Vec::new(), keyring: None, is_rootless: false, published: BTreeSet::new() };
    keys.root(directory);
    if !directory.exists() {
        return Some(keys);
    }
    keys.findings.extend(reach(directory));
    match list_each(directory, now) {
        Ok(each) => keys.signing(draft, directory, each, now),
        Err(error) => keys.findings.push(unusable(Check::KeysSigning, directory, &error)),
    }
    Some(keys)
}

impl Keys {
    fn root(&mut self, directory: &Path) {
        match look_for_root(directory) {
            Ok(Some(root)) => {
                self.keyring = Keyring::derive(&root, Random::system()).ok().map(Arc::new);
                let name = directory.join(ROOT).display().to_string();
                self.findings.push(Finding::ok(Check::KeysRoot, name, "a root key that can be read"));
            }
            Ok(None) => self.is_rootless = true,
            // Reported with the modes of all files.
            Err(KeyError::Permissions(_)) => {}
            Err(error) => self.findings.push(unusable(Check::KeysRoot, directory, &error)),
        }
    }

    /// What a missing root key means hangs on whether something is stored.
    pub(super) fn without_root(&self, directory: &Path, has_accounts: Option<bool>) -> Option<Finding> {
        if !self.is_rootless {
            return None;
        }
        let (id, name) = (Check::KeysRoot, directory.join(ROOT).display().to_string());
        Some(match has_accounts {
            Some(true) => Finding::fault(
                id,
                name,
                "there is none, and the database has accounts: a start would make a new one, with which nothing can be read",
                "don't start the portal; put the root key's backup into the folder",
            ),
            Some(false) => Finding::ok(id, name, "there is none; the first start makes one"),
            None => Finding::warning(
                id,
                name,
                "there is none, and whether something hangs on one can't be told without the database",
                "if this isn't the first start, put the root key's backup into the folder",
            ),
        })
    }

    fn signing(&mut self, draft: &Draft, directory: &Path, each: Vec<Result<Listed, KeyError>>, now: Timestamp) {
        let mut listed = Vec::new();
        let name = directory.display().to_string();
        let count = each.len();
        for key in each {
            match key {
                Ok(key) => listed.push(key),
                Err(KeyError::Permissions(_)) => {}
                Err(error) => self.findings.push(unusable(Check::KeysSigning, directory, &error)),
            }
        }
        if listed.len() == count {
            self.findings.push(Finding::ok(
                Check::KeysSigning,
                name.as_str(),
                format!("{count} signing keys can be read"),
            ));
            // A folder without any is a new one: the first start fills it.
            if count > 0 {
                self.findings.push(algorithms(draft, &name, &listed));
            }
        }
        self.findings.extend(age(directory, &listed, now));
        let published = listed.into_iter().filter(|key| key.state != State::Gone);
        self.published = published.map(|key| key.kid).collect();
    }
}

/// Who can reach the folder and its files.
fn reach(directory: &Path) -> Vec<Finding> {
    let folder = directory.display().to_string();
    let mut findings = Vec::new();
    if let Ok(access) = Access::of(directory) {
        let (id, why) = (Check::KeysMode, format!("mode {:03o}", access.mode));
        let mending = format!("chmod 700 {folder}");
        findings.push(if access.others_write() {
            Finding::fault(id, folder.as_str(), format!("others can put keys into it ({why})"), mending)
        } else if access.others_read() {
            Finding::warning(id, folder.as_str(), format!("others can see what is in it ({why})"), mending)
        } else {
            Finding::ok(id, folder.as_str(), why)
        });
        findings.push(owner(Check::KeysOwner, &folder, access));
    }
    for path in files(directory) {
        let Ok(access) = Access::of(&path) else { continue };
        let name = path.display().to_string();
        if access.mode & 0o077 != 0 {
            let why = format!("others can read this key, so the portal doesn't start (mode {:03o})", access.mode);
            findings.push(Finding::fault(Check::KeysMode, name.as_str(), why, format!("chmod 600 {name}")));
        }
        if !access.is_own() {
            findings.push(owner(Check::KeysOwner, &name, access));
        }
    }
    findings
}

/// The root key and everything that looks like a signing key, in the order of their names.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_key = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name == ROOT) || path.extension().is_some_and(|end| end == "pem")
    };
    let mut files: Vec<_> = entries.filter(is_key).collect();
    files.sort();
    files
}

fn unusable(id: Check, directory: &Path, error: &KeyError) -> Finding {
    let mending = match error {
        KeyError::Io { .. } => "run this as the portal's user, who must be able to read it",
        _ if id == Check::KeysRoot => "put the root key's backup in its place: nobody can make it again",
        _ => "put the key's backup in its place, or remove the file: `guiyi keys rotate` makes another",
    };
    Finding::fault(id, directory.display().to_string(), error.to_string(), mending)
}

/// The algorithms that clients' tokens are signed with.
fn algorithms(draft: &Draft, name: &str, listed: &[Listed]) -> Finding {
    let id = Check::KeysAlgorithms;
    let signs = |algorithm: SigningAlgorithm| {
        listed.iter().any(|key| key.algorithm == algorithm && key.state == State::Signing)
    };
    let clients = draft.clients.iter().filter(|client| client.enabled);
    let wanted = clients.flat_map(|client| {
        let metadata = &client.metadata;
        [Some(metadata.id_token_signed_response_alg), metadata.userinfo_signed_response_alg].into_iter().flatten()
    });
    let missing: BTreeSet<&str> = wanted.filter(|algorithm| !signs(*algorithm)).map(SigningAlgorithm::as_str).collect();
    if missing.is_empty() {
        return Finding::ok(id, name, "a key signs for every algorithm that a client uses");
    }
    let missing = missing.into_iter().collect::<Vec<_>>().join(",");
    Finding::warning(
        id,
        name,
        format!("clients use {missing}, for which no key signs: the next start makes one, on each node its own"),
        format!("copy the folder of the other nodes, or `guiyi keys rotate --now --algorithm {missing}`"),
    )
}

/// Keys that have signed for long and have no successor.
fn age(directory: &Path, listed: &[Listed], now: Timestamp) -> Vec<Finding> {
    let waits =
        |algorithm| listed.iter().any(|key| key.algorithm == algorithm && matches!(key.state, State::Waiting(_)));
    let mut findings = Vec::new();
    for key in listed.iter().filter(|key| key.state == State::Signing && !waits(key.algorithm)) {
        let path = directory.join(&key.file);
        let signs_for = now.since(begun(&path, key.active_from).unwrap_or(now));
        if signs_for > LONG {
            findings.push(Finding::warning(
                Check::KeysAge,
                path.display().to_string(),
                format!("has signed for {} days, and no successor is published", signs_for.as_secs() / 86_400),
                format!("guiyi keys rotate --algorithm {}", key.algorithm.as_str()),
            ));
        }
    }
    if findings.is_empty() && !listed.is_empty() {
        let name = directory.display().to_string();
        findings.push(Finding::ok(Check::KeysAge, name, "no key has signed for much longer than a year"));
    }
    findings
}

/// Since when a key signs: by its name, or for the first one when it was made.
fn begun(path: &Path, active_from: i64) -> Option<Timestamp> {
    if active_from > 0 {
        return Some(Timestamp(active_from.saturating_mul(1000)));
    }
    let made = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
}
