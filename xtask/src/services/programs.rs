//! Programs of this machine.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

/// The program of this name: on the path, else in the folders of the distribution, the newest
/// version of it.
pub(super) fn find(sh: &Shell, name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = sh.var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    let elsewhere = folders.iter().map(|folder| folder.join(name));
    on_path.chain(elsewhere).find(|program| program.is_file())
}

/// The folders `{parent}/{version}/{rest}`, the highest version first.
pub(super) fn versioned(parent: &Path, rest: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let folder = |version: u32| parent.join(version.to_string()).join(rest);
    versions.into_iter().map(folder).collect()
}

/// Whether the task runs as root.
pub(super) fn is_root(sh: &Shell) -> bool {
    let user = cmd!(sh, "id -u").quiet().ignore_stderr().read();
    user.is_ok_and(|user| user == "0")
}

/// Whether there is a user of this name.
pub(super) fn is_user(sh: &Shell, name: &str) -> bool {
    let found = cmd!(sh, "id -u {name}").quiet();
    found.ignore_stdout().ignore_stderr().run().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_is_the_first() {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        for version in ["9", "15", "9.6-old", "16"] {
            sh.create_dir(folder.path().join(version)).unwrap();
        }
        let expected = ["16/bin", "15/bin", "9/bin"].map(|rest| folder.path().join(rest));
        assert_eq!(versioned(folder.path(), "bin"), expected);
        assert_eq!(
            versioned(&folder.path().join("absent"), "bin"),
            [""; 0].map(PathBuf::from)
        );
    }

    #[test]
    fn a_program_off_the_path_is_found_in_its_folder() {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        let program = folder.path().join("no-program-of-this-name");
        let folders = [folder.path().to_owned()];
        assert_eq!(find(&sh, "no-program-of-this-name", &folders), None);
        sh.write_file(&program, "").unwrap();
        assert_eq!(
            find(&sh, "no-program-of-this-name", &folders),
            Some(program)
        );
    }
}
