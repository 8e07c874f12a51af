//! What this process keeps from others on its machine.

use std::io;

/// Sees to it that no memory of this process is written to a disk where it crashes: keys and tokens
/// are in it. On Linux nobody else of the same user can look into it any more, either, unless they
/// have the rights of an administrator.
pub(crate) fn forbid_core_dumps() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, none)?;
    }
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Whether a crash of this process may leave a core dump; nothing where the system does not tell.
pub(crate) fn may_dump_core() -> Option<bool> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, dumpable_behavior};

        let dumpable = dumpable_behavior().ok()?;
        Some(dumpable != DumpableBehavior::NotDumpable)
    }
    #[cfg(not(target_os = "linux"))]
    None
}
