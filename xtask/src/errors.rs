use clap::Args;
use xshell::Shell;

use crate::generated::{Generated, Mode};

pub(crate) const ERRORS: Generated = Generated {
    file: "docs/errors.md",
    printed_by: "error-reference",
    written_by: "cargo xtask errors",
};

/// Writes docs/errors.md, the catalogue of all error codes.
///
/// The catalogue in `crates/domain/src/reason.rs` is the source; the program prints the page
/// (`tieline error-reference`), this command keeps it under docs/. Run it after a change to a
/// reason, and commit the file together with the change.
#[derive(Args)]
pub(crate) struct Errors {
    /// Write nothing; fail, and show the first differing lines, when the file is out of date
    #[arg(long)]
    check: bool,
}

impl Errors {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        ERRORS.run(sh, Mode::from_check(self.check))
    }
}
