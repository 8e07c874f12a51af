//! The program `tieline`: configuration, wiring, command line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks on both"
)]

mod cli;
mod command;
mod config;
mod keys;
mod logging;
mod process;
mod server;
mod system;
mod upkeep;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// A mint allocates some two hundred times; the system's allocator takes a sixth of its time
/// (docs/PERFORMANCE.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _steps = fail::FailScenario::setup();
    let cli = cli::Cli::parse();
    let outcome = run(cli);
    logging::finish();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tieline: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(cli.run())
}
