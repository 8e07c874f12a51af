//! Who may read a file, and how full its disk is.

use std::path::Path;

/// Who can read a file besides its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Nobody, or only the group as which this process reads another's file: so a container's
    /// secret is mounted.
    Few,
    /// Its group.
    Group,
    /// Everybody on the machine.
    All,
}

/// Who can read the file; nothing where the system does not tell.
#[cfg(unix)]
pub(super) fn readers(path: &Path) -> Option<Readers> {
    use std::os::unix::fs::MetadataExt;

    let file = path.metadata().ok()?;
    let is_ours = file.uid() == rustix::process::geteuid().as_raw();
    Some(judge(file.mode(), is_ours))
}

#[cfg(unix)]
fn judge(mode: u32, is_ours: bool) -> Readers {
    match (mode & 0o007 != 0, mode & 0o070 != 0) {
        (true, _) => Readers::All,
        (false, true) if is_ours || mode & 0o020 != 0 => Readers::Group,
        (false, _) => Readers::Few,
    }
}

#[cfg(not(unix))]
pub(super) fn readers(_: &Path) -> Option<Readers> {
    None
}

/// How many bytes may still be written where the path is; nothing where the system does not tell.
#[cfg(unix)]
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// A size in words: whole mebibytes.
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn who_can_read_a_file_is_told_by_its_mode_and_owner() {
        for (mode, is_ours, expected) in [
            (0o600, true, Readers::Few),
            (0o400, false, Readers::Few),
            (0o440, false, Readers::Few),
            (0o440, true, Readers::Group),
            (0o660, false, Readers::Group),
            (0o604, true, Readers::All),
            (0o644, true, Readers::All),
            (0o602, true, Readers::All),
        ] {
            assert_eq!(judge(mode, is_ours), expected, "{mode:o} {is_ours}");
        }
    }
}
