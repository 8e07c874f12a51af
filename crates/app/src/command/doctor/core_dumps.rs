//! Whether a crash would leave secrets behind.

use super::Finding;
use crate::process::may_dump_core;

const WHAT: &str = "core dumps";

/// Looks at this process, which is made as a server is. Nothing where the system does not tell.
pub(super) fn check() -> Option<Finding> {
    if !may_dump_core()? {
        return Some(Finding::good(WHAT, "A crash leaves none."));
    }
    let told = "A crash may leave one, with keys and tokens in it.";
    let mend = "Take core_dumps out of the settings.";
    Some(Finding::warning(WHAT, told, mend))
}
