use clap::Args;
use xshell::Shell;

use crate::generated::{Generated, Mode};

pub(crate) const CONFIGURATION: Generated = Generated {
    file: "docs/configuration.md",
    printed_by: "configuration-reference",
    written_by: "cargo xtask config",
};

/// Writes docs/configuration.md, the reference of all settings.
///
/// The configuration types in `crates/app` are the source; the program prints the page
/// (`tieline configuration-reference`), this command keeps it under docs/. Run it after a change
/// to a setting, and commit the file together with the change.
#[derive(Args)]
pub(crate) struct Config {
    /// Write nothing; fail, and show the first differing lines, when the file is out of date
    #[arg(long)]
    check: bool,
}

impl Config {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        CONFIGURATION.run(sh, Mode::from_check(self.check))
    }
}
