//! Reads the configuration file, then the environment over it.

use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};

use super::{Config, Fault, check};

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file isn't there.
    #[error("there is no configuration file {0}")]
    Missing(String),
    /// Not TOML, an unknown setting, a wrong type: the message names it.
    #[error("{0}")]
    Format(Box<figment::Error>),
    /// Read, but not fit for use: every fault at once.
    #[error("the configuration has faults:\n{}", .0.iter().map(|f| format!("  - {f}")).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// Loads a configuration for production: https issuer, no weak secrets.
///
/// # Errors
/// [`LoadError`]
pub fn load(path: &Path) -> Result<Config, LoadError> {
    if !path.is_file() {
        return Err(LoadError::Missing(path.display().to_string()));
    }
    let config: Config = Figment::new()
        .merge(Toml::file_exact(path))
        .merge(Env::prefixed("GUIYI_").split("__"))
        .extract()
        .map_err(|e| LoadError::Format(Box::new(e)))?;
    let faults = check(&config);
    if faults.is_empty() { Ok(config) } else { Err(LoadError::Faults(faults)) }
}
