use super::{
    super::figures::{Pair, Sample},
    *,
};

fn sample(rate: f64) -> Sample {
    Sample {
        requests_per_second: rate,
        p50_us: 100.0,
        p99_us: 200.0,
        cpu_us: Some(20.0),
        others: 0.01,
        fault: None,
    }
}

fn report(tieline: Sample) -> Report {
    let pair = Pair {
        floor: sample(10_000.0),
        tieline,
    };
    Report {
        machine: Machine(vec![("CPU", "a fast one".to_owned())]),
        rounds: 1,
        seconds: 2,
        rows: vec![Row::of("mint-sqlite", 64, &[pair]).unwrap()],
        programs: vec![Program {
            storage: "SQLite",
            idle_kib: 10 * 1024,
            loaded_kib: 60 * 1024,
            peak_kib: 70 * 1024,
            start_ms: Spread::of([30.0]).unwrap(),
        }],
        peers: vec![peers::Row {
            told: "a peer",
            wanted: Some(10.0),
            requests_per_second: Spread::of([400.0]).unwrap(),
            ratio: Spread::of([20.0]).unwrap(),
        }],
        no_peers: None,
        binary_bytes: Some(20_000_000),
        missing: Vec::new(),
    }
}

#[track_caller]
fn check(report: &Report, words: &[&str]) {
    let text = report.text();
    for expected in words {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn what_was_seen_stands_beside_what_is_wanted() {
    check(
        &report(sample(8000.0)),
        &[
            "| CPU | a fast one |",
            "| mint, SQLite | 0.80 (0.80–0.80) | ≥ 0.75: met |",
            "| memory, idle (SQLite) | 10.0 MiB | ≤ 20 MiB: met |",
            "| memory, after all loads (SQLite) | 60.0 MiB, peak 70.0 MiB | ≤ 50 MiB: **missed** |",
            "| start to first good answer (SQLite) | 30 ms (30–30) | ≤ 100 ms: met |",
            "| a peer | 400 | 20.00 (20.00–20.00) | ≥ 10: met |",
        ],
    );
}

#[test]
fn a_missed_target_is_said() {
    check(&report(sample(1000.0)), &["≥ 0.75: **missed**"]);
}

#[test]
fn a_disturbed_row_is_not_to_be_trusted() {
    let disturbed = Sample {
        others: 0.31,
        ..sample(8000.0)
    };
    let quiet = report(sample(8000.0));
    assert!(!quiet.text().contains("do not trust"));
    check(
        &report(disturbed),
        &["more than 12 % of the CPU (up to 31 %)"],
    );
}

#[test]
fn an_invalid_figure_is_not_shown_and_fails_the_run() {
    let refused = Sample {
        fault: Some("9 answers were not 201".to_owned()),
        ..sample(8000.0)
    };
    let report = report(refused);
    check(&report, &["| mint, SQLite | invalid | ≥ 0.75 |"]);
    assert_eq!(
        report.failures(),
        ["mint-sqlite at c = 64 is invalid: Tieline: 9 answers were not 201"]
    );
}

#[test]
fn cpu_of_stores_that_run_elsewhere_is_not_seen() {
    let elsewhere = Sample {
        cpu_us: None,
        ..sample(8000.0)
    };
    check(&report(elsewhere), &["| not seen | ≤ 1.5 |"]);
}

#[test]
fn what_is_no_release_is_said_to_be_none() {
    let mut report = report(sample(8000.0));
    assert!(report.text().contains("release binary"));
    report.binary_bytes = None;
    check(&report, &["this is no release"]);
    assert!(!report.text().contains("release binary"));
}
