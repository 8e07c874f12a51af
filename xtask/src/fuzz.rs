//! `cargo xtask fuzz`.

mod build;
mod keep;
mod run;

use anyhow::bail;
use clap::Args;
use xshell::Shell;

use self::run::Run;

/// The inputs that are kept, in a folder for each target.
const CORPUS: &str = "fuzz/corpus";

/// Makes up what strangers may send, and looks whether it breaks a promise.
///
/// Builds the targets of the package `tieline-fuzz` with libFuzzer, for which it takes a C++
/// compiler (installed where it is missing if that can be done, as root on Debian or Ubuntu) and no
/// other Rust than the usual one. Begins with the inputs in fuzz/corpus and those that earlier runs
/// found, which stay in target/fuzz/corpus. What libFuzzer says goes to target/fuzz/*.log. A run
/// ends at the first input that breaks something, and tells where it lies and how to replay it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fuzz {
    /// For how long each target is tried
    #[arg(long, default_value_t = Self::default().seconds)]
    seconds: u64,

    /// Only this target; may be given again
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,

    /// How many targets are tried at once
    #[arg(long, default_value_t = Self::default().jobs, value_parser = clap::value_parser!(usize))]
    jobs: usize,

    /// Afterwards add to fuzz/corpus the few inputs that reach most of what none there does
    #[arg(long)]
    keep: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask fuzz --target event_body --seconds 3600
  cargo xtask fuzz --seconds 600 --keep               before a release, to be committed";

impl Default for Fuzz {
    fn default() -> Self {
        Self {
            seconds: 60,
            target: Vec::new(),
            jobs: 2,
            keep: false,
        }
    }
}

impl Fuzz {
    /// Half a minute for each target.
    pub(crate) fn trial() -> Self {
        Self {
            seconds: 30,
            ..Self::default()
        }
    }

    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let targets = self.chosen(targets(sh)?)?;
        let program = build::build(sh)?;
        let run = Run::new(sh, program, self.seconds)?;
        let mut failures = Vec::new();
        for together in targets.chunks(self.jobs.max(1)) {
            failures.extend(run.all(together)?);
        }
        if !failures.is_empty() {
            bail!("{}", failures.join("\n"));
        }
        if self.keep {
            targets.iter().try_for_each(|target| run.keep(target))?;
        }
        Ok(())
    }

    fn chosen(&self, all: Vec<String>) -> anyhow::Result<Vec<String>> {
        if let Some(unknown) = self.target.iter().find(|name| !all.contains(name)) {
            bail!("there is no target `{unknown}`, but {}", all.join(", "));
        }
        let is_chosen = |name: &String| self.target.is_empty() || self.target.contains(name);
        Ok(all.into_iter().filter(is_chosen).collect())
    }
}

/// The targets have a folder each: a test in fuzz/tests sees to it.
fn targets(sh: &Shell) -> anyhow::Result<Vec<String>> {
    let folders = sh.read_dir(CORPUS)?;
    let name = |folder: &std::path::PathBuf| Some(folder.file_name()?.to_str()?.to_owned());
    Ok(folders.iter().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(target: &[&str]) -> anyhow::Result<Vec<String>> {
        let fuzz = Fuzz {
            target: target.iter().copied().map(str::to_owned).collect(),
            ..Fuzz::default()
        };
        fuzz.chosen(vec!["event_body".to_owned(), "state".to_owned()])
    }

    #[test]
    fn all_targets_are_tried_unless_some_are_named() {
        assert_eq!(chosen(&[]).unwrap(), ["event_body", "state"]);
        assert_eq!(chosen(&["state"]).unwrap(), ["state"]);
    }

    #[test]
    fn a_target_that_is_not_there_is_named_with_those_that_are() {
        assert_eq!(
            chosen(&["states"]).unwrap_err().to_string(),
            "there is no target `states`, but event_body, state"
        );
    }
}
