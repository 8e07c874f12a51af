//! On what it was measured.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use serde::Serialize;
use xshell::{Shell, cmd};

use super::wrk::{Wrk, as_f64};
use crate::services::{Database, Services};

/// No local Redis takes longer to tell its version.
const PATIENCE: Duration = Duration::from_secs(1);

const UNKNOWN: &str = "unknown";

/// What decides about figures besides the code, each as a name and a value.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Machine(pub(super) Vec<(&'static str, String)>);

impl Machine {
    pub(super) fn look(sh: &Shell, services: Option<&Services>) -> Self {
        let mut facts = vec![
            ("date", told(cmd!(sh, "date -u +%F"))),
            ("commit", commit(sh)),
            ("CPU", cpu()),
            ("memory", memory().unwrap_or_else(unknown)),
            ("kernel", told(cmd!(sh, "uname -sr"))),
            ("file system", file_system(sh)),
            ("rustc", told(cmd!(sh, "rustc --version"))),
            ("wrk", Wrk::version(sh).unwrap_or_else(unknown)),
        ];
        if let Some(services) = services {
            let postgres = services.postgres_url().and_then(|url| postgres(sh, url));
            let redis = services.redis_url().and_then(redis);
            facts.push(("Postgres", postgres.unwrap_or_else(unknown)));
            facts.push(("Redis", redis.unwrap_or_else(unknown)));
        }
        Self(facts)
    }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn told(command: xshell::Cmd<'_>) -> String {
    let read = command.quiet().ignore_stderr().read();
    read.map_or_else(|_| unknown(), |text| text.trim().to_owned())
}

fn commit(sh: &Shell) -> String {
    let commit = told(cmd!(sh, "git rev-parse --short=12 HEAD"));
    let changed = told(cmd!(sh, "git status --porcelain --untracked-files=no"));
    if changed.is_empty() {
        commit
    } else {
        format!("{commit}, with changes that are not committed")
    }
}

fn cpu() -> String {
    let model = in_proc("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores")
}

fn memory() -> Option<String> {
    let told = in_proc("/proc/meminfo", "MemTotal")?;
    let kibibytes: u64 = told.strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{:.1} GiB", as_f64(kibibytes) / 1024.0 / 1024.0))
}

/// The value behind the first line of this name.
fn in_proc(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new(file)).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start().trim_start_matches(':').trim().to_owned())
}

/// The one that databases of a run are on: it decides what a durable commit costs.
fn file_system(sh: &Shell) -> String {
    let folder = sh.current_dir().join("target");
    told(cmd!(sh, "stat --file-system --format=%T {folder}"))
}

fn postgres(sh: &Shell, server: &str) -> Option<String> {
    let database = Database::make(sh, server, "version").ok()?;
    let told = database.execute("SHOW server_version").ok()?;
    Some(told.trim().to_owned())
}

/// Asks as a person with telnet would.
fn redis(url: &str) -> Option<String> {
    let address = url.strip_prefix("redis://")?.split('/').next()?;
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"INFO server\r\nQUIT\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"));
    Some(line?.trim().to_owned())
}
