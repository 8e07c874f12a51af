//! `cargo xtask bench growth`: what becomes of lists and writes when a store has grown.

mod fill;
mod questions;
mod report;

use anyhow::Context;
use clap::Args;
use xshell::Shell;

use self::{
    fill::{Size, Store},
    questions::QUESTIONS,
    report::Row,
};
use super::{
    machine::Machine,
    mode::Storage,
    page,
    process::Process,
    programs::{Build, Programs},
    subject::Home,
    wrk::Wrk,
};
use crate::services::{Services, free_port};

/// Lists and writes in a store with many connections, measured against one with ten thousand.
///
/// Fills a store of each size with SQL, starts the release of Tieline on both, and asks them the
/// same in turn. By default a million connections in SQLite, and ten million in Postgres, which
/// take some 40 GB of disk. A whole run writes its figures into docs/PERFORMANCE.md.
#[derive(Args)]
pub(super) struct Growth {
    /// Only this storage; written nowhere
    #[arg(long)]
    storage: Option<Storage>,

    /// So many connections instead; written nowhere
    #[arg(long, value_name = "NUMBER")]
    rows: Option<u64>,
}

/// What the large store is compared with.
const FEW: u64 = 10_000;

const ROUNDS: usize = 3;

/// What stores are made and asked with.
struct Ground<'a> {
    sh: &'a Shell,
    wrk: &'a Wrk,
    programs: &'a Programs,
    storage: Storage,
    services: Option<&'a Services>,
}

/// A store that is served.
struct Served<'a> {
    home: Home<'a>,
    process: Process,
    api_key: String,
    rows: u64,
    sizes: Vec<Size>,
}

impl Growth {
    pub(super) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let wrk = Wrk::find(sh)?;
        fill::prepare(sh)?;
        let programs = Programs::build(sh, Build::Release)?;
        let mut text = String::new();
        let is_chosen = |storage: &Storage| self.storage.is_none_or(|it| it == *storage);
        for storage in Storage::ALL.into_iter().filter(is_chosen) {
            let services = (storage == Storage::Servers).then(|| Services::durable(sh));
            let services = services.transpose()?;
            let ground = Ground {
                sh,
                wrk: &wrk,
                programs: &programs,
                storage,
                services: services.as_ref(),
            };
            text += &ground.compare(self.rows.unwrap_or_else(|| many(storage)))?;
        }
        println!("{text}");
        if self.storage.is_none() && self.rows.is_none() {
            page::write(sh, "growth", &text)?;
            eprintln!("wrote {}", page::PAGE);
        }
        Ok(())
    }
}

fn many(storage: Storage) -> u64 {
    match storage {
        Storage::Sqlite => 1_000_000,
        Storage::Servers => 10_000_000,
    }
}

impl<'a> Ground<'a> {
    /// Compares a store of so many connections with one of few, and tells what was found.
    fn compare(&self, rows: u64) -> anyhow::Result<String> {
        let (small, large) = (self.serve(FEW, "small")?, self.serve(rows, "large")?);
        let mut found = vec![Vec::new(); QUESTIONS.len()];
        for round in 1..=ROUNDS {
            for (question, found) in QUESTIONS.iter().zip(&mut found) {
                let ask = |served: &Served<'_>| {
                    let asked = question.ask(self.sh, self.wrk, served, round);
                    asked.with_context(|| served.home.told_log())
                };
                let (many, few) = (ask(&large)?, ask(&small)?);
                let name = question.name;
                eprintln!(
                    "growth: round {round} of {ROUNDS}, {name}: {many:.0}/s, with few {few:.0}/s"
                );
                found.push((many, few));
            }
        }
        let rows = QUESTIONS.iter().zip(&found);
        let rows = rows.map(|(question, pairs)| Row::of(question, pairs));
        let rows: Vec<Row> = rows.collect::<Option<_>>().context("nothing was asked")?;
        let machine = Machine::look(self.sh, self.services);
        Ok(report::text(self.storage, &machine, &large, &rows))
    }

    /// Makes a store of so many connections, and serves it.
    fn serve(&self, rows: u64, word: &str) -> anyhow::Result<Served<'a>> {
        let (sh, program) = (self.sh, &self.programs.tieline);
        let port = free_port()?;
        let home = Home::make(sh, self.storage, self.services, port, word)?;
        home.fill(program)?;
        home.integrate(program, "slack-second")?;
        let api_key = home.key(program)?;
        let store = Store { sh, home: &home };
        store.fill(rows)?;
        let sizes = store.sizes()?;
        let mut process = Process::tieline(program, &home.folder, &home.variables, port)?;
        process.first_answer().with_context(|| home.told_log())?;
        Ok(Served {
            home,
            process,
            api_key,
            rows,
            sizes,
        })
    }
}
