use clap::Args;
use xshell::Shell;

use crate::{bench::Bench, fuzz::Fuzz, lint::Lint, sqlx::Sqlx, steps::Steps, test::Test};

/// Lint, the queries, test, half a minute of fuzzing for each target, and the benchmark's short run of
/// what the tests have built, whose figures say nothing: what has to pass before a change goes in.
///
/// `.ci/run` runs exactly this. Every step runs even where one before it failed, so that one run tells
/// all there is to mend.
#[derive(Args)]
pub(crate) struct Ci {}

impl Ci {
    #[expect(clippy::unused_self, reason = "every task runs the same way")]
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let mut steps = Steps::new("ci");
        steps.run("lint", "cargo xtask lint", || Lint::default().run(sh));
        steps.run("queries", "cargo xtask sqlx --check", || {
            Sqlx { check: true }.run(sh)
        });
        steps.run("test", "cargo xtask test", || Test::default().run(sh));
        steps.run("fuzz", "cargo xtask fuzz --seconds 30", || {
            Fuzz::trial().run(sh)
        });
        steps.run("bench", "cargo xtask bench --quick --build dev", || {
            Bench::trial().run(sh)
        });
        steps.finish()
    }
}
