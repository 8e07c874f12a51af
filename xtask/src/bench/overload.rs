//! `cargo xtask bench overload`: what a server does when far more is asked of it than it can do.

use std::fmt::Write;

use anyhow::{Context, ensure};
use clap::Args;
use serde::Deserialize;
use xshell::{Shell, cmd};

use super::{
    figures::Spread,
    machine::Machine,
    mint,
    mode::{Storage, TARGET_CONNECTIONS},
    page,
    programs::{Build, Programs},
    report::Wanted,
    subject::Subject,
    wrk::as_f64,
};
use crate::services::Services;

/// Four times as many mints as a server can do, each with a new idempotency-key.
///
/// Finds the peak first, with 64 connections that ask again as soon as they are answered. Then
/// requests begin when they are due, whether or not others were answered: four fifths of the peak
/// for three seconds, four times the peak for ten, four fifths again. Then it finds the peak once
/// more, since the machine's speed may have changed. On 2,000 connections, and on 4,000; three
/// rounds of each. A whole run writes its figures into docs/PERFORMANCE.md.
#[derive(Args)]
pub(super) struct Overload {
    /// Only this storage; written nowhere
    #[arg(long)]
    storage: Option<Storage>,
}

const ROUNDS: usize = 3;

/// How many connections the clients have.
const CONNECTIONS: [u32; 2] = [2_000, 4_000];

/// How much is asked, in peaks, and for how many seconds.
const BEFORE: (f64, u64) = (0.8, 3);
const DURING: (f64, u64) = (4.0, 10);
const AFTER: (f64, u64) = (0.8, 8);

/// Of a load that a server can bear, so much has to be answered for it to have recovered: as the
/// mean of so many windows.
const RECOVERED: f64 = 0.9;
const WINDOWS: usize = 5;
const WINDOW_SECONDS: f64 = 0.1;

const GOODPUT: f64 = 0.9;
const RECOVERY_SECONDS: f64 = 5.0;

/// What came of the requests of a part, as `crates/app/examples/open_loop.rs` tells it.
#[derive(Clone, Debug, Default, Deserialize)]
struct Seen {
    due: u64,
    not_sent: u64,
    good: Latencies,
    refused: Latencies,
    refused_without_retry_after: u64,
    failed: u64,
    good_by_window: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Latencies {
    count: u64,
    p99_us: f64,
}

/// One round on so many connections, and the peaks before and after its load.
struct Round {
    peaks: [f64; 2],
    during: Seen,
    after: Seen,
}

/// What was found with so many connections.
struct Row {
    storage: Storage,
    connections: u32,
    rounds: Vec<Round>,
}

impl Overload {
    pub(super) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        let programs = Programs::build(sh, Build::Release)?;
        let is_chosen = |storage: &Storage| self.storage.is_none_or(|it| it == *storage);
        let mut rows = Vec::new();
        let mut machine = None;
        for storage in Storage::ALL.into_iter().filter(is_chosen) {
            let services = (storage == Storage::Servers).then(|| Services::durable(sh));
            let services = services.transpose()?;
            let services = services.as_ref();
            let subject = Subject::start(sh, &programs.tieline, storage, services, None, 1)?;
            for connections in CONNECTIONS {
                rows.push(Row {
                    storage,
                    connections,
                    rounds: rounds(sh, &programs, &subject, connections)?,
                });
            }
            machine = Some(Machine::look(sh, services));
        }
        let text = text(&machine.context("nothing was measured")?, &rows);
        println!("{text}");
        if self.storage.is_none() {
            page::write(sh, "overload", &text)?;
            eprintln!("wrote {}", page::PAGE);
        }
        Ok(())
    }
}

fn rounds(
    sh: &Shell,
    programs: &Programs,
    subject: &Subject<'_>,
    connections: u32,
) -> anyhow::Result<Vec<Round>> {
    let load = |word: &str, parts: &[String]| -> anyhow::Result<Vec<Seen>> {
        let (program, port) = (&programs.open_loop, subject.process.port.to_string());
        let (api_key, body) = (mint::API_KEY, mint::BODY);
        let run = cmd!(sh, "{program} {port} {api_key} {word} {body} {parts...}");
        let seen: Vec<Seen> = serde_json::from_str(&run.quiet().read()?)?;
        ensure!(seen.len() == parts.len(), "a part is missing: {seen:?}");
        Ok(seen)
    };
    let told = subject.storage.told();
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        let word = format!("{connections}-{round}");
        let closed = |seconds: u64| format!("max:{seconds}:{TARGET_CONNECTIONS}");
        let peak = |when: &str| -> anyhow::Result<f64> {
            let seen = load(&format!("peak-{when}-{word}"), &[closed(2), closed(4)])?;
            Ok(as_f64(seen[1].good.count) / 4.0)
        };
        let before = peak("before")?;
        let part =
            |(peaks, seconds): (f64, u64)| format!("{:.0}:{seconds}:{connections}", peaks * before);
        let parts = [BEFORE, DURING, AFTER].map(part);
        let [_, during, after] = load(&format!("load-{word}"), &parts)?
            .try_into()
            .map_err(|seen| anyhow::anyhow!("there are three parts: {seen:?}"))?;
        let peaks = [before, peak("after")?];
        let round = Round {
            peaks,
            during,
            after,
        };
        let (goodput, recovery) = (round.goodput(), round.recovery());
        eprintln!(
            "overload: {told}, {connections} connections, round {} of {ROUNDS}: peaks of {:.0}/s and \
             {:.0}/s, of which {goodput:.2} is left, recovered after {recovery:.1} s",
            rounds.len() + 1,
            peaks[0],
            peaks[1]
        );
        rounds.push(round);
    }
    Ok(rounds)
}

impl Round {
    /// As many mints a second as there were before the load and after it, in the mean.
    fn peak(&self) -> f64 {
        self.peaks.iter().sum::<f64>() / 2.0
    }

    /// Good answers while far too much was asked, in peaks.
    fn goodput(&self) -> f64 {
        as_f64(self.during.good.count) / as_f64(DURING.1) / self.peak()
    }

    /// Seconds after the load has fallen until what is asked is answered, or as much of it as the
    /// server can still do; infinite where it never is.
    fn recovery(&self) -> f64 {
        let [before, after] = self.peaks;
        let bearable = after.min(AFTER.0 * before);
        let wanted = RECOVERED * bearable * WINDOW_SECONDS * as_f64(WINDOWS as u64);
        let mut windows = self.after.good_by_window.windows(WINDOWS);
        let first = windows.position(|windows| as_f64(windows.iter().sum()) >= wanted);
        first.map_or(f64::INFINITY, |first| as_f64(first as u64) * WINDOW_SECONDS)
    }
}

impl Row {
    fn of(&self, what: fn(&Round) -> f64) -> Spread {
        let nothing = Spread {
            median: f64::NAN,
            min: f64::NAN,
            max: f64::NAN,
        };
        Spread::of(self.rounds.iter().map(what)).unwrap_or(nothing)
    }

    fn cells(&self) -> Vec<String> {
        let a_second = |count: u64| as_f64(count) / as_f64(DURING.1);
        let (goodput, recovery) = (self.of(Round::goodput), self.of(Round::recovery));
        let count = |what: fn(&Round) -> u64| {
            let counts = self.rounds.iter().map(what);
            a_second(counts.sum()) / as_f64(self.rounds.len() as u64)
        };
        let milliseconds =
            |what: fn(&Round) -> f64| format!("{:.0} ms", self.of(what).median / 1000.0);
        vec![
            self.storage.told().to_owned(),
            self.connections.to_string(),
            format!("{:.0}/s", self.of(Round::peak).median),
            format!("{:.0}/s", count(|round| round.during.due)),
            goodput.to_string(),
            Wanted::AtLeast(GOODPUT).told(goodput.median, |bound| bound.to_string()),
            milliseconds(|round| round.during.good.p99_us),
            format!("{:.0}/s", count(|round| round.during.refused.count)),
            milliseconds(|round| round.during.refused.p99_us),
            format!("{:.0}/s", count(|round| round.during.not_sent)),
            format!(
                "{:.1}/s",
                count(|round| round.during.failed + round.during.refused_without_retry_after)
            ),
            recovery.to_string(),
            Wanted::AtMost(RECOVERY_SECONDS).told(recovery.median, |bound| bound.to_string()),
        ]
    }
}

fn text(machine: &Machine, rows: &[Row]) -> String {
    let mut text = String::new();
    for (what, value) in &machine.0 {
        if ["date", "commit"].contains(what) {
            let _ = writeln!(text, "{what} {value}  ");
        }
    }
    text += "\n| storage | connections | peak | asked | answered with a URL, in peaks | wanted | p99 \
             | refused with 503 | p99 | not sent | failed, or 503 without `Retry-After` | seconds to \
             recover | wanted |\n";
    text += &"| --- ".repeat(13);
    text += "|\n";
    for row in rows {
        let _ = writeln!(text, "| {} |", row.cells().join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(peaks: [f64; 2], good_by_window: Vec<u64>) -> Round {
        let good = Latencies {
            count: 8_500,
            p99_us: 0.0,
        };
        Round {
            peaks,
            during: Seen {
                good,
                ..Seen::default()
            },
            after: Seen {
                good_by_window,
                ..Seen::default()
            },
        }
    }

    #[test]
    fn what_is_left_is_told_in_peaks() {
        let round = round([1_200.0, 800.0], Vec::new());
        assert!((round.goodput() - 0.85).abs() < 1e-9);
    }

    #[test]
    fn it_has_recovered_when_what_is_asked_is_answered() {
        let steady = |good_by_window| round([1_000.0; 2], good_by_window);
        let quick = steady(vec![80; 80]);
        let late = steady([vec![0; 10], vec![80; 70]].concat());
        let never = steady(vec![40; 80]);
        let slower = round([1_000.0, 420.0], vec![40; 80]);
        assert!(quick.recovery() < 1e-9);
        assert!(slower.recovery() < 1e-9);
        assert!((late.recovery() - 1.0).abs() < 0.11, "{}", late.recovery());
        assert!(never.recovery().is_infinite());
    }
}
