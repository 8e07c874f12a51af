//! Others that answer with a URL of Slack's consent page, loaded in the same run. Each stands in a
//! folder of `peers`, with the packages that it is made of.

use std::path::{Path, PathBuf};

use serde::Serialize;
use xshell::Shell;

use super::{figures::Spread, process::Process};
use crate::clients;

/// Where they are written.
const SOURCES: &str = "xtask/src/bench/peers";

/// Where each of them answers.
const PATH: &str = "/slack/install";

/// One of them, running.
pub(super) struct Peer {
    pub(super) told: &'static str,
    /// How many times its requests per second are wanted of a mint, if anything is.
    pub(super) wanted: Option<f64>,
    process: Process,
}

/// What was seen of one of them.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) told: &'static str,
    pub(super) wanted: Option<f64>,
    pub(super) requests_per_second: Spread,
    /// Requests per second of a mint on SQLite without a key, divided by its own, in each round.
    pub(super) ratio: Spread,
}

/// How one of them is started, once its packages are in a folder.
struct Kind {
    folder: &'static str,
    told: &'static str,
    wanted: Option<f64>,
    command: fn(&Path, &Path) -> (PathBuf, Vec<PathBuf>),
}

const KINDS: [Kind; 2] = [
    Kind {
        folder: "slack-oauth",
        told: "`@slack/oauth` 4.0.0, states that are signed tokens",
        wanted: Some(10.0),
        command: |source, packages| {
            let arguments = vec![source.join("server.js"), packages.to_owned()];
            ("node".into(), arguments)
        },
    },
    Kind {
        folder: "slack-bolt",
        told: "`slack_bolt` 1.30.0 on aiohttp, states in files",
        wanted: None,
        command: |source, packages| {
            let python = packages.join("venv/bin/python");
            (python, vec![source.join("server.py")])
        },
    },
];

impl Peer {
    /// Installs and starts all of them.
    pub(super) fn start(sh: &Shell) -> anyhow::Result<Vec<Self>> {
        let (sources, packages) = (Path::new(SOURCES), clients::install(sh, SOURCES, "peers")?);
        let start = |kind: Kind| {
            let source = sh.current_dir().join(sources).join(kind.folder);
            let (program, arguments) = (kind.command)(&source, &packages.join(kind.folder));
            Ok(Self {
                told: kind.told,
                wanted: kind.wanted,
                process: Process::other(&program, &arguments)?,
            })
        };
        KINDS.into_iter().map(start).collect()
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.process.port)
    }
}
