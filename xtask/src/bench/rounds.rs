//! The rounds: floor and Tieline in turn, under the same load.

use xshell::Shell;

use super::{
    accounting::{Snapshot, ticks_per_second},
    figures::{Pair, Row, Sample},
    mint,
    mode::{Mode, TARGET_CONNECTIONS},
    process::Process,
    subject::Subject,
    wrk::{Keys, Load, Wrk, as_f64},
};

/// How much is measured.
pub(super) struct Plan {
    pub(super) connections: &'static [usize],
    pub(super) rounds: usize,
    /// How long each load takes.
    pub(super) seconds: u64,
    /// How often each server is started.
    pub(super) starts: usize,
}

impl Plan {
    pub(super) const WHOLE: Self = Self {
        connections: &[1, 16, TARGET_CONNECTIONS, 256],
        rounds: 3,
        seconds: 5,
        starts: 5,
    };
    pub(super) const QUICK: Self = Self {
        connections: &[TARGET_CONNECTIONS],
        rounds: 1,
        seconds: 3,
        starts: 2,
    };
}

/// How long each server is warmed in each mode.
const WARM_SECONDS: u64 = 1;

/// All that a load needs besides its server.
pub(super) struct Rounds<'a> {
    sh: &'a Shell,
    wrk: &'a Wrk,
    plan: &'a Plan,
    floor: &'a Process,
    ticks_per_second: f64,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(
        sh: &'a Shell,
        wrk: &'a Wrk,
        plan: &'a Plan,
        floor: &'a Process,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            sh,
            wrk,
            plan,
            floor,
            ticks_per_second: ticks_per_second(sh)?,
        })
    }

    /// One row for each mode, of those whose server runs, and each number of connections.
    pub(super) fn run(
        &self,
        modes: &[&'static Mode],
        subjects: &[Subject<'_>],
    ) -> anyhow::Result<Vec<Row>> {
        let with_subject = |mode: &&'static Mode| {
            let mut subjects = subjects.iter();
            Some((*mode, subjects.find(|it| it.storage == mode.storage)?))
        };
        let loaded: Vec<_> = modes.iter().filter_map(with_subject).collect();
        for (mode, subject) in &loaded {
            eprintln!("bench: warming {}", mode.name);
            self.pair(mode, subject, TARGET_CONNECTIONS, WARM_SECONDS, "warm")?;
        }
        let mut pairs = vec![Vec::new(); loaded.len() * self.plan.connections.len()];
        for round in 1..=self.plan.rounds {
            let places = self.plan.connections.iter().flat_map(|connections| {
                let loaded = loaded.iter();
                loaded.map(move |(mode, subject)| (*connections, *mode, *subject))
            });
            for ((connections, mode, subject), pairs) in places.zip(&mut pairs) {
                let word = format!("{round}-{connections}");
                let pair = self.pair(mode, subject, connections, self.plan.seconds, &word)?;
                self.tell(round, connections, mode, &pair);
                pairs.push(pair);
            }
        }
        Ok(self.rows(&loaded, &pairs))
    }

    fn rows(&self, loaded: &[(&'static Mode, &Subject<'_>)], pairs: &[Vec<Pair>]) -> Vec<Row> {
        let connections = self.plan.connections.iter();
        let places = connections.flat_map(|it| loaded.iter().map(move |(mode, _)| (mode, *it)));
        let rows = places.zip(pairs);
        let mut rows: Vec<Row> = rows
            .filter_map(|((mode, connections), pairs)| Row::of(mode.name, connections, pairs))
            .collect();
        let place = |row: &Row| loaded.iter().position(|(mode, _)| mode.name == row.mode);
        rows.sort_by_key(place);
        rows
    }

    /// The floor gets the same bytes as Tieline: what they cost wrk, they cost it in both.
    fn pair(
        &self,
        mode: &Mode,
        subject: &Subject<'_>,
        connections: usize,
        seconds: u64,
        word: &str,
    ) -> anyhow::Result<Pair> {
        let word = match mode.keys {
            Keys::Repeated => mode.name.to_owned(),
            Keys::None | Keys::New | Keys::InBody => format!("{}-{word}", mode.name),
        };
        let (floor_url, url) = (mint::url(self.floor.port), mint::url(subject.process.port));
        let load = |url| Load {
            url,
            body: mint::BODY,
            api_key: mint::API_KEY,
            keys: mode.keys,
            word: &word,
            connections,
            seconds,
        };
        let floor = self.sample(&load(&floor_url), Some(&[self.floor.id()]))?;
        let charged = subject.charged.as_deref();
        let tieline = self.sample(&load(&url), charged)?;
        Ok(Pair { floor, tieline })
    }

    fn sample(&self, load: &Load<'_>, charged: Option<&[u32]>) -> anyhow::Result<Sample> {
        let before = Snapshot::take()?;
        let seen = self.wrk.run(self.sh, load)?;
        let after = Snapshot::take()?;
        let cpu_us = charged.map(|charged| {
            let seconds = as_f64(after.spent_since(&before, charged)) / self.ticks_per_second;
            seconds * 1e6 / as_f64(seen.requests)
        });
        Ok(Sample {
            requests_per_second: seen.requests_per_second(),
            p50_us: seen.p50_us,
            p99_us: seen.p99_us,
            cpu_us,
            others: after.others_since(&before),
            fault: seen.fault(),
        })
    }

    fn tell(&self, round: usize, connections: usize, mode: &Mode, pair: &Pair) {
        let rounds = self.plan.rounds;
        let (floor, tieline) = (&pair.floor, &pair.tieline);
        eprintln!(
            "bench: round {round} of {rounds}, c = {connections}, {}: {:.0} requests/s, floor {:.0}",
            mode.name, tieline.requests_per_second, floor.requests_per_second
        );
    }
}
