//! The tasks of the workspace: `cargo xtask --help`.
#![expect(clippy::print_stdout, reason = "a task reports on standard output")]
#![expect(
    clippy::print_stderr,
    reason = "and on standard error what made it fail"
)]

mod bench;
mod ci;
mod clients;
mod config;
mod deps;
mod errors;
mod fuzz;
mod generated;
mod lint;
mod metadata;
mod openapi;
mod packages;
mod release;
mod services;
mod sqlx;
mod steps;
mod test;
mod tidy;

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use xshell::Shell;

/// Tasks of the Tieline workspace: tests, checks, generated files.
///
/// Each needs Rust and a C compiler (`test` tells what it needs besides), and runs from any
/// directory of the workspace. Exit code 0 means that all of it passed; otherwise the last lines
/// name what failed and how to run only that again.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Test(test::Test),
    Lint(lint::Lint),
    Deps(deps::Deps),
    Tidy(tidy::Tidy),
    Openapi(openapi::Openapi),
    Config(config::Config),
    Errors(errors::Errors),
    Sqlx(sqlx::Sqlx),
    Fuzz(fuzz::Fuzz),
    Bench(bench::Bench),
    Release(release::Release),
    Ci(ci::Ci),
}

fn main() -> ExitCode {
    match Cli::parse().task.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause:#}");
            ExitCode::FAILURE
        }
    }
}

impl Task {
    fn run(self) -> anyhow::Result<()> {
        let sh = Shell::new()?;
        sh.change_dir(workspace_root()?);
        match self {
            Self::Test(task) => task.run(&sh),
            Self::Lint(task) => task.run(&sh),
            Self::Deps(task) => task.run(&sh),
            Self::Tidy(task) => task.run(&sh),
            Self::Openapi(task) => task.run(&sh),
            Self::Config(task) => task.run(&sh),
            Self::Errors(task) => task.run(&sh),
            Self::Sqlx(task) => task.run(&sh),
            Self::Fuzz(task) => task.run(&sh),
            Self::Bench(task) => task.run(&sh),
            Self::Release(task) => task.run(&sh),
            Self::Ci(task) => task.run(&sh),
        }
    }
}

fn workspace_root() -> anyhow::Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the root of the workspace")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
