//! From what was seen to figures.

use std::fmt;

use serde::Serialize;

/// The middle and the ends of what several rounds gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, min, max } = self;
        write!(f, "{median:.2} ({min:.2}–{max:.2})")
    }
}

/// One load of the floor or of Tieline.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) requests_per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    /// CPU per request of the server and its stores; none where it cannot be seen.
    pub(super) cpu_us: Option<f64>,
    /// The share of the machine's CPU that went to others.
    pub(super) others: f64,
    /// Why all of this is worth nothing, if it is.
    pub(super) fault: Option<String>,
}

/// The floor and, right after it, Tieline under the same load.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) floor: Sample,
    pub(super) tieline: Sample,
}

/// All rounds of one mode at one number of connections. Ratios are Tieline ÷ floor of the same
/// round.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) mode: &'static str,
    pub(super) connections: usize,
    pub(super) requests_ratio: Spread,
    pub(super) p50_ratio: Spread,
    pub(super) p99_ratio: Spread,
    pub(super) cpu_ratio: Option<Spread>,
    pub(super) requests_per_second: Spread,
    pub(super) floor_requests_per_second: Spread,
    pub(super) p50_us: Spread,
    pub(super) p99_us: Spread,
    pub(super) cpu_us: Option<Spread>,
    /// The largest share of the machine's CPU that others took meanwhile.
    pub(super) others: f64,
    /// Why the figures of this row are worth nothing, if they are.
    pub(super) faults: Vec<String>,
}

impl Spread {
    /// Of at least one value.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Some(Self { median, min, max })
    }
}

impl Row {
    /// Of at least one round.
    pub(super) fn of(mode: &'static str, connections: usize, pairs: &[Pair]) -> Option<Self> {
        let seen = |what: fn(&Pair) -> f64| Spread::of(pairs.iter().map(what));
        let seen_by_all = |what: fn(&Pair) -> Option<f64>| {
            let values: Option<Vec<f64>> = pairs.iter().map(what).collect();
            values.and_then(Spread::of)
        };
        let others = pairs
            .iter()
            .flat_map(|it| [it.floor.others, it.tieline.others]);
        Some(Self {
            mode,
            connections,
            requests_ratio: seen(|it| it.ratio(|of| of.requests_per_second))?,
            p50_ratio: seen(|it| it.ratio(|of| of.p50_us))?,
            p99_ratio: seen(|it| it.ratio(|of| of.p99_us))?,
            cpu_ratio: seen_by_all(|it| Some(it.tieline.cpu_us? / it.floor.cpu_us?)),
            requests_per_second: seen(|it| it.tieline.requests_per_second)?,
            floor_requests_per_second: seen(|it| it.floor.requests_per_second)?,
            p50_us: seen(|it| it.tieline.p50_us)?,
            p99_us: seen(|it| it.tieline.p99_us)?,
            cpu_us: seen_by_all(|it| it.tieline.cpu_us),
            others: others.fold(0.0, f64::max),
            faults: pairs.iter().flat_map(Pair::faults).collect(),
        })
    }
}

impl Pair {
    fn ratio(&self, what: fn(&Sample) -> f64) -> f64 {
        what(&self.tieline) / what(&self.floor)
    }

    fn faults(&self) -> impl Iterator<Item = String> {
        let of = |who: &str, sample: &Sample| {
            let fault = sample.fault.as_ref();
            fault.map(|fault| format!("{who}: {fault}"))
        };
        let (floor, tieline) = (of("floor", &self.floor), of("Tieline", &self.tieline));
        floor.into_iter().chain(tieline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rate: f64, cpu_us: Option<f64>) -> Sample {
        Sample {
            requests_per_second: rate,
            p50_us: 100.0,
            p99_us: 200.0,
            cpu_us,
            others: 0.01,
            fault: None,
        }
    }

    fn pair(floor: f64, tieline: Sample) -> Pair {
        Pair {
            floor: sample(floor, Some(10.0)),
            tieline,
        }
    }

    #[track_caller]
    fn check(spread: Spread, median: f64, min: f64, max: f64) {
        for (found, expected) in [
            (spread.median, median),
            (spread.min, min),
            (spread.max, max),
        ] {
            assert!((found - expected).abs() < 1e-9, "{spread:?}");
        }
    }

    #[test]
    fn the_median_is_the_middle_one_or_between_the_two_middle_ones() {
        check(Spread::of([3.0, 1.0, 2.0]).unwrap(), 2.0, 1.0, 3.0);
        check(Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap(), 2.5, 1.0, 4.0);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_ratio_is_taken_of_each_round_before_the_median() {
        let pairs = [
            pair(1000.0, sample(500.0, Some(20.0))),
            pair(2000.0, sample(1600.0, Some(15.0))),
            pair(100.0, sample(60.0, Some(30.0))),
        ];
        let row = Row::of("mint-sqlite", 64, &pairs).unwrap();
        check(row.requests_ratio, 0.6, 0.5, 0.8);
        check(row.cpu_ratio.unwrap(), 2.0, 1.5, 3.0);
    }

    #[test]
    fn cpu_that_was_not_seen_in_every_round_is_not_told() {
        let pairs = [
            pair(1.0, sample(1.0, Some(1.0))),
            pair(1.0, sample(1.0, None)),
        ];
        assert_eq!(Row::of("m", 1, &pairs).unwrap().cpu_ratio, None);
    }

    #[test]
    fn a_fault_of_any_round_is_a_fault_of_the_row() {
        let faulty = Sample {
            fault: Some("2 answers were not 201".to_owned()),
            ..sample(1.0, None)
        };
        let pairs = [pair(1.0, sample(1.0, None)), pair(1.0, faulty)];
        let row = Row::of("m", 1, &pairs).unwrap();
        assert_eq!(row.faults, ["Tieline: 2 answers were not 201"]);
    }
}
