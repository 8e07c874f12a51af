//! What was found, for people: Markdown.

use std::fmt::Write;

use super::{FEW, Served, fill::Size, questions::Question};
use crate::bench::{figures::Spread, machine::Machine, mode::Storage, report::Wanted};

/// What was found of one question.
pub(super) struct Row {
    question: &'static Question,
    /// Requests in a second, of the large store and of the small one.
    large: Spread,
    small: Spread,
    ratio: Spread,
}

impl Row {
    /// Of what the large store and the small one answered in a second, round by round.
    pub(super) fn of(question: &'static Question, pairs: &[(f64, f64)]) -> Option<Self> {
        Some(Self {
            question,
            large: Spread::of(pairs.iter().map(|(large, _)| *large))?,
            small: Spread::of(pairs.iter().map(|(_, small)| *small))?,
            ratio: Spread::of(pairs.iter().map(|(large, small)| large / small))?,
        })
    }
}

pub(super) fn text(
    storage: Storage,
    machine: &Machine,
    large: &Served<'_>,
    rows: &[Row],
) -> String {
    let (told, count) = (storage.told(), large.rows);
    let mut text = format!("{told}, {count} connections against {FEW}");
    for (what, value) in &machine.0 {
        if ["date", "commit"].contains(what) {
            let _ = write!(text, "; {what} {value}");
        }
    }
    text += ".\n\n| | requests/s | with few | ÷ | wanted |\n| --- | --- | --- | --- | --- |\n";
    for row in rows {
        let Row {
            question, ratio, ..
        } = row;
        let (name, wanted) = (question.name, Wanted::AtLeast(question.wanted));
        let wanted = wanted.told(ratio.median, |bound| bound.to_string());
        let (large, small) = (row.large.median, row.small.median);
        let _ = writeln!(
            text,
            "| {name} | {large:.0} | {small:.0} | {ratio} | {wanted} |"
        );
    }
    text += "\n| table | rows | bytes for each, indexes included |\n| --- | --- | --- |\n";
    for Size { table, rows, bytes } in &large.sizes {
        let _ = writeln!(text, "| `{table}` | {rows} | {} |", bytes / rows.max(&1));
    }
    text + "\n"
}
