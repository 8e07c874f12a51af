//! `cargo xtask bench growth`: what becomes of lists and writes when a store has grown.

mod fill;
mod questions;

use std::fmt::Write;

use anyhow::Context;
use clap::{Args, ValueEnum};
use xshell::Shell;

use self::{
    fill::{Size, Store},
    questions::{QUESTIONS, Question},
};
use super::{
    Programs, figures::Spread, machine::Machine, mode::Storage, page, process::Process,
    subject::Home, wrk::Wrk,
};
use crate::services::{Services, free_port};

/// Lists and writes in a store with many connections, measured against one with ten thousand.
///
/// Fills a store of each size with SQL, starts the release of Tieline on both, and asks them the
/// same in turn. By default a million connections in SQLite and ten million in Postgres, which
/// takes an hour and 40 GB. A whole run writes its figures into docs/PERFORMANCE.md.
#[derive(Args)]
pub(super) struct Growth {
    /// Only this storage; written nowhere
    #[arg(long)]
    storage: Option<Kind>,

    /// So many connections instead
    #[arg(long, value_name = "NUMBER")]
    rows: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// What the large store is compared with.
const FEW: u64 = 10_000;

const ROUNDS: usize = 3;

/// A store that is served.
struct Served<'a> {
    home: Home<'a>,
    process: Process,
    api_key: String,
}

/// What was found of one question.
struct Row {
    question: &'static Question,
    /// Requests in a second, of the large store and of the small one.
    large: Spread,
    small: Spread,
    ratio: Spread,
}

impl Growth {
    pub(super) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let folder = sh.create_dir(sh.current_dir().join("target/bench"))?;
        let wrk = Wrk::find(sh, &folder)?;
        fill::prepare(sh)?;
        let programs = Programs::build(sh)?;
        let kinds = [Kind::Sqlite, Kind::Postgres];
        let mut text = String::new();
        for kind in kinds
            .into_iter()
            .filter(|kind| self.storage.is_none_or(|it| it == *kind))
        {
            let services = (kind == Kind::Postgres)
                .then(|| Services::durable(sh))
                .transpose()?;
            let machine = Machine::look(sh, services.as_ref());
            text += &self.measure(sh, &wrk, &programs, services.as_ref(), kind, &machine)?;
        }
        println!("{text}");
        if self.storage.is_none() {
            page::write(sh, "growth", &text)?;
            eprintln!("wrote {}", page::PAGE);
        }
        Ok(())
    }

    fn measure(
        &self,
        sh: &Shell,
        wrk: &Wrk,
        programs: &Programs,
        services: Option<&Services>,
        kind: Kind,
        machine: &Machine,
    ) -> anyhow::Result<String> {
        let storage = kind.storage();
        let serve = |rows, word| Served::start(sh, programs, storage, services, rows, word);
        let rows = self.rows.unwrap_or_else(|| kind.rows());
        let (small, _) = serve(FEW, "small")?;
        let (large, sizes) = serve(rows, "large")?;
        let mut found: Vec<Vec<(f64, f64)>> = vec![Vec::new(); QUESTIONS.len()];
        for round in 1..=ROUNDS {
            for (question, found) in QUESTIONS.iter().zip(&mut found) {
                let ask = |served: &Served<'_>, rows| {
                    question
                        .ask(sh, wrk, (served.process.port, &served.api_key), rows, round)
                        .with_context(|| served.home.told_log())
                };
                let pair = (ask(&large, rows)?, ask(&small, FEW)?);
                let (name, (many, few)) = (question.name, pair);
                eprintln!(
                    "growth: round {round} of {ROUNDS}, {name}: {many:.0}/s, with few {few:.0}/s"
                );
                found.push(pair);
            }
        }
        let rows_found = QUESTIONS
            .iter()
            .zip(&found)
            .map(|(question, pairs)| Row::of(question, pairs));
        let rows_found: Option<Vec<_>> = rows_found.collect();
        let rows_found = rows_found.context("nothing was asked")?;
        Ok(kind.text(rows, machine, &rows_found, &sizes))
    }
}

impl<'a> Served<'a> {
    fn start(
        sh: &'a Shell,
        programs: &Programs,
        storage: Storage,
        services: Option<&'a Services>,
        rows: u64,
        word: &str,
    ) -> anyhow::Result<(Self, Vec<Size>)> {
        let port = free_port()?;
        let home = Home::make(sh, storage, services, port, word)?;
        home.fill(&programs.tieline)?;
        home.integrate(&programs.tieline, "slack-second")?;
        let api_key = home.key(&programs.tieline)?;
        let store = Store { sh, home: &home };
        store.fill(rows)?;
        let sizes = store.sizes()?;
        let mut process = Process::tieline(&programs.tieline, &home.folder, &home.variables, port)?;
        process.first_answer().with_context(|| home.told_log())?;
        Ok((
            Self {
                home,
                process,
                api_key,
            },
            sizes,
        ))
    }
}

impl Row {
    fn of(question: &'static Question, pairs: &[(f64, f64)]) -> Option<Self> {
        Some(Self {
            question,
            large: Spread::of(pairs.iter().map(|(large, _)| *large))?,
            small: Spread::of(pairs.iter().map(|(_, small)| *small))?,
            ratio: Spread::of(pairs.iter().map(|(large, small)| large / small))?,
        })
    }
}

impl Kind {
    fn storage(self) -> Storage {
        match self {
            Self::Sqlite => Storage::Sqlite,
            Self::Postgres => Storage::Servers,
        }
    }

    fn rows(self) -> u64 {
        match self {
            Self::Sqlite => 1_000_000,
            Self::Postgres => 10_000_000,
        }
    }

    fn text(self, rows: u64, machine: &Machine, found: &[Row], sizes: &[Size]) -> String {
        let name = match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        };
        let mut text = format!("{name}, {rows} connections against {FEW}");
        for (what, value) in &machine.0 {
            if *what == "date" || *what == "commit" {
                let _ = write!(text, "; {what} {value}");
            }
        }
        text += ".\n\n| | requests/s | with few | ÷ | wanted |\n| --- | --- | --- | --- | --- |\n";
        for Row {
            question,
            large,
            small,
            ratio,
        } in found
        {
            let verdict = if ratio.median >= question.wanted {
                "met"
            } else {
                "**missed**"
            };
            let _ = writeln!(
                text,
                "| {} | {:.0} | {:.0} | {:.2} ({:.2}–{:.2}) | ≥ {}: {verdict} |",
                question.name,
                large.median,
                small.median,
                ratio.median,
                ratio.min,
                ratio.max,
                question.wanted
            );
        }
        text += "\n| table | rows | bytes for each, indexes included |\n| --- | --- | --- |\n";
        for Size { table, rows, bytes } in sizes {
            let _ = writeln!(text, "| `{table}` | {rows} | {} |", bytes / rows.max(&1));
        }
        text + "\n"
    }
}
