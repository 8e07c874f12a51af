//! Fills a store.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::{
    bench::{subject::Home, wrk::as_f64},
    packages,
};

/// So many connections go into one transaction.
const BATCH: u64 = 50_000;

/// What is filled.
pub(super) struct Store<'a> {
    pub(super) sh: &'a Shell,
    pub(super) home: &'a Home<'a>,
}

/// What a table needs for each of its rows, with all of its indexes.
pub(super) struct Size {
    pub(super) table: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Store<'_> {
    /// Makes so many connections, and says on standard error how far it is.
    pub(super) fn fill(&self, rows: u64) -> anyhow::Result<()> {
        let began = now();
        let mut made = 0;
        while made < rows {
            let last = (made + BATCH).min(rows);
            let script = match self.home.database {
                Some(_) => include_str!("postgres.sql"),
                None => include_str!("sqlite.sql"),
            };
            let script = script.replace(":first", &(made + 1).to_string());
            self.run(&script.replace(":last", &last.to_string()))?;
            made = last;
            tell(made, rows, began.elapsed());
        }
        let finish = match self.home.database {
            Some(_) => "VACUUM ANALYZE",
            None => "ANALYZE",
        };
        self.run(finish).map(|_| ())
    }

    /// What the tables need.
    pub(super) fn sizes(&self) -> anyhow::Result<Vec<Size>> {
        let told = self.run(match self.home.database {
            Some(_) => POSTGRES_SIZES,
            None => SQLITE_SIZES,
        })?;
        let sizes = told.lines().map(|line| {
            let mut parts = line.split('|');
            Some(Size {
                table: parts.next()?.to_owned(),
                rows: parts.next()?.parse().ok()?,
                bytes: parts.next()?.parse().ok()?,
            })
        });
        let sizes: Option<Vec<_>> = sizes.collect();
        sizes.with_context(|| format!("the sizes are none: {told}"))
    }

    fn run(&self, sql: &str) -> anyhow::Result<String> {
        if let Some(database) = &self.home.database {
            return database.execute(sql);
        }
        let file = self.file();
        let run = cmd!(self.sh, "sqlite3 -bail {file}");
        Ok(run.quiet().stdin(sql).read()?)
    }

    fn file(&self) -> PathBuf {
        self.home.folder.join("data/tieline.db")
    }
}

const POSTGRES_SIZES: &str = "\
    SELECT relname || '|' || n_live_tup || '|' || pg_total_relation_size(relid)
    FROM pg_stat_user_tables WHERE n_live_tup > 1000 ORDER BY relname";

const SQLITE_SIZES: &str = "\
    SELECT m.tbl_name || '|' || max(s.row_count) || '|' || sum(d.bytes)
    FROM (SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name) AS d
    JOIN (SELECT name, iif(tbl_name LIKE 'context_pieces%', 'contexts', tbl_name) AS tbl_name
          FROM sqlite_schema) AS m ON m.name = d.name
    JOIN (SELECT tbl, max(CAST(substr(stat, 1, instr(stat, ' ') - 1) AS INTEGER)) AS row_count
          FROM sqlite_stat1 GROUP BY tbl) AS s ON s.tbl = m.tbl_name
    GROUP BY m.tbl_name HAVING max(s.row_count) > 1000 ORDER BY m.tbl_name";

/// Makes sure that there is something to fill SQLite with.
pub(super) fn prepare(sh: &Shell) -> anyhow::Result<()> {
    if !packages::is_there(sh, "sqlite3") {
        packages::install(sh, &["sqlite3"]).context("the program `sqlite3` is missing")?;
    }
    Ok(())
}

fn tell(made: u64, rows: u64, taken: Duration) {
    let rate = as_f64(made) / taken.as_secs_f64();
    let left = as_f64(rows - made) / rate;
    eprintln!("growth: {made} of {rows} connections, {rate:.0} in a second, {left:.0} s to go");
}

#[expect(clippy::disallowed_methods, reason = "this is what measures")]
fn now() -> Instant {
    Instant::now()
}
