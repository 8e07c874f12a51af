//! Named steps at which a test ends the process, or holds it.
//!
//! With the feature `failpoints` a step does what the variable `FAILPOINTS` says, in the words of
//! the crate `fail`: `refresh_answered=return` ends the process at once, as a power cut would,
//! `refresh_answered=panic` only the task. Without the feature a step is nothing.

/// A step of which the name is that of what was just done.
#[cfg(feature = "failpoints")]
pub(crate) fn reach(step: &'static str) {
    fail::fail_point!(step, |_| std::process::abort());
}

/// A step of which the name is that of what was just done.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn reach(_step: &'static str) {}
