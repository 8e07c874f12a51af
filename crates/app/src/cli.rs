//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    command,
    config::{Overrides, Settings},
    process,
};

/// Tieline, a self-hosted connection broker: OAuth URLs for Slack and Microsoft Teams, and the
/// connections that come of them.
///
/// Start with `tieline quickstart`. Every setting can stand in a TOML file, in the environment
/// (TIELINE_…) or on the command line, the last one winning; docs/configuration.md has them all.
#[derive(Debug, Parser)]
#[command(
    name = "tieline",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct SettingsArgs {
    /// The settings file; without it, `tieline.toml` in the working directory if there is one
    #[arg(long, global = true, value_name = "FILE", env = "TIELINE_CONFIG")]
    config: Option<PathBuf>,

    #[command(flatten)]
    overrides: Overrides,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the OAuth callback
    ///
    /// Makes what is missing at the first start: the data folder, the sealing keys, the SQLite
    /// file and the environment Development. Ends on SIGINT or SIGTERM, after the flows that are
    /// running have come to their ends.
    Serve(command::serve::Serve),
    /// Try everything without any account: server, sandbox providers and sample data in one
    ///
    /// Starts the server with integrations at built-in stand-ins for Slack and Microsoft Entra,
    /// prints the request for the main job and a URL to open, and shows the connection once you
    /// have clicked Allow. Starting it again goes on where it ended.
    #[cfg(feature = "sandbox")]
    Quickstart(command::quickstart::Quickstart),
    /// Serve the stand-ins for Slack and Microsoft Entra alone
    #[cfg(feature = "sandbox")]
    Sandbox(command::sandbox::RunSandbox),
    /// Bring the database's tables up to date
    Migrate,
    /// Copy everything to another database, such as a quickstart that grew up to Postgres
    ///
    /// Stop the server first. The copy goes on where an earlier one stopped, and compares every row
    /// in the end. It needs no keys: secrets are copied sealed, and the key file goes with them.
    Copy(command::copy::Copy),
    /// Look at the whole installation, and say how to mend what is wrong with it
    ///
    /// Checks the settings, the database and its tables, the sealing keys, the public URL, the way
    /// to the providers, the clock and every integration. Changes nothing. Ends with 1 if anything
    /// is bad.
    Doctor(command::doctor::Doctor),
    /// Print the OpenAPI document, in YAML
    Openapi,
    /// Print docs/configuration.md
    #[command(hide = true)]
    ConfigurationReference,
    /// Print docs/errors.md
    #[command(hide = true)]
    ErrorReference,
    /// Make, list and revoke API keys
    #[command(subcommand)]
    ApiKeys(command::api_keys::ApiKeys),
    /// Make, list, rotate and retire the keys that seal secrets
    #[command(subcommand)]
    SealingKeys(command::sealing_keys::SealingKeys),
    /// List what was done by whom, and check that the log is whole
    #[command(subcommand)]
    Audit(command::audit::Audit),
    /// Make and list environments
    #[command(subcommand)]
    Environments(command::environments::Environments),
    /// Make and list integrations: your apps at the providers
    #[command(subcommand)]
    Integrations(command::integrations::Integrations),
    /// Make subscribers: the users of your product
    #[command(subcommand)]
    Subscribers(command::subscribers::Subscribers),
    /// Import what another installation exported
    #[command(subcommand)]
    Import(command::import::Import),
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let SettingsArgs { config, overrides } = self.settings;
        let settings = || {
            let settings = Settings::load(config.as_deref(), &overrides)?;
            if !settings.core_dumps
                && let Err(error) = process::forbid_core_dumps()
            {
                eprintln!("tieline: core dumps cannot be forbidden: {error}");
            }
            Ok(settings)
        };
        let ended: anyhow::Result<()> = match self.command {
            Command::Serve(serve) => serve.run(settings()?).await,
            #[cfg(feature = "sandbox")]
            Command::Quickstart(quickstart) => quickstart.run(settings()?).await,
            #[cfg(feature = "sandbox")]
            Command::Sandbox(sandbox) => sandbox.run(&settings()?).await,
            Command::Migrate => command::migrate::run(&settings()?).await,
            Command::Copy(copy) => copy.run(&settings()?).await,
            Command::Doctor(doctor) => return doctor.run(settings()).await,
            Command::Openapi => command::reference::openapi(),
            Command::ConfigurationReference => {
                print!("{}", crate::config::reference());
                Ok(())
            }
            Command::ErrorReference => {
                print!("{}", command::reference::errors());
                Ok(())
            }
            Command::ApiKeys(command) => command.run(&settings()?).await,
            Command::SealingKeys(command) => command.run(&settings()?).await,
            Command::Audit(command) => return command.run(&settings()?).await,
            Command::Environments(command) => command.run(&settings()?).await,
            Command::Integrations(command) => command.run(&settings()?).await,
            Command::Subscribers(command) => command.run(&settings()?).await,
            Command::Import(command) => return command.run(&settings()?).await,
        };
        ended.map(|()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
