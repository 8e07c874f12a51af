//! The rounds: floor and Tieline in turn, under the same load.

use anyhow::{Context, ensure};
use xshell::Shell;

use super::{
    accounting::Snapshot,
    figures::{Pair, Row, Sample, Spread},
    mint,
    mode::{Job, Mode, TARGET_CONNECTIONS},
    peers::{self, Peer},
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

/// More callbacks than can be ended in a second.
const CALLBACKS_A_SECOND: u64 = 4_000;

/// Of so many callbacks that were answered a connection must have been stored. The others are in
/// work when the load is cut off, or come twice, where it outlasts its states.
const STORED: f64 = 0.95;

/// All that a load needs besides its server.
pub(super) struct Rounds<'a> {
    pub(super) sh: &'a Shell,
    pub(super) wrk: &'a Wrk,
    pub(super) plan: &'a Plan,
    pub(super) floor: &'a Process,
    pub(super) callback_floor: Option<&'a Process>,
    pub(super) ticks_per_second: f64,
}

impl Rounds<'_> {
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
            subject.analyze()?;
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

    /// One row for each peer: what it answers, and what Tieline does right before it.
    pub(super) fn peers(
        &self,
        subject: &Subject<'_>,
        peers: &[Peer],
    ) -> anyhow::Result<Vec<peers::Row>> {
        let url = mint::url(subject.process.port);
        let mint = Load {
            url: &url,
            body: mint::BODY,
            api_key: mint::API_KEY,
            keys: Keys::None,
            word: "peers",
            connections: TARGET_CONNECTIONS,
            seconds: self.plan.seconds,
        };
        let mut rows = Vec::new();
        for peer in peers {
            let url = peer.url();
            let theirs = Load {
                url: &url,
                body: "",
                ..mint
            };
            let mut pairs = Vec::new();
            for round in 1..=self.plan.rounds {
                let (ours, theirs) = (
                    self.wrk.run(self.sh, &mint)?,
                    self.wrk.run(self.sh, &theirs)?,
                );
                for seen in [&ours, &theirs] {
                    let fault = seen.fault();
                    ensure!(fault.is_none(), "{}: {fault:?}", peer.told);
                }
                let (ours, theirs) = (ours.requests_per_second(), theirs.requests_per_second());
                eprintln!(
                    "bench: round {round} of {}, {}: {theirs:.0} requests/s, a mint {ours:.0}",
                    self.plan.rounds, peer.told
                );
                pairs.push((ours, theirs));
            }
            let of = |what: fn(&(f64, f64)) -> f64| Spread::of(pairs.iter().map(what));
            rows.push(peers::Row {
                told: peer.told,
                wanted: peer.wanted,
                requests_per_second: of(|(_, theirs)| *theirs).context("it was loaded")?,
                ratio: of(|(ours, theirs)| ours / theirs).context("it was loaded")?,
            });
        }
        Ok(rows)
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

    fn pair(
        &self,
        mode: &Mode,
        subject: &Subject<'_>,
        connections: usize,
        seconds: u64,
        word: &str,
    ) -> anyhow::Result<Pair> {
        match mode.job {
            Job::Mint(keys) => {
                let word = match keys {
                    Keys::Repeated => mode.name.to_owned(),
                    _ => format!("{}-{word}", mode.name),
                };
                self.mints(keys, subject, connections, seconds, &word)
            }
            Job::Callback => self.callbacks(subject, connections, seconds),
        }
    }

    /// The floor gets the same bytes as Tieline: what they cost wrk, they cost it in both.
    fn mints(
        &self,
        keys: Keys,
        subject: &Subject<'_>,
        connections: usize,
        seconds: u64,
        word: &str,
    ) -> anyhow::Result<Pair> {
        let (floor_url, url) = (mint::url(self.floor.port), mint::url(subject.process.port));
        let load = |url| Load {
            url,
            body: mint::BODY,
            api_key: mint::API_KEY,
            keys,
            word,
            connections,
            seconds,
        };
        let floor = self.sample(&load(&floor_url), Some(&[self.floor.id()]))?;
        let charged = subject.charged.as_deref();
        let tieline = self.sample(&load(&url), charged)?;
        Ok(Pair { floor, tieline })
    }

    fn callbacks(
        &self,
        subject: &Subject<'_>,
        connections: usize,
        seconds: u64,
    ) -> anyhow::Result<Pair> {
        let floor = self.callback_floor.context("it was not started")?;
        let count = usize::try_from(CALLBACKS_A_SECOND * seconds)?;
        let targets = mint::callbacks(subject.process.port, count)?;
        let first = targets.lines().next().unwrap_or_default().to_owned();
        let folder = self.sh.create_temp_dir()?;
        let file = folder.path().join("targets");
        self.sh.write_file(&file, targets)?;
        let file = file.display().to_string();
        let load = |url, keys| Load {
            url,
            body: "",
            api_key: mint::API_KEY,
            keys,
            word: &file,
            connections,
            seconds,
        };
        // The floor looks at no state: one will do for all that it can answer.
        let floor_url = format!("http://127.0.0.1:{}{first}", floor.port);
        let url = format!("http://127.0.0.1:{}", subject.process.port);
        let stores = subject.charged.as_ref().map(|charged| &charged[1..]);
        let charged = stores.map(|stores| [&[floor.id()], stores].concat());
        let floor = self.sample(&load(&floor_url, Keys::None), charged.as_deref())?;
        let before = subject.connections()?;
        let mut tieline = self.sample(&load(&url, Keys::InFile), subject.charged.as_deref())?;
        let stored = as_f64(subject.connections()? - before);
        let answered = tieline.requests_per_second * as_f64(seconds);
        if stored < answered * STORED {
            let fault = format!("{answered:.0} callbacks stored {stored} connections");
            tieline.fault.get_or_insert(fault);
        }
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
