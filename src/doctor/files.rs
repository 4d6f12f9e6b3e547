//! Files and who can reach them.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::FsWord;

use super::finding::{Check, Finding};

/// What others than the owner may do with a file or a folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// The permission bits.
    pub(super) mode: u32,
    /// The owner's number.
    pub(super) owner: u32,
}

impl Access {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self { mode: metadata.permissions().mode() & 0o7777, owner: metadata.uid() })
    }

    /// Everybody on the machine can read it.
    pub(super) fn all_read(self) -> bool {
        self.mode & 0o004 != 0
    }

    /// Somebody besides the owner can read it.
    pub(super) fn others_read(self) -> bool {
        self.mode & 0o044 != 0
    }

    /// Somebody besides the owner can change it.
    pub(super) fn others_write(self) -> bool {
        self.mode & 0o022 != 0
    }

    /// It belongs to whoever runs this, or to root; root may look at anybody's.
    pub(super) fn is_own(self) -> bool {
        let me = rustix::process::geteuid();
        me.is_root() || self.owner == 0 || self.owner == me.as_raw()
    }
}

/// Whether whoever runs this may write to a file or a folder.
pub(super) fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// What a path stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileSystem {
    /// A disk, as far as one can tell.
    Disk,
    /// Memory: gone after a restart.
    Memory,
    /// Another machine's: locks and shared memory don't work as SQLite needs them.
    Network,
}

pub(super) fn file_system(path: &Path) -> io::Result<FileSystem> {
    // <linux/magic.h>
    const MEMORY: [FsWord; 2] = [0x0102_1994, 0x8584_58f6];
    const NETWORK: [FsWord; 5] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997];
    let kind = rustix::fs::statfs(path)?.f_type & 0xffff_ffff;
    Ok(match kind {
        kind if MEMORY.contains(&kind) => FileSystem::Memory,
        kind if NETWORK.contains(&kind) => FileSystem::Network,
        _ => FileSystem::Disk,
    })
}

/// How much room is left at a path, in MiB.
pub(super) fn room(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize) / (1024 * 1024))
}

/// Room for less than a day of a busy portal is a fault, for less than a week or two a warning.
pub(super) fn space(what: &str, mib: u64) -> Finding {
    let (id, why) = (Check::DatabaseSpace, format!("{mib} MiB are free"));
    let mending = "make room, or move the database to a larger file system";
    match mib {
        0..200 => Finding::fault(id, what, why, mending),
        200..2048 => Finding::warning(id, what, why, mending),
        _ => Finding::ok(id, what, why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_next_to_none_a_fault() {
        let severity = |mib| space("guiyi.db", mib).severity;
        assert_eq!(
            [0, 199, 200, 2047, 2048].map(severity),
            [Severity::Fault, Severity::Fault, Severity::Warning, Severity::Warning, Severity::Ok]
        );
    }
}
