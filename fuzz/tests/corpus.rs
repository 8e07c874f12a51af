//! What fuzzing found, and what it begins with, on every machine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use tieline_fuzz::TARGETS;

/// More than this has not been minimised (`cargo xtask fuzz --keep` does it).
const MOST_BYTES: u64 = 64 * 1024;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Runs a target with all that is kept for it.
fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let files = entries(&corpus().join(name));
    assert!(!files.is_empty(), "{name} has no corpus");
    let failed: Vec<_> = files
        .into_iter()
        .filter(|file| {
            let input = fs::read(file).unwrap();
            catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "{name} fails with {failed:#?}");
}

#[test]
fn callback_query_holds() {
    replay("callback_query");
}

#[test]
fn event_body_holds() {
    replay("event_body");
}

#[test]
fn provider_reply_holds() {
    replay("provider_reply");
}

#[test]
fn state_holds() {
    replay("state");
}

#[test]
fn every_target_has_a_small_corpus_and_no_other_folder_is_there() {
    let folders = entries(&corpus());
    let expected: BTreeSet<_> = TARGETS.iter().map(|it| corpus().join(it.name)).collect();
    assert_eq!(folders, expected);
    for folder in folders {
        let sizes = entries(&folder)
            .into_iter()
            .map(|file| fs::metadata(file).unwrap().len());
        assert!(sizes.sum::<u64>() <= MOST_BYTES, "{}", folder.display());
    }
}

/// The tests above are one a target, so that a failure says which.
#[test]
fn every_target_is_replayed() {
    let source = include_str!("corpus.rs");
    for target in TARGETS {
        let call = format!("replay(\"{}\")", target.name);
        assert!(source.contains(&call), "{}", target.name);
    }
}
