//! The servers that tests talk to: Postgres and Redis.
//!
//! Each is the one that a variable names, else a throw-away started for this run: from programs of
//! this machine, else in a container, else from the packages of the distribution.

mod container;
mod database;
mod keeper;
mod postgres;
mod programs;
mod redis;

use std::path::PathBuf;

use anyhow::Context;
use xshell::Shell;

use self::{container::Engine, keeper::Server, postgres::psql};
use crate::packages;

pub(crate) use self::{database::Database, keeper::free_port};

/// A kind of server, and the ways to come by one.
struct Kind {
    name: &'static str,
    /// Names a server in place of a throw-away, and tells the tests where the server is.
    variable: &'static str,
    /// The package of Debian that brings its programs.
    package: &'static str,
    /// Starts a throw-away from programs of this machine; `None` where they are missing.
    start: fn(&Shell) -> anyhow::Result<Option<Server>>,
    /// Starts a throw-away in a container.
    start_in: fn(&Shell, &Engine) -> anyhow::Result<Server>,
}

/// Servers for the time of a run. Those that were started end with this, and with the task,
/// however that ends.
pub(crate) struct Services {
    available: Vec<(Kind, Source)>,
}

/// Where a server comes from.
enum Source {
    /// Somebody else keeps it.
    Given(String),
    Started(Server),
    /// The same in a container, where it is no process of the task.
    Contained(Server),
}

impl Services {
    /// Finds or starts all of them.
    pub(crate) fn start(sh: &Shell) -> anyhow::Result<Self> {
        Self::of(sh, vec![postgres::KIND, redis::KIND])
    }

    /// Finds or starts Postgres alone.
    pub(crate) fn postgres(sh: &Shell) -> anyhow::Result<Self> {
        Self::of(sh, vec![postgres::KIND])
    }

    /// Finds or starts all of them, Postgres as it runs where nothing may be lost: for measuring.
    pub(crate) fn durable(sh: &Shell) -> anyhow::Result<Self> {
        Self::of(sh, vec![postgres::DURABLE, redis::KIND])
    }

    fn of(sh: &Shell, kinds: Vec<Kind>) -> anyhow::Result<Self> {
        let mut available = Vec::new();
        let mut missing = Vec::new();
        for kind in kinds {
            match kind.find(sh)? {
                Some(source) => available.push((kind, source)),
                None => missing.push(kind),
            }
        }
        if !missing.is_empty() {
            available.extend(install(sh, missing)?);
        }
        let services = Self { available };
        for (kind, source) in &services.available {
            eprintln!("{}: {}", kind.name, source.told());
        }
        Ok(services)
    }

    /// What the tests are told: variables and their values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let available = self.available.iter();
        available.map(|(kind, source)| (kind.variable, source.url()))
    }

    /// Where Postgres is.
    pub(crate) fn postgres_url(&self) -> Option<&str> {
        self.url(&postgres::KIND)
    }

    /// Where Redis is.
    pub(crate) fn redis_url(&self) -> Option<&str> {
        self.url(&redis::KIND)
    }

    fn url(&self, wanted: &Kind) -> Option<&str> {
        let mut variables = self.variables();
        let found = variables.find(|(variable, _)| *variable == wanted.variable);
        found.map(|(_, url)| url)
    }

    /// The processes below which all of the servers run; none where one of them runs elsewhere.
    pub(crate) fn keepers(&self) -> Option<Vec<u32>> {
        let sources = self.available.iter().map(|(_, source)| source);
        sources.map(Source::keeper).collect()
    }
}

impl Kind {
    fn find(&self, sh: &Shell) -> anyhow::Result<Option<Source>> {
        if let Some(url) = sh.var_os(self.variable) {
            let url = url.to_str().map(str::to_owned);
            let url = url.with_context(|| format!("{} is not UTF-8", self.variable))?;
            return Ok(Some(Source::Given(url)));
        }
        let name = self.name;
        let started = (self.start)(sh).with_context(|| format!("{name} does not start"))?;
        if let Some(server) = started {
            return Ok(Some(Source::Started(server)));
        }
        let Some(engine) = Engine::find(sh) else {
            return Ok(None);
        };
        let server = (self.start_in)(sh, &engine);
        let server = server.with_context(|| format!("{name} does not start in a container"))?;
        Ok(Some(Source::Contained(server)))
    }
}

/// Starts what no other way has brought, from packages of the distribution.
fn install(sh: &Shell, missing: Vec<Kind>) -> anyhow::Result<Vec<(Kind, Source)>> {
    let list = |of: fn(&Kind) -> &'static str| missing.iter().map(of).collect::<Vec<_>>();
    let (names, packages) = (list(|kind| kind.name), list(|kind| kind.package));
    let names = names.join(" and ");
    packages::install(sh, &packages).with_context(|| {
        format!(
            "tests need {names}, and there is neither the program here nor a container engine \
             (`cargo xtask test --no-services` leaves those tests out)"
        )
    })?;
    let start = |kind: Kind| {
        let source = kind.find(sh)?;
        let source = source.with_context(|| format!("{} was installed in vain", kind.name))?;
        Ok((kind, source))
    };
    missing.into_iter().map(start).collect()
}

/// A new folder for a server's data.
fn data_folder(sh: &Shell, name: &str) -> anyhow::Result<PathBuf> {
    Ok(sh.create_dir(sh.current_dir().join("target/services").join(name))?)
}

impl Source {
    fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Started(server) | Self::Contained(server) => server.url(),
        }
    }

    fn keeper(&self) -> Option<u32> {
        match self {
            Self::Started(server) => Some(server.keeper()),
            Self::Given(_) | Self::Contained(_) => None,
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Given(_) => "the one that the variable names".to_owned(),
            Self::Started(server) | Self::Contained(server) => {
                format!("a throw-away at {}", server.url())
            }
        }
    }
}
