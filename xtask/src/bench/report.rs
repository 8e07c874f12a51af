//! What a run has found.

use std::fmt::Write;

use serde::Serialize;

use super::{
    figures::{Row, Spread},
    machine::Machine,
    mode::{BINARY_MB, IDLE_MIB, LOADED_MIB, Mode, START_MS, TARGET_CONNECTIONS},
    peers,
    wrk::as_f64,
};

/// More than this share of the CPU in other hands, and figures deserve no trust.
const OTHERS: f64 = 0.12;

/// All that a run has found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) rounds: usize,
    pub(super) seconds: u64,
    pub(super) rows: Vec<Row>,
    pub(super) programs: Vec<Program>,
    pub(super) peers: Vec<peers::Row>,
    /// Why there are no peers, if they were to be there.
    pub(super) no_peers: Option<String>,
    /// The size of the release; none where another build was loaded.
    pub(super) binary_bytes: Option<u64>,
    /// What could not be measured, and why.
    pub(super) missing: Vec<String>,
}

/// What the process itself needs, on one storage.
#[derive(Debug, Serialize)]
pub(super) struct Program {
    pub(super) storage: &'static str,
    pub(super) idle_kib: u64,
    pub(super) loaded_kib: u64,
    pub(super) peak_kib: u64,
    pub(super) start_ms: Spread,
}

impl Report {
    /// The whole of it, for people: Markdown.
    pub(super) fn text(&self) -> String {
        let parts = [
            self.circumstances(),
            self.warnings(),
            self.targets(),
            self.programs(),
            self.peers(),
            self.all_rows(),
        ];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("\n")
    }

    /// What makes a run fail: figures that are none.
    pub(super) fn failures(&self) -> Vec<String> {
        let faults = self.rows.iter().flat_map(|row| {
            let place = format!("{} at c = {}", row.mode, row.connections);
            let faults = row.faults.iter();
            faults.map(move |fault| format!("{place} is invalid: {fault}"))
        });
        self.missing.iter().cloned().chain(faults).collect()
    }

    fn circumstances(&self) -> String {
        let mut text = String::from("| | |\n| --- | --- |\n");
        for (name, value) in &self.machine.0 {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        let (rounds, seconds) = (self.rounds, self.seconds);
        let _ = writeln!(text, "| rounds | {rounds}, each load {seconds} s |");
        text
    }

    fn warnings(&self) -> String {
        let mut lines = self.failures();
        if self.binary_bytes.is_none() {
            lines.push("this is no release, so its figures say nothing".to_owned());
        }
        let disturbed = self.rows.iter().filter(|row| row.others > OTHERS);
        let count = disturbed.clone().count();
        let worst = disturbed.map(|row| row.others).fold(0.0, f64::max);
        if count > 0 {
            lines.push(format!(
                "other processes took more than {} of the CPU (up to {}) during {count} of {} rows: \
                 do not trust these",
                percent(OTHERS),
                percent(worst),
                self.rows.len()
            ));
        }
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "- **Mind:** {line}");
            text
        })
    }

    fn targets(&self) -> String {
        let mut text = format!(
            "At c = {TARGET_CONNECTIONS}, in floors: median (least–most of the rounds), and what is \
             wanted.\n\n\
             | mode | requests/s | wanted | CPU per request | wanted | p99 | wanted |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        let rows = self.rows.iter();
        for row in rows.filter(|row| row.connections == TARGET_CONNECTIONS) {
            let Some(mode) = Mode::named(row.mode) else {
                continue;
            };
            let targets = &mode.targets;
            let cells = [
                mode.told.to_owned(),
                row.cell(Some(row.requests_ratio)),
                row.verdict(
                    Some(row.requests_ratio),
                    Some(Wanted::AtLeast(targets.requests)),
                ),
                row.cell(row.cpu_ratio),
                row.verdict(row.cpu_ratio, targets.cpu.map(Wanted::AtMost)),
                row.cell(Some(row.p99_ratio)),
                row.verdict(Some(row.p99_ratio), targets.p99.map(Wanted::AtMost)),
            ];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    fn programs(&self) -> String {
        let mut text =
            String::from("The process itself.\n\n| | seen | wanted |\n| --- | --- | --- |\n");
        let mut line = |what: &str, seen: String, value: f64, unit: &str, most: f64| {
            let wanted = Wanted::AtMost(most).told(value, |most| format!("{most} {unit}"));
            let _ = writeln!(text, "| {what} | {seen} | {wanted} |");
        };
        for program in &self.programs {
            let storage = program.storage;
            let idle = mebibytes(program.idle_kib);
            let what = format!("memory, idle ({storage})");
            line(&what, format!("{idle:.1} MiB"), idle, "MiB", IDLE_MIB);
            let (now, peak) = (mebibytes(program.loaded_kib), mebibytes(program.peak_kib));
            let what = format!("memory, after all loads ({storage})");
            let seen = format!("{now:.1} MiB, peak {peak:.1} MiB");
            line(&what, seen, now, "MiB", LOADED_MIB);
            let what = format!("start to first good answer ({storage})");
            let start = program.start_ms;
            let seen = format!("{:.0} ms ({:.0}–{:.0})", start.median, start.min, start.max);
            line(&what, seen, start.median, "ms", START_MS);
        }
        if let Some(bytes) = self.binary_bytes {
            let (what, size) = ("release binary, sandbox included", as_f64(bytes) / 1e6);
            line(what, format!("{size:.1} MB"), size, "MB", BINARY_MB);
        }
        text
    }

    fn peers(&self) -> String {
        if let Some(cause) = &self.no_peers {
            return format!("The peers could not be installed or started: {cause}\n");
        }
        if self.peers.is_empty() {
            return String::new();
        }
        let mut text = format!(
            "Others at c = {TARGET_CONNECTIONS}, and how many times as much a mint on SQLite is.\n\n\
             | | requests/s | a mint ÷ | wanted |\n| --- | --- | --- | --- |\n"
        );
        for row in &self.peers {
            let wanted = row.wanted.map(Wanted::AtLeast);
            let wanted = wanted.map_or_else(String::new, |it| {
                it.told(row.ratio.median, |bound| bound.to_string())
            });
            let (told, rate) = (row.told, row.requests_per_second.median);
            let _ = writeln!(text, "| {told} | {rate:.0} | {} | {wanted} |", row.ratio);
        }
        text
    }

    fn all_rows(&self) -> String {
        let mut text = String::from(
            "All of it: ratios are Tieline ÷ floor of the same round.\n\n\
             | mode | c | requests/s | floor's | requests/s ÷ | p50 | p50 ÷ | p99 | p99 ÷ | CPU per request | CPU ÷ |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for row in &self.rows {
            let milliseconds = |spread: Spread| format!("{:.2} ms", spread.median / 1000.0);
            let cells = [
                Mode::named(row.mode)
                    .map_or(row.mode, |mode| mode.told)
                    .to_owned(),
                row.connections.to_string(),
                format!("{:.0}", row.requests_per_second.median),
                format!("{:.0}", row.floor_requests_per_second.median),
                row.cell(Some(row.requests_ratio)),
                milliseconds(row.p50_us),
                row.cell(Some(row.p50_ratio)),
                milliseconds(row.p99_us),
                row.cell(Some(row.p99_ratio)),
                row.cpu_us
                    .map_or_else(unseen, |cpu| format!("{:.0} µs", cpu.median)),
                row.cell(row.cpu_ratio),
            ];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

impl Row {
    fn cell(&self, spread: Option<Spread>) -> String {
        match spread {
            _ if !self.faults.is_empty() => "invalid".to_owned(),
            Some(spread) => spread.to_string(),
            None => unseen(),
        }
    }

    fn verdict(&self, seen: Option<Spread>, wanted: Option<Wanted>) -> String {
        let seen = seen.filter(|_| self.faults.is_empty());
        let seen = seen.map_or(f64::NAN, |spread| spread.median);
        wanted.map_or_else(String::new, |it| it.told(seen, |bound| bound.to_string()))
    }
}

/// A bound.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

impl Wanted {
    /// The bound, and whether what was seen keeps it.
    pub(super) fn told(self, seen: f64, told: impl Fn(f64) -> String) -> String {
        let (sign, bound, is_met) = match self {
            Self::AtLeast(bound) => ("≥", bound, seen >= bound),
            Self::AtMost(bound) => ("≤", bound, seen <= bound),
        };
        let bound = told(bound);
        if seen.is_nan() {
            format!("{sign} {bound}")
        } else if is_met {
            format!("{sign} {bound}: met")
        } else {
            format!("{sign} {bound}: **missed**")
        }
    }
}

fn unseen() -> String {
    "not seen".to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn mebibytes(kib: u64) -> f64 {
    as_f64(kib) / 1024.0
}

#[cfg(test)]
mod tests;
