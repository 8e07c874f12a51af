//! A data folder, and the commands that work on it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::OnceCell,
};

use crate::{
    ENTRA, SLACK, SUBSCRIBER, TestDatabase,
    binary::{breakable, program},
    within,
};

/// A folder of its own for one installation: its data, its log, its settings.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    /// What only the breakable program heeds: the step at which it ends, how far its clock is ahead.
    mishaps: BTreeMap<&'static str, String>,
    ahead: Duration,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it printed besides, the log among it.
    pub stderr: String,
}

impl Home {
    /// A folder with nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        let folder = TempDir::with_prefix("tieline-").expect("a temporary folder");
        Self {
            folder,
            settings: BTreeMap::new(),
            mishaps: BTreeMap::new(),
            ahead: Duration::ZERO,
        }
    }

    /// A folder with the environment Development, in it the integrations `slack` and `msteams` and
    /// the subscriber [`SUBSCRIBER`].
    pub async fn prepared() -> Self {
        static TEMPLATE: OnceCell<Vec<(String, Vec<u8>)>> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(prepare).await;
        let home = Self::empty();
        fs::create_dir(home.data_dir()).expect("a folder");
        for (name, content) in template {
            write_private(&home.data_dir().join(name), content);
        }
        home
    }

    /// The same in a Postgres database that has nothing in it yet, with the sealing keys in the
    /// folder.
    pub async fn prepared_in(database: &TestDatabase) -> Self {
        let mut home = Self::prepared().await;
        home.set("DATABASE_URL", database.url());
        home.tell(&["migrate"]).await;
        home.fill().await;
        home
    }

    async fn fill(&self) {
        self.integration("slack", "slack", SLACK, &[]).await;
        self.integration("msteams", "msteams", ENTRA, &[]).await;
        self.tell(&["subscribers", "create", SUBSCRIBER]).await;
    }

    /// Sets `TIELINE_{name}` for everything that follows.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings
            .insert(format!("TIELINE_{name}"), value.into());
    }

    /// The same where the test has not set it otherwise.
    pub(crate) fn set_default(&mut self, name: &str, value: impl Into<String>) {
        let name = format!("TIELINE_{name}");
        self.settings.entry(name).or_insert_with(|| value.into());
    }

    /// Takes `TIELINE_{name}` out again.
    pub fn unset(&mut self, name: &str) {
        self.settings.remove(&format!("TIELINE_{name}"));
    }

    /// Makes every program that starts from now on end at this step, as a power cut would; with none
    /// it runs on.
    pub fn break_at(&mut self, step: Option<&str>) {
        match step {
            Some(step) => self.mishaps.insert("FAILPOINTS", format!("{step}=return")),
            None => self.mishaps.remove("FAILPOINTS"),
        };
    }

    /// Puts the clock of every program that starts from now on ahead by so much more, in place of
    /// waiting. The providers' clock stays: what they issued has not grown old.
    pub fn pass_time(&mut self, by: Duration) {
        self.ahead += by;
        let seconds = self.ahead.as_secs().to_string();
        self.mishaps.insert("CLOCK_AHEAD_SECONDS", seconds);
    }

    /// Whether an admin key of the test's own choosing is set.
    pub(crate) fn sets_a_key(&self) -> bool {
        let mut names = self.settings.keys();
        names.any(|name| name.starts_with("TIELINE_BOOTSTRAP_API_KEY"))
    }

    /// The working directory of everything that runs here.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the program keeps its data.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Where the sealing keys are.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.data_dir().join("sealing-keys.toml")
    }

    /// The program, to be run here, with nothing of the surroundings but these settings.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = if self.mishaps.is_empty() {
            Command::new(program())
        } else {
            Command::new(breakable())
        };
        command
            .args(arguments)
            .env_clear()
            .envs(&self.mishaps)
            .env("TIELINE_DATA_DIR", self.data_dir())
            .envs(&self.settings)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with_input(arguments, "").await
    }

    /// Runs a command to its end, with this on its standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Finished {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that reads nothing may have gone already.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = within("a command ends", child.wait_with_output()).await;
        let output = output.expect("the program's output");
        Finished {
            status: output.status,
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Begins to run a command, and waits until it has said so many lines on standard error.
    pub async fn begin(&self, arguments: &[&str], lines: usize) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        for _ in 0..lines {
            let line = within("a line is said", said.next_line()).await;
            line.expect("a line of text");
        }
        // What it says from now on is read by nobody, and does not stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        child
    }

    /// Runs a command that has to succeed; answers what it printed.
    pub async fn tell(&self, arguments: &[&str]) -> String {
        self.run(arguments).await.succeeded()
    }

    /// Makes an integration; `more` are credentials beside id and secret.
    pub async fn integration(
        &self,
        provider: &str,
        identifier: &str,
        (id, secret): (&str, &str),
        more: &[(&str, &str)],
    ) {
        let mut credentials = json!({ "clientId": id, "secretKey": secret });
        for (name, value) in more {
            credentials[name] = json!(value);
        }
        let arguments = ["integrations", "create", "--provider", provider];
        let arguments = [&arguments[..], &["--identifier", identifier]].concat();
        let made = self
            .run_with_input(&arguments, &credentials.to_string())
            .await;
        drop(made.succeeded());
    }
}

impl Finished {
    /// Its output, if it ended well; else it fails the test.
    #[must_use]
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert!(self.status.success(), "{}: {}", self.status, self.stderr);
        self.stdout
    }

    /// What it complained of, if it failed as it should.
    #[must_use]
    #[track_caller]
    pub fn failed(self) -> String {
        assert!(!self.status.success(), "it did not fail: {}", self.stdout);
        self.stderr
    }
}

async fn prepare() -> Vec<(String, Vec<u8>)> {
    let home = Home::empty();
    home.fill().await;
    let entries = fs::read_dir(home.data_dir()).expect("a folder");
    let entries = entries.map(|entry| entry.expect("an entry"));
    let read = |file: fs::DirEntry| {
        let name = file.file_name().into_string().expect("UTF-8");
        (name, fs::read(file.path()).expect("its content"))
    };
    // What else is there, the program makes anew.
    entries
        .filter(|entry| entry.path().is_file())
        .map(read)
        .collect()
}

fn write_private(path: &Path, content: &[u8]) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path).expect("a new file");
    file.write_all(content).expect("room for it");
}
