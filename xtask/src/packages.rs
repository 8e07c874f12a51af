//! Programs from outside the workspace that a task needs: taken from the system's packages.

use std::{fs, path::PathBuf};

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

/// Installs packages of Debian or Ubuntu (names as in `apt-get install`), without asking anything.
///
/// Call it only when a program is missing: it fetches the list of packages first, which takes
/// seconds, and needs root. For anybody else it changes nothing, and fails with the one command
/// that has to be run.
pub(crate) fn install(sh: &Shell, packages: &[&str]) -> anyhow::Result<()> {
    match Installer::find(sh) {
        Installer::Apt => install_with_apt(sh, packages),
        other => bail!(other.advice(packages)),
    }
}

/// Whether the shell finds a program of this name.
pub(crate) fn is_there(sh: &Shell, program: &str) -> bool {
    find(sh, program).is_some()
}

/// Where the shell finds a program of this name: the file itself, links followed.
pub(crate) fn find(sh: &Shell, program: &str) -> Option<PathBuf> {
    let found = cmd!(sh, "sh -c 'command -v \"$0\"' {program}").quiet();
    fs::canonicalize(found.ignore_stderr().read().ok()?).ok()
}

enum Installer {
    Apt,
    /// There is apt-get, and somebody else than root.
    AptOfRoot,
    Unknown,
}

impl Installer {
    fn find(sh: &Shell) -> Self {
        let user = cmd!(sh, "id -u").quiet().ignore_stderr().read();
        match (is_there(sh, "apt-get"), user.as_deref()) {
            (true, Ok("0")) => Self::Apt,
            (true, _) => Self::AptOfRoot,
            (false, _) => Self::Unknown,
        }
    }

    fn advice(&self, packages: &[&str]) -> String {
        let packages = packages.join(" ");
        match self {
            Self::Apt | Self::AptOfRoot => {
                format!("run `sudo apt-get install --yes {packages}`")
            }
            Self::Unknown => {
                format!("install what Debian calls {packages}, with your system's own command")
            }
        }
    }
}

fn install_with_apt(sh: &Shell, packages: &[&str]) -> anyhow::Result<()> {
    eprintln!("installing {}", packages.join(", "));
    let _quiet = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update --quiet=2")
        .stdin("")
        .ignore_stdout()
        .run()
        .context("the list of packages cannot be fetched")?;
    cmd!(
        sh,
        "apt-get install --yes --quiet=2 --no-install-recommends {packages...}"
    )
    .stdin("")
    .ignore_stdout()
    .run()
    .with_context(|| Installer::Apt.advice(packages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_root_is_told_the_one_command() {
        assert_eq!(
            Installer::AptOfRoot.advice(&["nodejs", "npm"]),
            "run `sudo apt-get install --yes nodejs npm`"
        );
    }

    #[test]
    fn elsewhere_the_packages_are_named() {
        assert_eq!(
            Installer::Unknown.advice(&["nodejs", "npm"]),
            "install what Debian calls nodejs npm, with your system's own command"
        );
    }

    #[test]
    fn a_program_is_found_or_not() {
        let sh = Shell::new().unwrap();
        assert!(is_there(&sh, "sh"));
        assert!(!is_there(&sh, "no-program-of-this-name"));
        let file = find(&sh, "sh").unwrap();
        assert!(file.is_absolute() && !file.is_symlink(), "{file:?}");
    }
}
