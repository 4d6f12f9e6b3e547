//! Which signing key is good when: a file's name says it, so that every node on one folder decides alike, and that a
//! rotation is one file that is there or isn't. `es256.pem` signs from the beginning, `es256-1795485600.pem` from that
//! second on, until a later one does; each is published from the moment that it is there until [`RETENTION`] after its
//! successor has taken over.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{KeyError, read, read_or_make};
use super::key::Key;
use crate::clock::Timestamp;
use crate::protocol::signing::SigningAlgorithm;

/// How long a new key is published before it signs, unless the operator says otherwise: much longer than anybody may keep
/// the document.
pub const PUBLICATION: Duration = Duration::from_secs(60 * 60);
/// How long an old key stays published: longer than any token or cache lasts, and long enough for ID tokens that come back
/// as hints.
pub const RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long after its time an unfinished file is one that nobody writes any more.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A key's file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) algorithm: SigningAlgorithm,
    /// In seconds; 0: from the beginning.
    pub(super) active_from: i64,
}

impl Slot {
    pub(super) fn name(&self) -> String {
        let stem = self.algorithm.as_str().to_ascii_lowercase();
        if self.active_from == 0 { format!("{stem}.pem") } else { format!("{stem}-{}.pem", self.active_from) }
    }

    /// `None` for every other file: the root key, one that is being written, an operator's copy.
    fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".pem")?;
        let (algorithm, active_from) = stem.split_once('-').unwrap_or((stem, "0"));
        let slot = Self { algorithm: SigningAlgorithm::parse(algorithm)?, active_from: active_from.parse().ok()? };
        (slot.name() == name).then_some(slot)
    }

    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        self.active_from <= now.seconds()
    }

    /// Reads the key, which is made if there is none.
    pub(super) fn load(&self, directory: &Path) -> Result<Key, KeyError> {
        let name = self.name();
        let text = read_or_make(directory, &name, || Key::make(self.algorithm))?;
        Key::read(self.algorithm, &text).ok_or_else(|| KeyError::Format(directory.join(name)))
    }

    /// Reads the key; nothing is made.
    fn look(&self, directory: &Path) -> Result<Key, KeyError> {
        let path = directory.join(self.name());
        Key::read(self.algorithm, &read(path.clone())?).ok_or(KeyError::Format(path))
    }
}

/// Every key of the folder, by algorithm and time.
fn all(directory: &Path) -> Result<Vec<Slot>, KeyError> {
    let io = |source| KeyError::Io { path: directory.to_owned(), source };
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut slots = Vec::new();
    for entry in fs::read_dir(directory).map_err(io)? {
        slots.extend(entry.map_err(io)?.file_name().to_str().and_then(Slot::parse));
    }
    slots.sort();
    Ok(slots)
}

/// What rotations that were broken off have left: a key that was being written, or a second name of one that is in use. One
/// whose time came an hour ago isn't being written any more.
fn leftovers(directory: &Path, now: Timestamp) -> Result<Vec<PathBuf>, KeyError> {
    let io = |source| KeyError::Io { path: directory.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let slot = name.to_str().and_then(|name| Slot::parse(name.strip_prefix('.')?.rsplit_once('.')?.0));
        // The first keys have no time: a node may be making them at this moment.
        if slot.is_some_and(|slot| slot.active_from > 0 && slot.active_from < now.minus(ABANDONED).seconds()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Until when a key is published: without a successor, always.
fn until(slots: &[Slot], slot: &Slot) -> Option<i64> {
    let later = |other: &&Slot| other.algorithm == slot.algorithm && other.active_from > slot.active_from;
    let retention = i64::try_from(RETENTION.as_secs()).unwrap_or(i64::MAX);
    slots.iter().find(later).map(|successor| successor.active_from.saturating_add(retention))
}

/// The keys that are published now. An algorithm for which none may sign gets one that does.
pub(super) fn published(directory: &Path, now: Timestamp) -> Result<Vec<Slot>, KeyError> {
    let mut slots = all(directory)?;
    for algorithm in SigningAlgorithm::ALL {
        if !slots.iter().any(|slot| slot.algorithm == algorithm && slot.is_active(now)) {
            slots.push(Slot { algorithm, active_from: 0 });
        }
    }
    slots.sort();
    let is_published = |slot: &&Slot| until(&slots, slot).is_none_or(|until| now.seconds() < until);
    Ok(slots.iter().filter(is_published).cloned().collect())
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Published; it signs from this second on.
    Waiting(i64),
    /// Signing.
    Signing,
    /// Published until this second.
    Leaving(i64),
    /// Published no more; the next rotation removes it.
    Gone,
}

/// A key as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its file.
    pub file: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// Its id in the published document.
    pub kid: String,
    /// The second from which it signs; 0: from the beginning.
    pub active_from: i64,
    /// Where it is in its life.
    pub state: State,
}

/// Every key of the folder.
///
/// # Errors
/// [`KeyError`]
pub fn list(directory: &Path, now: Timestamp) -> Result<Vec<Listed>, KeyError> {
    list_each(directory, now)?.into_iter().collect()
}

/// Every key of the folder, or why it can't be used.
///
/// # Errors
/// [`KeyError`] if the folder itself can't be read.
pub fn list_each(directory: &Path, now: Timestamp) -> Result<Vec<Result<Listed, KeyError>>, KeyError> {
    let slots = all(directory)?;
    let listed = |slot: &Slot| {
        let superseded =
            slots.iter().any(|s| s.algorithm == slot.algorithm && s.active_from > slot.active_from && s.is_active(now));
        let state = match (slot.is_active(now), superseded, until(&slots, slot)) {
            (false, ..) => State::Waiting(slot.active_from),
            (true, true, Some(until)) if until <= now.seconds() => State::Gone,
            (true, true, Some(until)) => State::Leaving(until),
            (true, ..) => State::Signing,
        };
        let kid = slot.look(directory)?.kid;
        Ok(Listed { file: slot.name(), algorithm: slot.algorithm, kid, active_from: slot.active_from, state })
    };
    Ok(slots.iter().map(listed).collect())
}

/// Makes a successor for each of these algorithms, which signs after `publication`; then removes keys that are published
/// no more, and what broken off rotations have left. A successor that waits already, and will sign by then, stays: an
/// interrupted rotation is simply repeated.
///
/// # Errors
/// [`KeyError`]
pub fn rotate(
    directory: &Path,
    algorithms: &[SigningAlgorithm],
    publication: Duration,
    now: Timestamp,
) -> Result<(), KeyError> {
    let active_from = now.plus(publication).seconds();
    let waits = |slot: &Slot| !slot.is_active(now) && slot.active_from <= active_from;
    for algorithm in algorithms.iter().copied() {
        if !all(directory)?.iter().any(|slot| slot.algorithm == algorithm && waits(slot)) {
            Slot { algorithm, active_from }.load(directory)?;
        }
    }
    let slots = all(directory)?;
    let gone = slots.iter().filter(|slot| until(&slots, slot).is_some_and(|until| until <= now.seconds()));
    let mut paths: Vec<PathBuf> = gone.map(|slot| directory.join(slot.name())).collect();
    paths.extend(leftovers(directory, now)?);
    for path in paths {
        match fs::remove_file(&path) {
            // Another rotation was faster.
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
            done => done.map_err(|source| KeyError::Io { path, source })?,
        }
    }
    Ok(())
}
