//! The program under test.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// Where the program is: what `TIELINE_BIN` names, else what cargo builds, once.
pub(crate) fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| given("TIELINE_BIN").or_else(build));
    program.as_ref().expect("the program builds")
}

/// Where the program is that ends at steps which `FAILPOINTS` names.
pub(crate) fn breakable() -> PathBuf {
    given("TIELINE_BREAKABLE_BIN")
        .expect("this test needs the program with failpoints: run `cargo xtask test`")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests are handed the program by `cargo xtask test`"
)]
fn given(variable: &str) -> Option<PathBuf> {
    let given = PathBuf::from(std::env::var_os(variable)?);
    assert!(
        given.is_absolute() && given.is_file(),
        "{variable} must be the absolute path of the program, which {} is not",
        given.display()
    );
    Some(given)
}

fn build() -> Option<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--package", "tieline", "--message-format"])
        .arg("json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8_lossy(&built.stdout);
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter(|_| built.status.success())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
}
