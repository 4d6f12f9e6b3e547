//! Reads the configuration file, then the environment over it.

use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};

use super::{Config, Draft, Fault};

/// Why a configuration can't be used. No text holds a value that could be a secret.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file isn't there.
    #[error("there is no configuration file {0}")]
    Missing(String),
    /// The file can't be read.
    #[error("the configuration file {0} can't be read: {1}")]
    Unreadable(String, std::io::Error),
    /// Not TOML: where, and what was expected there.
    #[error("the configuration file {0} is not TOML: {1}")]
    Syntax(String, String),
    /// Read, but not fit for use: every fault at once.
    #[error("the configuration has faults:\n{}", .0.iter().map(|f| format!("  - {f}")).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// Loads a configuration for production: https issuer, no weak secrets.
///
/// # Errors
/// [`LoadError`]
pub fn load(path: &Path) -> Result<Config, LoadError> {
    let draft = read(path)?;
    let faults = draft.faults();
    match draft.complete() {
        Some(config) if faults.is_empty() => Ok(config),
        _ => Err(LoadError::Faults(faults)),
    }
}

/// Reads a configuration as far as it can be read.
///
/// # Errors
/// [`LoadError`], but for its faults: those are the draft's.
pub fn read(path: &Path) -> Result<Draft, LoadError> {
    let name = path.display().to_string();
    if !path.is_file() {
        return Err(LoadError::Missing(name));
    }
    let text = std::fs::read_to_string(path).map_err(|error| LoadError::Unreadable(name.clone(), error))?;
    let figment = Figment::new().merge(Toml::string(&text)).merge(Env::prefixed("GUIYI_").split("__"));
    match figment.extract() {
        Ok(values) => Ok(Draft::read(values)),
        Err(error) => Err(LoadError::Syntax(name, without_excerpt(&error.kind.to_string()))),
    }
}

/// The parser shows the line that it fell over, which may be a secret's.
fn without_excerpt(message: &str) -> String {
    message.lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join(": ")
}
