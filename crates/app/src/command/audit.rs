//! `tieline audit`.

use std::{fmt::Write, process::ExitCode};

use clap::Subcommand;
use tieline_domain::{
    audit::{Actor, AuditAction, AuditEvent, shown_hash},
    broker::Broker,
    environment::Environment,
    page::{From, Order, PageRequest},
    ports::AuditFilter,
    text::sanitize,
    usecase::AuditCheck,
};

use crate::{
    command::{InEnvironment, broker},
    config::Settings,
};

/// The longest line of a list, in characters.
const LONGEST_LINE: usize = 1000;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what was done, the latest last
    List {
        #[command(flatten)]
        environment: InEnvironment,
        /// Only what this one did: `api_key:<id>`, `person:<id>`, provider, operator or system
        #[arg(long)]
        actor: Option<Actor>,
        /// Only this: `connection.created`, `token.read` and so on
        #[arg(long)]
        action: Option<AuditAction>,
        /// Only what was done to the object with this identifier
        #[arg(long)]
        subject: Option<String>,
        /// At most so many, the latest ones
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Check that nothing in the log was changed, taken out or put in
    ///
    /// Follows the chain of hashes from the first event to the last and prints the hash of the last
    /// one: whoever keeps that elsewhere can tell later that the log still leads to it. Without
    /// `--environment`, the logs of all environments. Ends with 1 if one is broken, and names the
    /// event at which it is.
    Verify {
        /// The environment, by name or id; without it, all of them
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
    },
}

impl Audit {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let broker = broker(settings).await?;
        match self {
            Self::List {
                environment,
                actor,
                action,
                subject,
                limit,
            } => {
                let environment = environment.find(&broker).await?;
                let filter = AuditFilter {
                    actor,
                    action,
                    subject,
                };
                list(&broker, &environment, &filter, limit).await?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify { environment: None } => {
                let all = broker.stores.environments.list().await?;
                verify(&broker, &all).await
            }
            Self::Verify { environment } => {
                let one = InEnvironment { environment }.find(&broker).await?;
                verify(&broker, &[one]).await
            }
        }
    }
}

async fn list(
    broker: &Broker,
    environment: &Environment,
    filter: &AuditFilter,
    limit: u32,
) -> anyhow::Result<()> {
    let request = PageRequest {
        limit,
        from: From::Start,
        order: Order::Descending,
        total: None,
    };
    let log = &broker.stores.audit;
    let page = log.list(environment.id, filter, &request).await?;
    for event in page.items.iter().rev() {
        println!("{}", line(event));
    }
    Ok(())
}

/// An event in a line. What stands in a log that was tampered with may be anything.
fn line(event: &AuditEvent) -> String {
    let entry = &event.entry;
    let action = entry.action.as_str();
    let mut line = format!(
        "{}  {:.0}  {}  {action}  {}",
        event.sequence, entry.at, entry.actor, entry.subject
    );
    for (name, value) in &entry.details {
        let _ = write!(line, "  {name}={value}");
    }
    sanitize(&line, LONGEST_LINE)
}

async fn verify(broker: &Broker, environments: &[Environment]) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for environment in environments {
        let name = &environment.name;
        let tell = |sequence| eprintln!("{name}: {sequence} events checked");
        let check = broker.verify_audit_log(environment.id, tell).await?;
        println!("{name}: {}", outcome(&check));
        if check.broken.is_some() {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn outcome(check: &AuditCheck) -> String {
    let last = check.head.sequence;
    match &check.broken {
        None if last == 0 => "nothing is in the log".to_owned(),
        None => format!(
            "{last} events, whole; the last one's hash is {}",
            shown_hash(&check.head.hash)
        ),
        Some(event) => format!(
            "BROKEN after event {last}. What comes next was changed, or something before it was \
             taken out:\n  {} ({})",
            line(event),
            event.entry.id
        ),
    }
}
