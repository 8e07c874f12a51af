//! Processes that are measured.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use super::mint::{self, Answer};

/// How long to leave alone what does not answer yet.
const PAUSE: Duration = Duration::from_millis(1);

/// Nothing that is measured takes longer to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that ends when this is dropped, and with the task, however that ends.
pub(super) struct Process {
    child: Child,
    pub(super) port: u16,
    began: Instant,
}

impl Process {
    /// Starts Tieline in this folder with nothing but these variables. Its log goes to a file there.
    pub(super) fn tieline(
        program: &Path,
        folder: &Path,
        variables: &[(&str, String)],
        port: u16,
    ) -> anyhow::Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(LOG))?;
        let mut command = mortal(program);
        command.arg("serve").current_dir(folder).env_clear();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let began = now();
        Ok(Self {
            child: command.spawn().context(NO_SETPRIV)?,
            port,
            began,
        })
    }

    /// Starts the floor, with URLs of this size.
    pub(super) fn floor(program: &Path, url_bytes: usize) -> anyhow::Result<Self> {
        let mut command = mortal(program);
        command.arg(url_bytes.to_string());
        Self::telling(command)
    }

    /// Starts another program that tells its address first.
    pub(super) fn other(program: &Path, arguments: &[PathBuf]) -> anyhow::Result<Self> {
        let mut command = mortal(program);
        command.args(arguments);
        Self::telling(command)
    }

    fn telling(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let began = now();
        let mut process = Self {
            child: command.spawn().context(NO_SETPRIV)?,
            port: 0,
            began,
        };
        let mut address = String::new();
        let stdout = process.child.stdout.take().context("it is piped")?;
        BufReader::new(stdout).read_line(&mut address)?;
        let port = address.trim().rsplit(':').next().unwrap_or_default();
        process.port = port.parse().context("it told no address")?;
        Ok(process)
    }

    /// The first good answer, and how many milliseconds after the start it came.
    pub(super) fn first_answer(&mut self) -> anyhow::Result<(Answer, f64)> {
        let mut last = String::new();
        while self.began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended by itself: {status}");
            }
            match mint::send(self.port, None) {
                Ok(answer) if answer.status == 201 => {
                    return Ok((answer, self.began.elapsed().as_secs_f64() * 1000.0));
                }
                Ok(answer) => last = format!("{answer:?}"),
                Err(error) => last = error.to_string(),
            }
            pause();
        }
        bail!("there was no good answer for {PATIENCE:?}; the last one: {last}")
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_by_itself = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Where Tieline's log goes, in its folder.
pub(super) const LOG: &str = "log";

const NO_SETPRIV: &str = "there is no `setpriv` (util-linux): this needs Linux";

/// The program, to be killed by the system should the task end without having done so. It replaces
/// what sets that up, and so has its id.
fn mortal(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

#[expect(clippy::disallowed_methods, reason = "this is what measures")]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause between two questions to a process that tells nobody when it is ready"
)]
fn pause() {
    thread::sleep(PAUSE);
}
