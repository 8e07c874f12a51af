use clap::Args;
use xshell::Shell;

use crate::generated::{Generated, Mode};

pub(crate) const OPENAPI: Generated = Generated {
    file: "openapi.yaml",
    printed_by: "openapi",
    written_by: "cargo xtask openapi",
};

/// Writes openapi.yaml, the description of the REST API.
///
/// The routes and bodies in `crates/adapter-http` are the source; the program prints the
/// document (`tieline openapi`), this command keeps it at the root of the workspace. Run it
/// after a change to a route or a body, and commit the file together with the change.
#[derive(Args)]
pub(crate) struct Openapi {
    /// Write nothing; fail, and show the first differing lines, when the file is out of date
    #[arg(long)]
    check: bool,
}

impl Openapi {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        OPENAPI.run(sh, Mode::from_check(self.check))
    }
}
