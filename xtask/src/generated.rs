use anyhow::{Context, bail, ensure};
use xshell::{Shell, cmd};

/// A file that the program itself prints: one command writes it, the same with `--check` compares.
pub(crate) struct Generated {
    pub(crate) file: &'static str,
    /// The subcommand of `tieline` that prints it.
    pub(crate) printed_by: &'static str,
    pub(crate) written_by: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Check,
}

impl Mode {
    pub(crate) fn from_check(check: bool) -> Self {
        if check { Self::Check } else { Self::Write }
    }
}

/// How many differing lines are worth showing.
const SHOWN: usize = 5;

impl Generated {
    pub(crate) fn run(&self, sh: &Shell, mode: Mode) -> anyhow::Result<()> {
        let fresh = self.print(sh)?;
        match mode {
            Mode::Write => self.write(sh, &fresh),
            Mode::Check => self.check(sh, &fresh),
        }
    }

    fn print(&self, sh: &Shell) -> anyhow::Result<String> {
        let subcommand = self.printed_by;
        let printed = cmd!(sh, "cargo run --package tieline -- {subcommand}").read()?;
        ensure!(
            !printed.trim().is_empty(),
            "`tieline {subcommand}` printed nothing"
        );
        Ok(printed.trim_end().to_owned() + "\n")
    }

    fn write(&self, sh: &Shell, fresh: &str) -> anyhow::Result<()> {
        sh.write_file(self.file, fresh)?;
        println!("wrote {}", self.file);
        Ok(())
    }

    fn check(&self, sh: &Shell, fresh: &str) -> anyhow::Result<()> {
        let Self {
            file, written_by, ..
        } = self;
        if !sh.path_exists(file) {
            bail!("{file} does not exist: write it with `{written_by}`");
        }
        let kept = sh
            .read_file(file)
            .with_context(|| format!("{file} cannot be read"))?;
        if kept == fresh {
            println!("{file} is up to date");
            return Ok(());
        }
        println!("{file} is out of date; - is the file, + what the program prints now:");
        for line in first_differences(&kept, fresh) {
            println!("{line}");
        }
        bail!("{file} is out of date: write it anew with `{written_by}`")
    }
}

/// The lines from the first difference on, of both sides, each with its number.
fn first_differences(kept: &str, fresh: &str) -> Vec<String> {
    let same = kept
        .lines()
        .zip(fresh.lines())
        .take_while(|(kept, fresh)| kept == fresh)
        .count();
    let from = |text: &str, mark: char| -> Vec<String> {
        text.lines()
            .enumerate()
            .skip(same)
            .take(SHOWN)
            .map(|(index, line)| format!("{mark} {:>5}  {line}", index + 1))
            .collect()
    };
    [from(kept, '-'), from(fresh, '+')].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_lines_of_both_sides_are_shown() {
        let shown = first_differences("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(
            shown,
            ["-     2  b", "-     3  c", "+     2  B", "+     3  c"]
        );
    }

    #[test]
    fn a_longer_text_differs_where_the_shorter_one_ends() {
        assert_eq!(first_differences("a\n", "a\nb\n"), ["+     2  b"]);
    }
}
