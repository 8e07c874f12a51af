//! A folder of `tests/clients`, prepared and ready to run.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tieline_tests::{BOOTSTRAP_KEY, SLACK, Server};
use tokio::{process::Command, time::timeout};

/// What a command may take at most.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where what a command prints goes, to be there even if it never ends.
const PRINTED: &str = "printed";
const COMPLAINED: &str = "complained";

/// A client in a working folder of its own, where it may write what it likes.
pub(super) struct Client {
    prepared: PathBuf,
    folder: TempDir,
    patience: Duration,
}

impl Client {
    /// The client of `tests/clients/{name}`.
    pub(super) fn named(name: &str) -> Self {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let prepared = prepared().join(name);
        assert!(
            prepared.is_dir(),
            "{} is not there: run `cargo xtask test`, which prepares it",
            prepared.display()
        );
        let folder = TempDir::with_prefix(format!("tieline-{name}-")).expect("a temporary folder");
        copy(&sources.join(name), folder.path());
        // Node looks for packages beside the script.
        symlink(
            prepared.join("node_modules"),
            folder.path().join("node_modules"),
        )
        .expect("a link");
        Self {
            prepared,
            folder,
            patience: PATIENCE,
        }
    }

    /// The same with more time for each command.
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it works.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program of its Python environment.
    pub(super) fn python(&self, program: &str) -> Command {
        self.command(self.prepared.join("venv/bin").join(program))
    }

    /// A program of its Node packages.
    pub(super) fn node_package(&self, program: &str) -> Command {
        self.command(self.prepared.join("node_modules/.bin").join(program))
    }

    /// Node.js itself.
    pub(super) fn node(&self) -> Command {
        self.command("node")
    }

    /// A program that sees nothing of the surroundings: no proxy, no options of somebody's own.
    #[expect(
        clippy::disallowed_methods,
        reason = "the clients are other programs, which are found by the path"
    )]
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.path())
            .env("PYTHONUTF8", "1")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command that has to succeed; answers what it printed. Where the test fails, all of it
    /// is shown.
    #[expect(
        clippy::print_stdout,
        reason = "a test tells what its client told, if it fails or somebody asks"
    )]
    pub(super) async fn run(&self, command: &mut Command) -> String {
        let name = name(command);
        let output = |name: &str| File::create(self.path().join(name)).expect("a file");
        command.stdout(output(PRINTED)).stderr(output(COMPLAINED));
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let ended = timeout(self.patience, child.wait()).await;
        let [printed, complained] = [PRINTED, COMPLAINED].map(|name| self.read(name));
        println!("{name}:\n{printed}");
        match ended {
            Ok(status) => {
                let status = status.expect("its status");
                assert!(status.success(), "{name}: {status}\n{complained}");
            }
            Err(elapsed) => panic!("{name}: {elapsed}\n{complained}"),
        }
        printed
    }

    fn read(&self, name: &str) -> String {
        let content = fs::read(self.path().join(name)).expect("a file that was written");
        String::from_utf8_lossy(&content).into_owned()
    }
}

/// Tells a client where the server is, the admin key, and the app with which people can connect.
pub(super) fn told_of<'a>(command: &'a mut Command, server: &Server) -> &'a mut Command {
    command
        .env("TIELINE_URL", server.url("").as_str().trim_end_matches('/'))
        .env("TIELINE_API_KEY", BOOTSTRAP_KEY)
        .env("SLACK_CLIENT_ID", SLACK.0)
        .env("SLACK_CLIENT_SECRET", SLACK.1)
}

/// A command as one would type it.
fn name(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests are handed the clients by `cargo xtask test`"
)]
fn prepared() -> PathBuf {
    let Some(prepared) = std::env::var_os("TIELINE_CLIENTS").map(PathBuf::from) else {
        panic!(
            "TIELINE_CLIENTS does not tell where the clients are: run `cargo xtask test`, which \
             prepares them; `cargo xtask test -- --package tieline-tests --test clients` runs only \
             these tests, `cargo xtask test --no-clients` all but these"
        );
    };
    assert!(
        prepared.is_absolute(),
        "TIELINE_CLIENTS must be an absolute path, which {} is not",
        prepared.display()
    );
    prepared
}

fn copy(from: &Path, to: &Path) {
    let entries = fs::read_dir(from).expect("the client's folder");
    let entries = entries.map(|entry| entry.expect("an entry"));
    for file in entries.filter(|entry| entry.path().is_file()) {
        fs::copy(file.path(), to.join(file.file_name())).expect("room for a copy");
    }
}
