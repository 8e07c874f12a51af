//! How many files the operating system lets us have open: connections are some of them.

/// How many connections there are where nobody says otherwise and the operating system has no
/// objection.
const USUAL: u32 = 4096;

/// How many connections leave enough for the database, the providers and everything else.
pub(super) fn room() -> u32 {
    limit().map_or(USUAL, |files| USUAL.min(files / 4 * 3))
}

#[cfg(unix)]
fn limit() -> Option<u32> {
    use rustix::process::{Resource, getrlimit};
    let files = getrlimit(Resource::Nofile).current;
    files.and_then(|files| u32::try_from(files).ok())
}

#[cfg(not(unix))]
fn limit() -> Option<u32> {
    None
}
