//! What programs in other languages need, such as the clients in `tests/clients`: the packages that
//! their lock files name, installed below the target directory.

mod node;
mod python;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xshell::Shell;

use crate::metadata::Metadata;

/// Where the clients are written.
const SOURCES: &str = "tests/clients";

/// What was installed, and by what: the files that decide it and the version of the language, whole.
/// Written last.
const STAMP: &str = "prepared";

/// What installs a client's packages.
trait Installer {
    /// The files of a client that decide what is installed.
    fn files(&self) -> &[&str];

    /// The language's version; installs the language itself where it is missing.
    fn version(&self, sh: &Shell) -> anyhow::Result<String>;

    /// Installs into a folder that is there already, and has the deciding files in it.
    fn install(&self, sh: &Shell, folder: &Path) -> anyhow::Result<()>;
}

/// Prepares the clients; tells where they are.
pub(crate) fn prepare(sh: &Shell) -> anyhow::Result<PathBuf> {
    install(sh, SOURCES, "clients")
}

/// Installs what each program in a folder needs and has not got yet, or what has changed of it;
/// tells where all of it is.
pub(crate) fn install(sh: &Shell, sources: &str, name: &str) -> anyhow::Result<PathBuf> {
    let prepared = Metadata::read(sh)?.target_directory.join(name);
    let mut clients = sh.read_dir(sources)?;
    clients.sort();
    for client in clients {
        let name = client.file_name().context("a client has a name")?;
        let client = Path::new(sources).join(name);
        let of_client = || format!("{} cannot be prepared", client.display());
        installer(sh, &client)
            .and_then(|installer| prepare_one(sh, &client, &prepared.join(name), &*installer))
            .with_context(of_client)?;
    }
    Ok(prepared)
}

fn prepare_one(
    sh: &Shell,
    client: &Path,
    folder: &Path,
    installer: &dyn Installer,
) -> anyhow::Result<()> {
    let stamp = stamp(sh, client, installer)?;
    if sh.read_file(folder.join(STAMP)).ok() == Some(stamp.clone()) {
        return Ok(());
    }
    println!("installing the packages of {}", client.display());
    sh.remove_path(folder)?;
    sh.create_dir(folder)?;
    for file in installer.files() {
        sh.copy_file(client.join(file), folder.join(file))?;
    }
    installer.install(sh, folder)?;
    sh.write_file(folder.join(STAMP), stamp)?;
    Ok(())
}

fn installer(sh: &Shell, client: &Path) -> anyhow::Result<Box<dyn Installer>> {
    let all: [Box<dyn Installer>; 2] = [Box::new(node::Node), Box::new(python::Python)];
    all.into_iter()
        .find(|it| {
            let mut files = it.files().iter();
            files.all(|file| sh.path_exists(client.join(file)))
        })
        .with_context(|| {
            let needed = [node::FILES, python::FILES].map(|files| files.join(", "));
            format!("it has neither {}", needed.join(" nor "))
        })
}

fn stamp(sh: &Shell, client: &Path, installer: &dyn Installer) -> anyhow::Result<String> {
    let mut parts = vec![installer.version(sh)?];
    for file in installer.files() {
        parts.push(format!("{file}\n{}", sh.read_file(client.join(file))?));
    }
    Ok(parts.join("\n"))
}

/// Holds a version like `v20.1.2` against the oldest that will do.
fn check_version(language: &str, found: &str, oldest: (u32, u32)) -> anyhow::Result<()> {
    let mut numbers = found.trim_start_matches('v').split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        anyhow::bail!("{language} tells a version that is none: {found}");
    };
    ensure!(
        oldest <= (major, minor),
        "{language} {found} is too old: install {}.{} or newer",
        oldest.0,
        oldest.1
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Installs nothing, and counts how often.
    #[derive(Default)]
    struct Counting {
        installed: Cell<u32>,
        fails: Cell<bool>,
    }

    impl Installer for Counting {
        fn files(&self) -> &[&str] {
            &["lock"]
        }

        fn version(&self, _: &Shell) -> anyhow::Result<String> {
            Ok("1.0".to_owned())
        }

        fn install(&self, sh: &Shell, folder: &Path) -> anyhow::Result<()> {
            assert!(sh.path_exists(folder.join("lock")));
            self.installed.set(self.installed.get() + 1);
            ensure!(!self.fails.get(), "no network");
            Ok(())
        }
    }

    #[test]
    fn what_is_installed_is_installed_anew_when_its_lock_has_changed() {
        let sh = Shell::new().unwrap();
        let temporary = sh.create_temp_dir().unwrap();
        let (client, folder) = ["client", "prepared"]
            .map(|name| temporary.path().join(name))
            .into();
        let installer = Counting::default();
        let prepare_with = |lock: &str, script: &str, fails: bool| {
            sh.write_file(client.join("lock"), lock).unwrap();
            sh.write_file(client.join("script"), script).unwrap();
            installer.fails.set(fails);
            let prepared = prepare_one(&sh, &client, &folder, &installer);
            assert_eq!(prepared.is_err(), fails, "{prepared:?}");
            installer.installed.get()
        };

        assert_eq!(prepare_with("a", "one", false), 1);
        assert_eq!(prepare_with("a", "another", false), 1);
        assert_eq!(prepare_with("b", "another", true), 2);
        // What failed halfway is not taken for done, neither for the new lock nor for the old one.
        assert_eq!(prepare_with("a", "another", false), 3);
        assert_eq!(prepare_with("b", "another", false), 4);
        assert_eq!(prepare_with("b", "another", false), 4);
    }

    #[test]
    fn an_older_version_is_refused_and_a_newer_one_is_not() {
        for (found, is_enough) in [
            ("v18.0.0", true),
            ("v20.11.1", true),
            ("18.1", true),
            ("v17.9.1", false),
            ("", false),
        ] {
            let checked = check_version("Node.js", found, (18, 0));
            assert_eq!(checked.is_ok(), is_enough, "{found}: {checked:?}");
        }
        assert!(check_version("Python", "3.10", (3, 11)).is_err());
    }

    #[test]
    fn every_client_has_what_one_of_the_installers_needs() {
        let sh = Shell::new().unwrap();
        sh.change_dir(crate::workspace_root().unwrap());
        let clients = sh.read_dir(SOURCES).unwrap();
        assert!(!clients.is_empty());
        for client in clients {
            assert!(installer(&sh, &client).is_ok(), "{}", client.display());
        }
    }
}
