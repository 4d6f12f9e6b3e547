//! The keys folder: what is missing is made at the first start, readable only by its owner, and never overwritten.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::clock::Random;
use crate::crypto::RootKey;

/// Why the keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("{0}: others can read this key; make it 0600 (`chmod 600`)")]
    Permissions(PathBuf),
    /// It isn't a key.
    #[error("{0}: not a key of the expected kind")]
    Format(PathBuf),
    /// The cryptographic library failed.
    #[error("a key could not be made")]
    Generation,
}

/// The root key's file.
pub const ROOT: &str = "root.key";

/// The root key of the folder, made if it isn't there.
///
/// # Errors
/// [`KeyError`]
pub fn load_root(directory: &Path, random: &Random) -> Result<RootKey, KeyError> {
    let text = read_or_make(directory, ROOT, || Ok(RootKey::generate(random).encode()))?;
    RootKey::decode(&text).ok_or_else(|| KeyError::Format(directory.join(ROOT)))
}

/// The root key of the folder, if there is one; nothing is made.
///
/// # Errors
/// [`KeyError`]
pub fn look_for_root(directory: &Path) -> Result<Option<RootKey>, KeyError> {
    if !directory.join(ROOT).exists() {
        return Ok(None);
    }
    let text = read(directory.join(ROOT))?;
    RootKey::decode(&text).map(Some).ok_or_else(|| KeyError::Format(directory.join(ROOT)))
}

/// The text of a key file; `make` is called, and its text stored, if there is none.
///
/// Two nodes that start at the same moment on one folder end up with the same key: the file appears whole, and only
/// if nothing is there.
pub(super) fn read_or_make(
    directory: &Path,
    name: &str,
    make: impl FnOnce() -> Result<String, KeyError>,
) -> Result<String, KeyError> {
    let path = directory.join(name);
    let io = |source| KeyError::Io { path: path.clone(), source };
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io)?;
        let temporary = directory.join(format!(".{name}.{}", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).map_err(io)?;
        file.write_all(make()?.as_bytes()).map_err(io)?;
        file.sync_all().map_err(io)?;
        let linked = fs::hard_link(&temporary, &path);
        fs::remove_file(&temporary).map_err(io)?;
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(io(error)),
            _ => {}
        }
        // The name itself must survive a power failure as well.
        fs::File::open(directory).and_then(|d| d.sync_all()).map_err(io)?;
    }
    read(path)
}

/// The text of a key file that nobody else can read.
pub(super) fn read(path: PathBuf) -> Result<String, KeyError> {
    let mode = match fs::metadata(&path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(source) => return Err(KeyError::Io { path, source }),
    };
    if mode & 0o077 != 0 {
        return Err(KeyError::Permissions(path));
    }
    fs::read_to_string(&path).map_err(|source| KeyError::Io { path, source })
}
