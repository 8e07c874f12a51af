//! The settings' flags, made from the table.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::table::SETTINGS;

/// The settings that were given on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides(BTreeMap<&'static str, String>);

impl Overrides {
    pub(super) fn given(&self) -> &BTreeMap<&'static str, String> {
        &self.0
    }
}

impl Args for Overrides {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let Some(flag) = setting.flag() else {
                return command;
            };
            let help = format!("{} [default: {}]", setting.help, setting.told_default());
            let arg = Arg::new(setting.name)
                .long(flag)
                .value_name("VALUE")
                .help(help)
                .help_heading("Settings")
                .global(true);
            command.arg(arg)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Overrides {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS.iter().filter(|setting| !setting.secret) {
            if let Some(value) = matches.get_one::<String>(setting.name) {
                self.0.insert(setting.name, value.clone());
            }
        }
        Ok(())
    }
}
