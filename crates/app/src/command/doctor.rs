//! `tieline doctor`: looks at an installation, and says how to mend what it finds.

use std::process::ExitCode;

use clap::Args;

use crate::config::Settings;

mod clock;
mod configuration;
mod core_dumps;
mod database;
mod egress;
mod files;
mod finding;
mod integrations;
mod key_file;
mod public_url;
mod redis;
mod report;

use finding::{Finding, State};

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Ask the providers whether they take each integration's credentials, too
    #[arg(long)]
    ask_providers: bool,
}

impl Doctor {
    /// Runs every check, whatever the others find. Settings that cannot be read are a finding.
    pub(crate) async fn run(self, settings: anyhow::Result<Settings>) -> anyhow::Result<ExitCode> {
        let findings = match settings {
            Ok(settings) => self.examine(&settings).await,
            Err(error) => vec![configuration::unreadable(&error)],
        };
        report::print(&findings, self.json)?;
        let is_bad = findings.iter().any(|found| found.state == State::Bad);
        Ok(if is_bad {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    async fn examine(&self, settings: &Settings) -> Vec<Finding> {
        let mut findings = configuration::check(settings);
        let mut database = database::check(settings, &mut findings).await;
        let database_clock = database.as_mut().and_then(|database| database.clock.take());
        let opens = key_file::check(settings, database.as_ref(), &mut findings).await;
        findings.extend(core_dumps::check());
        findings.push(redis::check(settings).await);
        findings.push(public_url::check(settings).await);
        // Whose keys are the wrong ones, or whose tables are not there, has nothing to be read.
        let broker = match database.filter(|database| opens && database.is_current) {
            Some(_) => integrations::broker(settings, &mut findings).await,
            None => None,
        };
        let used = match &broker {
            Some(broker) => integrations::check(broker, self.ask_providers, &mut findings).await,
            None => None,
        };
        let mut readings = egress::check(settings, used.as_ref(), &mut findings).await;
        readings.extend(database_clock);
        findings.push(clock::check(&readings));
        findings
    }
}
