use clap::Args;
use xshell::{Shell, cmd};

use crate::{
    config::CONFIGURATION, deps, errors::ERRORS, generated::Mode, openapi::OPENAPI, steps::Steps,
    tidy,
};

/// Every check short of a test: format, lints, documentation, dependencies, generated files.
///
/// Runs all of them and names at the end those that failed, each with the command that runs only
/// that one again: rustfmt; the allowed edges between crates (`deps`); manifests, names and sizes
/// (`tidy`); clippy over the workspace, and over the program as it is built for production
/// (without the sandbox); rustdoc; openapi.yaml, docs/configuration.md and docs/errors.md against the program;
/// licences, bans, sources and advisories (cargo-deny, where it is installed). A warning counts
/// as a failure.
#[derive(Args, Default)]
pub(crate) struct Lint {
    /// Mend what mends itself (clippy's suggestions, then the format) and check nothing
    #[arg(long)]
    fix: bool,
}

impl Lint {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        if self.fix {
            return mend(sh);
        }
        let mut steps = Steps::new("lint");
        steps.run("format", "cargo xtask lint --fix", || {
            Ok(cmd!(sh, "cargo fmt --all --check").run()?)
        });
        steps.run("dependency rule", "cargo xtask deps", || deps::check(sh));
        steps.run("tidy", "cargo xtask tidy", || tidy::check(sh));
        compile(sh, &mut steps);
        compare_generated(sh, &mut steps);
        deny(sh, &mut steps);
        steps.finish()
    }
}

fn mend(sh: &Shell) -> anyhow::Result<()> {
    cmd!(
        sh,
        "cargo clippy --fix --workspace --all-targets --allow-dirty --allow-staged"
    )
    .run()?;
    cmd!(sh, "cargo fmt --all").run()?;
    Ok(())
}

fn compile(sh: &Shell, steps: &mut Steps) {
    steps.run(
        "clippy",
        "cargo clippy --workspace --all-targets -- -D warnings",
        || Ok(cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings").run()?),
    );
    let production = "cargo clippy --package tieline --no-default-features -- -D warnings";
    steps.run("clippy of the production build", production, || {
        Ok(cmd!(
            sh,
            "cargo clippy --package tieline --no-default-features -- -D warnings"
        )
        .run()?)
    });
    let again =
        "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items";
    steps.run("rustdoc", again, || {
        Ok(cmd!(
            sh,
            "cargo doc --workspace --no-deps --document-private-items"
        )
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?)
    });
}

fn compare_generated(sh: &Shell, steps: &mut Steps) {
    for generated in [OPENAPI, CONFIGURATION, ERRORS] {
        let again = format!("{} --check", generated.written_by);
        steps.run(generated.file, &again, || generated.run(sh, Mode::Check));
    }
}

/// What cargo-deny says, and plainly that it said nothing where it could not.
fn deny(sh: &Shell, steps: &mut Steps) {
    if !succeeds(cmd!(sh, "cargo deny --version")) {
        let install = "cargo-deny is missing: `cargo install cargo-deny --locked`";
        steps.not_run("licences, bans, sources, advisories", install);
        return;
    }
    steps.run(
        "licences, bans, sources",
        "cargo deny check bans licenses sources",
        || {
            Ok(cmd!(
                sh,
                "cargo deny --log-level error check bans licenses sources"
            )
            .run()?)
        },
    );
    if !succeeds(cmd!(sh, "cargo deny fetch db")) {
        steps.not_run("advisories", "their database cannot be fetched from here");
        return;
    }
    steps.run("advisories", "cargo deny check advisories", || {
        Ok(cmd!(
            sh,
            "cargo deny --log-level error check --disable-fetch advisories"
        )
        .run()?)
    });
}

fn succeeds(command: xshell::Cmd<'_>) -> bool {
    command
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
}
