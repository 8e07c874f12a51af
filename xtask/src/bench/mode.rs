//! What is measured, and what is wanted of it.

use clap::ValueEnum;

use super::wrk::Keys;

/// One way of using Tieline.
#[derive(Debug)]
pub(super) struct Mode {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// What it is called in the tables.
    pub(super) told: &'static str,
    pub(super) storage: Storage,
    pub(super) job: Job,
    pub(super) targets: Targets,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Mint(Keys),
    /// The end of a flow, with everything but the provider's own time.
    Callback,
}

/// What Tieline stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Storage {
    Sqlite,
    /// Postgres and Redis.
    #[value(name = "postgres")]
    Servers,
}

/// What is wanted at [`TARGET_CONNECTIONS`], in floors: the median of all rounds.
#[derive(Debug)]
pub(super) struct Targets {
    /// Requests in a second, at least.
    pub(super) requests: f64,
    /// CPU time per request, at most.
    pub(super) cpu: Option<f64>,
    /// The 99th percentile of latencies, at most.
    pub(super) p99: Option<f64>,
}

pub(super) const TARGET_CONNECTIONS: usize = 64;

/// What is wanted of the process itself.
pub(super) const IDLE_MIB: f64 = 20.0;
pub(super) const LOADED_MIB: f64 = 50.0;
pub(super) const START_MS: f64 = 100.0;
pub(super) const BINARY_MB: f64 = 25.0;

const UNKEYED: Targets = Targets {
    requests: 0.75,
    cpu: Some(1.5),
    p99: Some(1.5),
};
const KEYED: Targets = Targets {
    requests: 0.5,
    cpu: Some(2.8),
    p99: Some(1.5),
};

pub(super) const MODES: &[Mode] = &[
    Mode {
        name: "mint-sqlite",
        told: "mint, SQLite",
        storage: Storage::Sqlite,
        job: Job::Mint(Keys::None),
        targets: UNKEYED,
    },
    Mode {
        name: "mint-postgres",
        told: "mint, Postgres + Redis",
        storage: Storage::Servers,
        job: Job::Mint(Keys::None),
        targets: UNKEYED,
    },
    Mode {
        name: "keyed-sqlite",
        told: "mint with idempotency-key, SQLite",
        storage: Storage::Sqlite,
        job: Job::Mint(Keys::New),
        targets: Targets {
            requests: 0.28,
            cpu: Some(3.5),
            p99: Some(5.0),
        },
    },
    Mode {
        name: "keyed-postgres",
        told: "mint with idempotency-key, Postgres + Redis",
        storage: Storage::Servers,
        job: Job::Mint(Keys::New),
        targets: KEYED,
    },
    Mode {
        name: "replay-postgres",
        told: "replay of an idempotency-key, Postgres + Redis",
        storage: Storage::Servers,
        job: Job::Mint(Keys::Repeated),
        targets: KEYED,
    },
    Mode {
        name: "callback-postgres",
        told: "callback, Postgres + Redis",
        storage: Storage::Servers,
        job: Job::Callback,
        targets: Targets {
            requests: 0.8,
            cpu: None,
            p99: None,
        },
    },
];

impl Mode {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        MODES.iter().find(|mode| mode.name == name)
    }
}

impl Storage {
    pub(super) const ALL: [Self; 2] = [Self::Sqlite, Self::Servers];

    /// What it is called in the tables.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Servers => "Postgres + Redis",
        }
    }
}
