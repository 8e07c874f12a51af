//! What an import tells: a line for each entry about which it does something, and a table.

use std::{fmt, process::ExitCode};

use tieline_domain::{
    reason::Reason,
    usecase::{ExportedKind, Implied, ImportOptions, ImportOutcome, Refusal},
};

/// After how many entries the progress is told.
const STEP: usize = 1000;

/// How the program ends where something was refused.
const REFUSED: u8 = 2;

/// Where an entry stands.
pub(super) struct Origin {
    pub(super) kind: Option<ExportedKind>,
    pub(super) name: Option<String>,
    pub(super) file: String,
    /// Its place in the file, from 1.
    pub(super) entry: usize,
}

/// What has come of the entries so far.
pub(super) struct Report {
    dry_run: bool,
    update: bool,
    expected: Vec<Origin>,
    told: usize,
    rows: [Row; ExportedKind::ALL.len()],
    unrecognized: usize,
}

/// How many entries of a kind came to what end.
#[derive(Clone, Copy, Default)]
struct Row {
    made: usize,
    updated: usize,
    unchanged: usize,
    skipped: usize,
    refused: usize,
}

/// What is done with an entry, in a word each for an import and a dry run.
struct Verb(&'static str, &'static str);

const MADE: Verb = Verb("made", "make");
const UPDATED: Verb = Verb("updated", "update");
const SKIPPED: Verb = Verb("skipped", "skip");
const REFUSAL: Verb = Verb("refused", "refuse");

impl Report {
    pub(super) fn new(options: &ImportOptions) -> Self {
        Self {
            dry_run: options.dry_run,
            update: options.update,
            expected: Vec::new(),
            told: 0,
            rows: Default::default(),
            unrecognized: 0,
        }
    }

    /// Takes note of an entry that goes into the import: the next one in it.
    pub(super) fn expect(&mut self, origin: Origin) {
        self.expected.push(origin);
    }

    /// Tells of an entry that cannot even be read.
    pub(super) fn refuse(&mut self, origin: &Origin, refusal: &Refusal) {
        match origin.kind {
            Some(kind) => self.row(kind).refused += 1,
            None => self.unrecognized += 1,
        }
        self.line(&REFUSAL, origin, &self.advice(refusal));
    }

    /// Tells what became of an entry of the import.
    pub(super) fn tell(&mut self, index: usize, outcome: &ImportOutcome) {
        let Some(kind) = self.expected[index].kind else {
            return;
        };
        let row = self.row(kind);
        let told = match outcome {
            ImportOutcome::Made(implied) => {
                row.made += 1;
                Some((MADE, along(implied)))
            }
            ImportOutcome::Updated(members) => {
                row.updated += 1;
                Some((UPDATED, members.join(", ")))
            }
            ImportOutcome::Unchanged => {
                row.unchanged += 1;
                None
            }
            ImportOutcome::Skipped(why) => {
                row.skipped += 1;
                Some((SKIPPED, why.clone()))
            }
            ImportOutcome::Refused(refusal) => {
                row.refused += 1;
                Some((REFUSAL, self.advice(refusal)))
            }
        };
        if let Some((verb, told)) = told {
            self.line(&verb, &self.expected[index], &told);
        }
        if let ImportOutcome::Made(implied) = outcome {
            for each in implied {
                self.row(kind_of(each)).made += 1;
            }
        }
        self.told += 1;
        if self.told.is_multiple_of(STEP) {
            eprintln!("{} of {} entries", self.told, self.expected.len());
        }
    }

    /// Prints the table.
    pub(super) fn summarize(&self) {
        println!();
        let heads = if self.dry_run {
            [
                "to make",
                "to update",
                "already here",
                "to skip",
                "to refuse",
            ]
        } else {
            ["made", "updated", "already here", "skipped", "refused"]
        };
        print_row("", heads);
        for (kind, row) in ExportedKind::ALL.iter().zip(&self.rows) {
            let Row {
                made,
                updated,
                unchanged,
                skipped,
                refused,
            } = row;
            print_row(
                &format!("{kind}s"),
                [made, updated, unchanged, skipped, refused],
            );
        }
        if self.unrecognized > 0 {
            let cells = ["", "", "", "", &self.unrecognized.to_string()];
            print_row("others", cells);
        }
        if self.dry_run {
            println!("\nThis was a dry run: nothing was changed.");
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        let refused: usize = self.rows.iter().map(|row| row.refused).sum();
        if refused + self.unrecognized > 0 {
            return ExitCode::from(REFUSED);
        }
        ExitCode::SUCCESS
    }

    fn row(&mut self, kind: ExportedKind) -> &mut Row {
        &mut self.rows[kind as usize]
    }

    fn line(&self, Verb(done, planned): &Verb, origin: &Origin, told: &str) {
        let verb = if self.dry_run { planned } else { done };
        let separator = if told.is_empty() { "" } else { ": " };
        println!("{verb:8} {origin}{separator}{told}");
    }

    /// Why an entry was refused, and what to do about it.
    fn advice(&self, refusal: &Refusal) -> String {
        let remedy = match refusal.reason {
            Reason::IntegrationNotFound => {
                "Make it with `tieline integrations create`, or name another one with \
                 --map-integration."
            }
            Reason::AlreadyExists if !self.update => {
                "With --update it is changed to what was exported."
            }
            Reason::AlreadyExists | Reason::IdentifierTaken => {
                "Delete the one that is here, or take the entry out of the file."
            }
            Reason::ConnectionNotFound => {
                "Import the connection first, or take the entry out of the file."
            }
            Reason::ValidationFailed | Reason::MalformedRequest => {
                "Mend the entry in the file, or export it again."
            }
            reason => reason.remedy(),
        };
        format!("{}. {remedy}", refusal.message.trim_end_matches('.'))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{kind:10} ")?;
        }
        if let Some(name) = &self.name {
            write!(f, "{name} ")?;
        }
        write!(f, "({}, entry {})", self.file, self.entry)
    }
}

fn kind_of(implied: &Implied) -> ExportedKind {
    match implied {
        Implied::Subscriber(_) => ExportedKind::Subscriber,
        Implied::Context(_) => ExportedKind::Context,
    }
}

/// What is made along with an entry.
fn along(implied: &[Implied]) -> String {
    if implied.is_empty() {
        return String::new();
    }
    let names: Vec<_> = implied.iter().map(ToString::to_string).collect();
    format!("with {}, of which the id alone is known", names.join(", "))
}

fn print_row(name: &str, [made, updated, unchanged, skipped, refused]: [impl fmt::Display; 5]) {
    println!("{name:12}{made:>9}{updated:>11}{unchanged:>14}{skipped:>9}{refused:>11}");
}
