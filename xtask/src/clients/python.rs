use std::path::Path;

use xshell::{Shell, cmd};

use super::{Installer, check_version};
use crate::packages;

pub(super) const FILES: &[&str] = &["requirements.txt"];

/// The oldest for which the packages are made.
const OLDEST: (u32, u32) = (3, 11);

/// A virtual environment with what the requirements name, and nothing else.
pub(super) struct Python;

impl Installer for Python {
    fn files(&self) -> &[&str] {
        FILES
    }

    fn version(&self, sh: &Shell) -> anyhow::Result<String> {
        let has_venv = cmd!(sh, "python3 -c 'import ensurepip, venv'")
            .quiet()
            .ignore_stderr();
        if !packages::is_there(sh, "python3") || has_venv.run().is_err() {
            packages::install(sh, &["python3", "python3-venv"])?;
        }
        let tell = "import platform; print(platform.python_version())";
        let version = cmd!(sh, "python3 -c {tell}").quiet().read()?;
        check_version("Python", &version, OLDEST)?;
        Ok(version)
    }

    fn install(&self, sh: &Shell, folder: &Path) -> anyhow::Result<()> {
        let _folder = sh.push_dir(folder);
        cmd!(sh, "python3 -m venv venv").quiet().run()?;
        let pip = "--quiet --no-input --disable-pip-version-check".split(' ');
        // The requirements name everything, which the check proves.
        cmd!(
            sh,
            "venv/bin/python -m pip install {pip...} --no-deps --requirement requirements.txt"
        )
        .quiet()
        .run()?;
        cmd!(sh, "venv/bin/python -m pip check")
            .quiet()
            .ignore_stdout()
            .run()?;
        Ok(())
    }
}
