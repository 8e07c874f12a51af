use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

/// Every test: units, contract suites, and end to end against the real program.
///
/// Builds the program first and hands its path to the end-to-end tests in the variable
/// `TIELINE_BIN`; they start it as a process and talk HTTP to it. Nothing else is needed: no
/// container, no database server, no network.
#[derive(Args, Default)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// Only the unit tests of all crates and the tests of the domain: nothing is started, and the
    /// program is not built
    #[arg(long)]
    fast: bool,

    /// Handed to `cargo test`; a package named here replaces the whole workspace
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    rest: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test -- --package tieline-tests --test connect   one file of end-to-end tests
  cargo xtask test -- expired_state                            tests with this in their name
  cargo xtask test --fast -- -- --nocapture                    with what the tests print";

impl Test {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        if self.fast {
            self.run_fast(sh)
        } else {
            self.run_all(sh)
        }
    }

    fn run_all(&self, sh: &Shell) -> anyhow::Result<()> {
        let program = build_program(sh).context(
            "the program does not build, so no test was run: build only that with \
             `cargo build --package tieline`",
        )?;
        let (scope, rest) = (self.scope(&["--workspace"]), &self.rest);
        let tests = cmd!(sh, "cargo test --no-fail-fast {scope...} {rest...}");
        run(&tests.env("TIELINE_BIN", program), "the tests")
    }

    fn run_fast(&self, sh: &Shell) -> anyhow::Result<()> {
        let (scope, rest) = (
            self.scope(&["--workspace", "--exclude", "tieline-tests"]),
            &self.rest,
        );
        let units = cmd!(
            sh,
            "cargo test --no-fail-fast {scope...} --lib --bins {rest...}"
        );
        let units = run(&units, "the unit tests");
        if self.names_a_package() || !sh.path_exists("crates/domain/tests") {
            return units;
        }
        let domain = cmd!(
            sh,
            "cargo test --no-fail-fast --package tieline-domain --test * {rest...}"
        );
        units.and(run(&domain, "the tests of the domain"))
    }

    /// `whole`, unless the caller chose a package.
    fn scope<'a>(&self, whole: &'a [&'a str]) -> &'a [&'a str] {
        if self.names_a_package() { &[] } else { whole }
    }

    fn names_a_package(&self) -> bool {
        let of_cargo = self.rest.iter().take_while(|argument| *argument != "--");
        of_cargo.into_iter().any(|argument| {
            argument.starts_with("--package")
                || argument.starts_with("-p")
                || argument == "--workspace"
        })
    }
}

fn run(tests: &Cmd<'_>, name: &str) -> anyhow::Result<()> {
    tests.run().map_err(|_| {
        anyhow!(
            "{name} failed: run only the failed ones again with `cargo xtask test -- <words>`, the \
             words being those in backquotes that cargo printed above, or the name of one test"
        )
    })
}

/// Builds the program and tells where it lies.
fn build_program(sh: &Shell) -> anyhow::Result<PathBuf> {
    let messages = cmd!(
        sh,
        "cargo build --package tieline --message-format json-render-diagnostics"
    )
    .read()?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .context("cargo named no program")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(rest: &[&str]) -> Test {
        Test {
            fast: false,
            rest: rest.iter().copied().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn without_a_package_the_whole_workspace_is_tested() {
        assert_eq!(
            test(&["expired_state"]).scope(&["--workspace"]),
            ["--workspace"]
        );
    }

    #[test]
    fn a_chosen_package_replaces_the_workspace() {
        for package in [
            &["--package", "xtask"][..],
            &["--package=xtask"],
            &["-pxtask"],
        ] {
            assert!(
                test(package).scope(&["--workspace"]).is_empty(),
                "{package:?}"
            );
        }
    }

    #[test]
    fn what_goes_to_the_test_program_chooses_no_package() {
        assert_eq!(test(&["--", "-p"]).scope(&["--workspace"]), ["--workspace"]);
    }
}
