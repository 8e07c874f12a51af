//! `cargo xtask bench`.

mod accounting;
mod exercise;
mod figures;
mod growth;
mod machine;
mod mint;
mod mode;
mod overload;
mod page;
mod peers;
mod process;
mod programs;
mod report;
mod rounds;
mod subject;
mod wrk;

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use xshell::Shell;

pub(crate) use self::exercise::exercise;
use self::{
    accounting::{memory, ticks_per_second},
    figures::Spread,
    growth::Growth,
    machine::Machine,
    mode::{Job, MODES, Mode, Storage},
    overload::Overload,
    peers::Peer,
    process::Process,
    programs::{Build, Programs},
    report::{Program, Report},
    rounds::{Plan, Rounds},
    subject::Subject,
    wrk::Wrk,
};
use crate::services::{Database, Services};

/// How fast Tieline mints, measured against a bare server in the same run.
///
/// Builds the release, starts Tieline on SQLite and on Postgres with Redis, and beside it the
/// floor: a server that does nothing but parse the same body and answer a URL of the same size.
/// Loads them in turn with wrk, which is installed where it is missing if that can be done (as root
/// on Debian or Ubuntu). Postgres and Redis are throw-aways, or those that
/// `TIELINE_TEST_POSTGRES_URL` and `TIELINE_TEST_REDIS_URL` name. A whole run takes about a quarter
/// of an hour beside the build, loads Slack's own packages for Node.js and Python as well, and writes
/// its figures into docs/PERFORMANCE.md, which says how to read them. No figure fails a run; a figure that cannot be had does. Needs Linux, and a machine
/// that has nothing else to do.
#[derive(Args, Default)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    part: Option<Part>,

    /// One short round at 64 connections: an answer in a minute, which is written nowhere
    #[arg(long)]
    quick: bool,

    /// Load programs that are built in this way
    #[arg(long, default_value_t, value_enum)]
    build: Build,

    /// Print what was found as one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    /// Only this mode, written nowhere; may be given again
    #[arg(long, value_name = "MODE", value_parser = PossibleValuesParser::new(MODES.iter().map(|mode| mode.name)))]
    only: Vec<String>,

    /// Leave out the modes that need Postgres and Redis; written nowhere
    #[arg(long)]
    no_services: bool,
}

/// What else is measured.
#[derive(Subcommand)]
enum Part {
    Growth(Growth),
    Overload(Overload),
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench --quick                       before and after a change
  cargo xtask bench --quick --only keyed-sqlite   of one mode
  cargo xtask bench                               all of it, into docs/PERFORMANCE.md
  cargo xtask bench growth                        a store with many connections
  cargo xtask bench overload                      four times as much as can be done
  cargo xtask bench --quick --json | jq '.rows[] | {mode, requests_ratio}'";

/// What the callback is compared to, in a database of its own.
struct Inserts<'a> {
    process: Process,
    _database: Database<'a>,
}

impl Bench {
    /// The short run of all modes, of what the tests build: to see that it comes to its end.
    pub(crate) fn trial() -> Self {
        Self {
            quick: true,
            build: Build::Dev,
            ..Self::default()
        }
    }

    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        match &self.part {
            Some(Part::Growth(growth)) => growth.run(sh),
            Some(Part::Overload(overload)) => overload.run(sh),
            None => self.run_modes(sh),
        }
    }

    fn run_modes(&self, sh: &Shell) -> anyhow::Result<()> {
        let modes = self.modes();
        let plan = if self.quick { Plan::QUICK } else { Plan::WHOLE };
        let wrk = Wrk::find(sh)?;
        let programs = Programs::build(sh, self.build)?;
        let services = needs_services(&modes).then(|| Services::durable(sh));
        let services = services.transpose()?;
        let report = measure(
            sh,
            &programs,
            services.as_ref(),
            &modes,
            &wrk,
            &plan,
            self.is_whole(),
        )?;
        self.tell(sh, &report)
    }

    fn modes(&self) -> Vec<&'static Mode> {
        let chosen = |mode: &&Mode| {
            let named = self.only.is_empty() || self.only.iter().any(|name| name == mode.name);
            named && !(self.no_services && mode.storage == Storage::Servers)
        };
        MODES.iter().filter(chosen).collect()
    }

    /// Whether this run is the whole of it.
    fn is_whole(&self) -> bool {
        let has_all = self.only.is_empty() && !self.no_services;
        has_all && !self.quick && self.build == Build::Release
    }

    fn tell(&self, sh: &Shell, report: &Report) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(report)?);
        } else {
            println!("{}", report.text());
        }
        let failures = report.failures();
        if !failures.is_empty() {
            bail!(
                "bench: not all could be measured:\n  {}",
                failures.join("\n  ")
            );
        }
        if self.is_whole() {
            page::write(sh, "bench", &report.text())?;
            eprintln!("wrote {}", page::PAGE);
        }
        Ok(())
    }
}

fn needs_services(modes: &[&Mode]) -> bool {
    modes.iter().any(|mode| mode.storage == Storage::Servers)
}

/// Starts everything, loads it, and looks at what is left.
fn measure(
    sh: &Shell,
    programs: &Programs,
    services: Option<&Services>,
    modes: &[&'static Mode],
    wrk: &Wrk,
    plan: &Plan,
    with_peers: bool,
) -> anyhow::Result<Report> {
    let mut missing = Vec::new();
    let mut subjects = Vec::new();
    let calls_back = modes.iter().any(|mode| mode.job == Job::Callback);
    let inserts = services.filter(|_| calls_back);
    let inserts = inserts.map(|services| Inserts::start(sh, &programs.callback_floor, services));
    let inserts = inserts.transpose().context("the callback's floor")?;
    let callback_floor = inserts.as_ref().map(|inserts| &inserts.process);
    for storage in Storage::ALL {
        let mut of_it = modes.iter().filter(|mode| mode.storage == storage);
        if of_it.clone().next().is_none() {
            continue;
        }
        eprintln!("bench: starting Tieline on {}", storage.told());
        let slack = callback_floor.filter(|_| storage == Storage::Servers);
        let program = &programs.tieline;
        let started = Subject::start(sh, program, storage, services, slack, plan.starts).and_then(
            |subject| {
                of_it
                    .try_for_each(|mode| subject.check(mode))
                    .map(|()| subject)
            },
        );
        match started {
            Ok(subject) => subjects.push(subject),
            Err(cause) => missing.push(format!("Tieline on {}: {cause:#}", storage.told())),
        }
    }
    let Some(first) = subjects.first() else {
        bail!("nothing could be measured:\n  {}", missing.join("\n  "));
    };
    let floor = Process::floor(&programs.floor, first.url_bytes).context("the floor")?;
    let rounds = Rounds {
        sh,
        wrk,
        plan,
        floor: &floor,
        callback_floor,
        ticks_per_second: ticks_per_second(sh)?,
    };
    let rows = rounds.run(modes, &subjects)?;
    let (peers, no_peers) = if with_peers && first.storage == Storage::Sqlite {
        let peers = Peer::start(sh).and_then(|peers| rounds.peers(first, &peers));
        peers.map_or_else(
            |cause| (Vec::new(), Some(format!("{cause:#}"))),
            |peers| (peers, None),
        )
    } else {
        (Vec::new(), None)
    };
    Ok(Report {
        machine: Machine::look(sh, services),
        rounds: plan.rounds,
        seconds: plan.seconds,
        rows,
        peers,
        no_peers,
        programs: subjects.iter().map(program).collect::<Result<_, _>>()?,
        binary_bytes: programs.release_bytes()?,
        missing,
    })
}

impl<'a> Inserts<'a> {
    fn start(sh: &'a Shell, program: &Path, services: &'a Services) -> anyhow::Result<Self> {
        let server = services.postgres_url().context("there is no Postgres")?;
        let database = Database::make(sh, server, "bench_floor")?;
        let process = Process::other(program, &[database.url().into()])?;
        Ok(Self {
            process,
            _database: database,
        })
    }
}

fn program(subject: &Subject<'_>) -> anyhow::Result<Program> {
    let (loaded_kib, peak_kib) = memory(subject.process.id())?;
    let starts = subject.starts_ms.iter().copied();
    Ok(Program {
        storage: subject.storage.told(),
        idle_kib: subject.idle_kib,
        loaded_kib,
        peak_kib,
        start_ms: Spread::of(starts).context("it was started")?,
    })
}
