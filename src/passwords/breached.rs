//! The list of breached passwords that an operator may keep on disk: that of Pwned Passwords, ordered by hash, some tens of
//! gigabytes. It is asked where it lies; nothing of it is in memory, and no password leaves the machine.

use std::fs::File;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::lines::{Text, hold};

/// Lines of a SHA-1 in upper-case hexadecimal digits, `:` and a count, sorted.
#[derive(Debug)]
pub(super) struct Breached {
    file: File,
    size: u64,
}

impl Breached {
    /// Opens a list. It stays the one that was opened: another is taken at the next start.
    ///
    /// # Errors
    /// If it can't be read, or doesn't begin as such a list does.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut first = [0; 41];
        let read = Text::read_at(&file, 0, &mut first)?;
        let hex = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
        match first.split_last() {
            Some((b':', digits)) if read == first.len() && digits.iter().all(hex) => Ok(Self { file, size }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "no lines of SHA-1 in upper case, \":\" and a count")),
        }
    }

    /// Whether a password stands on it.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn holds(&self, password: &str) -> io::Result<bool> {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        hold(&self.file, self.size, hex.as_bytes())
    }
}
