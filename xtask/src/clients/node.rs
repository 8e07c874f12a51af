use std::path::Path;

use xshell::{Shell, cmd};

use super::{Installer, check_version};
use crate::packages;

pub(super) const FILES: &[&str] = &["package.json", "package-lock.json"];

/// The oldest for which the packages are made.
const OLDEST: (u32, u32) = (18, 17);

/// `npm ci`: what the lock file names, and nothing else.
pub(super) struct Node;

impl Installer for Node {
    fn files(&self) -> &[&str] {
        FILES
    }

    fn version(&self, sh: &Shell) -> anyhow::Result<String> {
        // One by one: some packages of Node.js bring npm along, and refuse to lie beside another.
        for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
            if !packages::is_there(sh, program) {
                packages::install(sh, &[package])?;
            }
        }
        let version = cmd!(sh, "node --version").quiet().read()?;
        check_version("Node.js", &version, OLDEST)?;
        Ok(version)
    }

    fn install(&self, sh: &Shell, folder: &Path) -> anyhow::Result<()> {
        let _folder = sh.push_dir(folder);
        // No package has to run anything to be installed.
        cmd!(
            sh,
            "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"
        )
        .quiet()
        .ignore_stdout()
        .run()?;
        Ok(())
    }
}
