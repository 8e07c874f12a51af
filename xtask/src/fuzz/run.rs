//! Running targets.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use xshell::Shell;

use super::{CORPUS, keep::keep};

/// What takes longer, in seconds, or more memory, in megabytes, is a failure: nothing waits here.
const LONGEST: u32 = 20;
const MOST_MEMORY: u32 = 2048;

/// How much of what libFuzzer said is shown of a failure.
const LAST_LINES: usize = 40;

/// A program in which all targets are, and where it finds and leaves things.
pub(super) struct Run<'a> {
    sh: &'a Shell,
    program: PathBuf,
    folder: PathBuf,
    seconds: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(sh: &'a Shell, program: PathBuf, seconds: u64) -> anyhow::Result<Self> {
        let folder = sh.create_dir(sh.current_dir().join("target/fuzz"))?;
        Ok(Self {
            sh,
            program,
            folder,
            seconds,
        })
    }

    /// Tries these targets at once, says of each what was done, and answers what failed.
    pub(super) fn all(&self, targets: &[String]) -> anyhow::Result<Vec<String>> {
        println!("{} for {} s", targets.join(", "), self.seconds);
        let children: Vec<_> = targets.iter().map(|it| self.start(it)).collect();
        let ended = children.into_iter().zip(targets);
        let failures = ended.map(|(child, target)| self.finish(target, child?));
        Ok(failures
            .collect::<anyhow::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn start(&self, target: &str) -> anyhow::Result<Child> {
        let (found, broken) = (self.found(target)?, self.broken(target)?);
        let log = File::create(self.log(target))?;
        Command::new(&self.program)
            .current_dir(self.sh.current_dir())
            .env("TIELINE_FUZZ_TARGET", target)
            .arg(format!("-max_total_time={}", self.seconds))
            .arg(format!("-timeout={LONGEST}"))
            .arg(format!("-rss_limit_mb={MOST_MEMORY}"))
            .arg(format!("-artifact_prefix={}/", broken.display()))
            .arg("-print_final_stats=1")
            .args([found, PathBuf::from(CORPUS).join(target)])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the targets do not start")
    }

    /// Waits for a target to end; what failed, in words.
    fn finish(&self, target: &str, mut child: Child) -> anyhow::Result<Option<String>> {
        let status = child.wait()?;
        // What a panic shows of an input need not be text.
        let said = self.sh.read_binary_file(self.log(target))?;
        let said = String::from_utf8_lossy(&said);
        if status.success() {
            println!("{target}: {}", summary(&said));
            return Ok(None);
        }
        let lines: Vec<_> = said.lines().collect();
        println!(
            "{}",
            lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
        );
        Ok(Some(failure(target, &said)))
    }

    /// Keeps the best of what was found.
    pub(super) fn keep(&self, target: &str) -> anyhow::Result<()> {
        keep(self.sh, &self.program, target, &self.found(target)?)
    }

    fn found(&self, target: &str) -> anyhow::Result<PathBuf> {
        Ok(self
            .sh
            .create_dir(self.folder.join("corpus").join(target))?)
    }

    fn broken(&self, target: &str) -> anyhow::Result<PathBuf> {
        Ok(self
            .sh
            .create_dir(self.folder.join("broken").join(target))?)
    }

    fn log(&self, target: &str) -> PathBuf {
        self.folder.join(format!("{target}.log"))
    }
}

/// What libFuzzer did, out of what it said.
fn summary(said: &str) -> String {
    let figure = |name| {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("?", str::trim)
    };
    format!(
        "{} inputs tried, {} of them new, {} a second",
        figure("stat::number_of_executed_units:"),
        figure("stat::new_units_added:"),
        figure("stat::average_exec_per_sec:"),
    )
}

/// Which input it was, and how to try it again.
fn failure(target: &str, said: &str) -> String {
    let Some((_, rest)) = said.split_once("Test unit written to ") else {
        return format!("{target} failed without an input: see target/fuzz/{target}.log");
    };
    let input = rest.lines().next().unwrap_or_default();
    format!(
        "{target} fails with {input}: copy it into {CORPUS}/{target}, under a name that says what it \
         is, and replay it there with `cargo test --package tieline-fuzz {target}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_what_was_tried_and_what_was_new() {
        let said = "Done 900 runs\nstat::number_of_executed_units: 900\n\
            stat::average_exec_per_sec:     300\nstat::new_units_added:         7\n";
        assert_eq!(
            summary(said),
            "900 inputs tried, 7 of them new, 300 a second"
        );
    }

    #[test]
    fn a_failure_names_its_input_and_the_way_to_replay_it() {
        let said = "SUMMARY: libFuzzer: deadly signal\nartifact_prefix='/t/'; \
            Test unit written to /t/crash-1\nBase64: cg==\n";
        assert_eq!(
            failure("state", said),
            "state fails with /t/crash-1: copy it into fuzz/corpus/state, under a name that says \
             what it is, and replay it there with `cargo test --package tieline-fuzz state`"
        );
    }

    #[test]
    fn a_failure_without_an_input_points_to_the_log() {
        assert_eq!(
            failure("state", "TIELINE_FUZZ_TARGET names a target"),
            "state failed without an input: see target/fuzz/state.log"
        );
    }
}
