//! The configuration file: that it can be read, what it says, and who can read it.

use std::path::Path;

use super::files::Access;
use super::finding::{Check, Finding};
use crate::config::{About, Draft, Fault, LoadError, read};

/// The file's findings, and what could be read of it.
pub(super) fn examine(path: &Path) -> (Vec<Finding>, Option<Draft>) {
    let name = path.display().to_string();
    let draft = match read(path) {
        Ok(draft) => draft,
        Err(error) => return (vec![unreadable(&name, &error)], None),
    };
    let mut findings = vec![Finding::ok(Check::ConfigFile, name.as_str(), "read")];
    let faults = draft.faults();
    findings.extend(faults.iter().map(finding));
    for (id, about, fine) in [
        (Check::ConfigSettings, About::Setting, "every setting is known and there"),
        (Check::ConfigValues, About::Value, "the values are fit for production"),
    ] {
        if faults.iter().all(|fault| fault.about != about) {
            findings.push(Finding::ok(id, name.as_str(), fine));
        }
    }
    if let Ok(access) = Access::of(path) {
        findings.push(mode(&name, access));
        findings.push(owner(Check::ConfigOwner, &name, access));
    }
    (findings, Some(draft))
}

fn unreadable(name: &str, error: &LoadError) -> Finding {
    let mending = match error {
        LoadError::Missing(_) => "name the file with --config; docs/operations.md has an example",
        LoadError::Unreadable(..) => "run this as the portal's user, who must be able to read it",
        LoadError::Syntax(..) | LoadError::Faults(_) => "mend the line; docs/operations.md has an example",
    };
    Finding::fault(Check::ConfigFile, name, error.to_string(), mending)
}

fn finding(fault: &Fault) -> Finding {
    let (id, mending) = match fault.about {
        About::Setting => (Check::ConfigSettings, "correct the setting; docs/operations.md shows all of them"),
        About::Value => (Check::ConfigValues, "correct the value as said"),
        About::Secret => {
            (Check::SecretsWeak, "make a secret with `openssl rand -hex 24`, and give it to the other side")
        }
    };
    Finding::fault(id, fault.setting.as_str(), fault.message.as_str(), mending)
}

fn mode(name: &str, access: Access) -> Finding {
    let id = Check::ConfigMode;
    let (mode, mending) = (access.mode, format!("chmod 600 {name}"));
    if access.others_write() {
        Finding::fault(id, name, format!("others can change it (mode {mode:03o})"), mending)
    } else if access.all_read() {
        Finding::fault(id, name, format!("everybody on this machine can read its secrets (mode {mode:03o})"), mending)
    } else if access.others_read() {
        Finding::warning(id, name, format!("its group can read its secrets (mode {mode:03o})"), mending)
    } else {
        Finding::ok(id, name, format!("mode {mode:03o}"))
    }
}

/// Whose a file is.
pub(super) fn owner(id: Check, name: &str, access: Access) -> Finding {
    if access.is_own() {
        Finding::ok(id, name, format!("belongs to user {}", access.owner))
    } else {
        let why = format!("belongs to user {}, who isn't the one that runs this", access.owner);
        Finding::warning(id, name, why, "run this as the portal's user, or `chown` it to that user")
    }
}
