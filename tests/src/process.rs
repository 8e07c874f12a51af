//! The program as a process that goes on.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{self, ExitStatus},
};

use tokio::process::{Child, Command};

use crate::{Home, within};

/// A command that runs beside the test. Dropping it kills the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    folder: PathBuf,
}

impl Process {
    /// Runs this in the background. What it prints, and its log, go on where the last process of
    /// this home ended.
    #[must_use]
    pub fn start(home: &Home, mut command: Command) -> Self {
        let folder = home.path().to_owned();
        let output = |name: &str| {
            let mut options = File::options();
            options.create(true).append(true);
            options.open(folder.join(name)).expect("a file")
        };
        command.stdout(output(PRINTED)).stderr(output(LOG));
        let child = command.spawn().expect("the program starts");
        Self { child, folder }
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its status").is_some()
    }

    /// Ends it like a crash of the machine would: at once.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it has not ended")
    }

    /// Asks it to end, and answers at once.
    pub fn ask_to_end(&self) {
        let id = self.id();
        let mut kill = process::Command::new("kill");
        let asked = kill.args(["-TERM", &id.to_string()]).status();
        assert!(asked.expect("kill runs").success());
    }

    /// The most memory that it has had in use so far, in KiB, as Linux tells it.
    pub(crate) fn peak_kib(&self) -> u64 {
        let id = self.child.id().expect("it has not ended");
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|told| told.trim().strip_suffix(" kB"));
        peak.expect("its peak").parse().expect("a number")
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> ExitStatus {
        let ended = within("the process ends", self.child.wait()).await;
        ended.expect("its status")
    }

    /// All that was printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        fs::read_to_string(self.folder.join(PRINTED)).unwrap_or_default()
    }
}

/// Where standard output goes.
pub(crate) const PRINTED: &str = "stdout";
/// Where the log goes.
pub(crate) const LOG: &str = "log";
