//! The load generator.

use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use xshell::{Shell, cmd};

use crate::packages;

const SCRIPT: &str = include_str!("wrk.lua");

/// wrk, installed, with the script of all loads.
pub(super) struct Wrk {
    script: PathBuf,
    cores: usize,
}

/// Which idempotency keys requests carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    None,
    /// One of its own each.
    New,
    /// A few, over and over.
    Repeated,
    /// None, but a number of its own stands in each body, for [`NUMBER`].
    InBody,
    /// None, but each request is for a line of a file, once. The word is the file.
    InFile,
}

/// What a number takes the place of.
pub(super) const NUMBER: &str = "0000000000000";

/// One load.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) url: &'a str,
    /// What is posted; an empty one is a GET.
    pub(super) body: &'a str,
    pub(super) api_key: &'a str,
    pub(super) keys: Keys,
    /// Makes its keys its own.
    pub(super) word: &'a str,
    pub(super) connections: usize,
    pub(super) seconds: u64,
}

/// What wrk saw.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    pub(super) requests: u64,
    duration_us: u64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    refused: u64,
    cut: u64,
}

impl Wrk {
    /// Installs wrk where it is missing.
    pub(super) fn find(sh: &Shell) -> anyhow::Result<Self> {
        if !packages::is_there(sh, "wrk") {
            packages::install(sh, &["wrk"]).context("the load generator `wrk` is missing")?;
        }
        let folder = sh.create_dir(sh.current_dir().join("target/bench"))?;
        let script = folder.join("wrk.lua");
        sh.write_file(&script, SCRIPT)?;
        let cores = std::thread::available_parallelism()?.get();
        Ok(Self { script, cores })
    }

    /// Loads a server for the seconds of the load, and waits for the end.
    pub(super) fn run(&self, sh: &Shell, load: &Load<'_>) -> anyhow::Result<Seen> {
        let script = &self.script;
        let connections = load.connections.to_string();
        let threads = load.connections.min(self.cores).to_string();
        let seconds = load.seconds.to_string();
        let (url, body) = (load.url, load.body);
        let (keys, word, api_key) = (load.keys.told(), load.word, load.api_key);
        let printed = cmd!(
            sh,
            "wrk --threads {threads} --connections {connections} --duration {seconds} --latency
             --script {script} {url} -- {keys} {word} {api_key} {threads} {body}"
        );
        let printed = printed.quiet().read()?;
        let last = printed.lines().next_back().unwrap_or_default();
        serde_json::from_str(last).with_context(|| format!("wrk printed something else: {printed}"))
    }

    /// Its version.
    pub(super) fn version(sh: &Shell) -> Option<String> {
        // It ends with 1 even when asked for nothing else.
        let printed = cmd!(sh, "wrk -v").quiet().ignore_status().read().ok()?;
        Some(printed.split_whitespace().nth(1)?.to_owned())
    }
}

impl Keys {
    fn told(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::New => "new",
            Self::Repeated => "repeated",
            Self::InBody => "in-body",
            Self::InFile => "in-file",
        }
    }
}

impl Seen {
    pub(super) fn requests_per_second(&self) -> f64 {
        as_f64(self.requests) / as_f64(self.duration_us) * 1e6
    }

    /// Why its figures are worth nothing, if they are: something was refused.
    pub(super) fn fault(&self) -> Option<String> {
        let Self { refused, cut, .. } = self;
        if self.requests == 0 {
            return Some("nothing was answered".to_owned());
        }
        let faults = [
            (*refused, "requests were refused"),
            (*cut, "connections failed"),
        ];
        let told = faults.iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

/// Counts here stay far below 2⁵².
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of things that fit into memory"
)]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(refused: u64, cut: u64) -> Seen {
        Seen {
            requests: 3000,
            duration_us: 1_500_000,
            p50_us: 1.0,
            p99_us: 2.0,
            refused,
            cut,
        }
    }

    #[test]
    fn the_rate_is_of_the_time_that_it_took() {
        assert!((seen(0, 0).requests_per_second() - 2000.0).abs() < 1e-9);
    }

    #[test]
    fn whatever_is_refused_makes_the_figures_worthless() {
        assert_eq!(seen(0, 0).fault(), None);
        assert_eq!(
            seen(7, 2).fault().unwrap(),
            "7 requests were refused, 2 connections failed"
        );
        let silent = Seen {
            requests: 0,
            ..seen(0, 0)
        };
        assert_eq!(silent.fault().unwrap(), "nothing was answered");
    }
}
