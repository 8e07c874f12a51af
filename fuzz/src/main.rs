//! What `cargo xtask fuzz` builds: libFuzzer around one target, which `TIELINE_FUZZ_TARGET` names.
//!
//! The switch is not the usual `cfg(fuzzing)`: dependencies know that one, and become others under
//! it. What is fuzzed is what ships.
#![cfg_attr(libfuzzer, no_main)]

#[cfg(libfuzzer)]
mod libfuzzer {
    use std::sync::LazyLock;

    use tieline_fuzz::{TARGETS, Target};

    /// libFuzzer has the command line to itself.
    #[expect(
        clippy::disallowed_methods,
        reason = "not a setting: the task that starts this says which target it is"
    )]
    static TARGET: LazyLock<&Target> = LazyLock::new(|| {
        let name = std::env::var("TIELINE_FUZZ_TARGET").unwrap_or_default();
        let target = TARGETS.iter().find(|target| target.name == name);
        target.expect("TIELINE_FUZZ_TARGET names a target")
    });

    libfuzzer_sys::fuzz_target!(|input: &[u8]| (TARGET.run)(input));
}

#[cfg(not(libfuzzer))]
#[expect(clippy::print_stderr, reason = "it is all that there is to say")]
fn main() -> std::process::ExitCode {
    eprintln!("built without libFuzzer: run `cargo xtask fuzz`");
    std::process::ExitCode::FAILURE
}
