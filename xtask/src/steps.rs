use anyhow::bail;

/// Runs the steps of a task, every one of them, and says at the end which failed.
pub(crate) struct Steps {
    task: &'static str,
    passed: usize,
    failed: Vec<String>,
    not_run: Vec<String>,
}

impl Steps {
    pub(crate) fn new(task: &'static str) -> Self {
        Self {
            task,
            passed: 0,
            failed: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// Runs one step. `again` is the command that runs only this one.
    pub(crate) fn run(
        &mut self,
        name: &str,
        again: &str,
        step: impl FnOnce() -> anyhow::Result<()>,
    ) {
        println!("==> {}: {name}", self.task);
        match step() {
            Ok(()) => self.passed += 1,
            Err(cause) => {
                println!("{name} failed: {cause:#}");
                self.failed
                    .push(format!("{name} failed: run only this again with `{again}`"));
            }
        }
    }

    /// Notes a step that could not be run here, so that nobody believes it passed.
    pub(crate) fn not_run(&mut self, name: &str, why: &str) {
        self.not_run.push(format!("{name} ({why})"));
    }

    /// Sums up; an error when a step failed.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        for line in &self.not_run {
            println!("{}: not run: {line}", self.task);
        }
        if self.failed.is_empty() {
            println!("{}: all {} steps passed", self.task, self.passed);
            return Ok(());
        }
        let total = self.passed + self.failed.len();
        bail!(
            "{}: {} of {total} steps failed\n  {}",
            self.task,
            self.failed.len(),
            self.failed.join("\n  ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_keep_the_next_from_running() {
        let mut steps = Steps::new("lint");
        let mut ran = false;

        steps.run("format", "cargo fmt", || bail!("two files differ"));
        steps.run("tidy", "cargo xtask tidy", || {
            ran = true;
            Ok(())
        });

        assert!(ran);
        let summary = steps.finish().unwrap_err().to_string();
        assert_eq!(
            summary,
            "lint: 1 of 2 steps failed\n  format failed: run only this again with `cargo fmt`"
        );
    }

    #[test]
    fn a_step_that_was_not_run_fails_nothing() {
        let mut steps = Steps::new("lint");
        steps.not_run("licences", "cargo-deny is not installed");
        assert!(steps.finish().is_ok());
    }
}
