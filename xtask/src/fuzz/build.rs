//! Building the targets so that libFuzzer sees which ways they go.

use std::path::PathBuf;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::packages;

/// What cargo-fuzz passes without a sanitizer: for each edge a counter, and what is compared. The
/// switch is our own: dependencies become others under the usual `fuzzing`.
const FLAGS: &str = "--cfg libfuzzer -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the program, beside what others build, and tells where it lies.
pub(super) fn build(sh: &Shell) -> anyhow::Result<PathBuf> {
    if !packages::is_there(sh, "c++") && sh.var("CXX").is_err() {
        packages::install(sh, &["g++"]).context("libFuzzer takes a C++ compiler")?;
    }
    let host = cmd!(sh, "rustc --print host-tuple").quiet().read()?;
    let folder = sh.current_dir().join("target/fuzz");
    // Build scripts and macros are not the target's, so the flags are not for them.
    cmd!(
        sh,
        "cargo build --package tieline-fuzz --profile fuzz --target {host} --target-dir {folder}"
    )
    .env("RUSTFLAGS", FLAGS)
    .run()
    .context("the targets do not build")?;
    Ok(folder.join(host).join("fuzz").join("tieline-fuzz"))
}
