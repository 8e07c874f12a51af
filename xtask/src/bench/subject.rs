//! Tieline on one storage, prepared and running.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xshell::{Shell, cmd};

use super::{
    accounting::memory,
    mint,
    mode::{Job, Mode, Storage},
    process::{LOG, Process},
    wrk::Keys,
};
use crate::services::{Database, Services, free_port};

/// The highest rate limits there are. They refuse nothing here, and counting costs what it costs.
const RATE_LIMIT: &str = "1000000";

/// They open nothing: no provider is ever asked.
const CREDENTIALS: &str =
    r#"{"clientId": "1111111111.2222222222", "secretKey": "a-secret-of-the-bench"}"#;

/// How much of the log is shown of a server that does not come up.
const SHOWN_LINES: usize = 8;

/// A running server, and what is known of it.
pub(super) struct Subject<'a> {
    pub(super) storage: Storage,
    pub(super) process: Process,
    /// How many milliseconds after each start the first good answer came.
    pub(super) starts_ms: Vec<f64>,
    /// Memory in use after that answer, in KiB.
    pub(super) idle_kib: u64,
    /// The size of the URLs that it mints.
    pub(super) url_bytes: usize,
    /// The processes whose CPU is charged to its requests; none where a store's cannot be seen.
    pub(super) charged: Option<Vec<u32>>,
    home: Home<'a>,
}

/// Where it lives; gone in the end.
pub(super) struct Home<'a> {
    sh: &'a Shell,
    pub(super) folder: PathBuf,
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) database: Option<Database<'a>>,
}

impl<'a> Subject<'a> {
    /// Makes all that a mint needs, and starts the server so many times on it; the last one stays.
    pub(super) fn start(
        sh: &'a Shell,
        program: &Path,
        storage: Storage,
        services: Option<&'a Services>,
        slack: Option<&Process>,
        starts: usize,
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut home = Home::make(sh, storage, services, port, "mints")?;
        if let Some(slack) = slack {
            let slack = format!("http://127.0.0.1:{}", slack.port);
            home.variables.extend([
                ("TIELINE_SLACK_BASE_URL", slack),
                ("TIELINE_ALLOW_PRIVATE_ADDRESSES", "true".to_owned()),
            ]);
        }
        home.fill(program)?;
        let mut starts_ms = Vec::new();
        let mut running = None;
        for _ in 0..starts.max(1) {
            drop(running.take());
            let mut process = Process::tieline(program, &home.folder, &home.variables, port)?;
            let answered = process.first_answer();
            let (answer, ms) = answered.with_context(|| home.told_log())?;
            starts_ms.push(ms);
            running = Some((process, answer));
        }
        let (process, answer) = running.context("it was started")?;
        let url = answer.url().context("the answer has no URL")?;
        let stores = match storage {
            Storage::Sqlite => Some(Vec::new()),
            Storage::Servers => services.and_then(Services::keepers),
        };
        Ok(Self {
            storage,
            starts_ms,
            idle_kib: memory(process.id())?.0,
            url_bytes: url.len(),
            charged: stores.map(|stores| [vec![process.id()], stores].concat()),
            process,
            home,
        })
    }

    /// Makes sure that a mode is what it is called.
    pub(super) fn check(&self, mode: &Mode) -> anyhow::Result<()> {
        let Job::Mint(keys) = mode.job else {
            return self.check_callback();
        };
        let key = format!("check-{}", mode.name);
        let key = (keys != Keys::None).then_some(key.as_str());
        let first = mint::send(self.process.port, key)?;
        ensure!(first.status == 201, "the answer is not 201: {first:?}");
        let second = mint::send(self.process.port, key)?;
        let is_same = first.url() == second.url();
        ensure!(
            is_same == key.is_some() && second.is_replay() == key.is_some(),
            "a second mint is not what it should be: {second:?}"
        );
        Ok(())
    }

    fn check_callback(&self) -> anyhow::Result<()> {
        let port = self.process.port;
        let before = self.connections()?;
        let targets = mint::callbacks(port, 1)?;
        let answer = mint::open(port, targets.trim())?;
        let made = self.connections()? - before;
        ensure!(
            answer.status == 303 && made == 1,
            "a callback made {made} connections: {answer:?}\n{}",
            self.home.told_log()
        );
        Ok(())
    }

    /// Has Postgres look at what the tables hold, as it does by itself a minute after they have
    /// grown: until then it uses the plans that it made for empty ones.
    pub(super) fn analyze(&self) -> anyhow::Result<()> {
        let database = self.home.database.as_ref();
        database.map_or(Ok(()), |it| it.execute("ANALYZE").map(drop))
    }

    /// Ends the server as an operator does, and waits until it has.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().to_string();
        cmd!(self.home.sh, "kill -TERM {pid}").quiet().run()?;
        let status = self.process.wait()?;
        ensure!(
            status.success(),
            "it ended with {status}\n{}",
            self.home.told_log()
        );
        Ok(())
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> anyhow::Result<u64> {
        let database = self.home.database.as_ref();
        let database = database.context("they are counted in Postgres alone")?;
        let count = database.execute("SELECT count(*) FROM connections")?;
        Ok(count.trim().parse()?)
    }
}

impl<'a> Home<'a> {
    /// One for a server at this port, told from others by `word`.
    pub(super) fn make(
        sh: &'a Shell,
        storage: Storage,
        services: Option<&'a Services>,
        port: u16,
        word: &str,
    ) -> anyhow::Result<Self> {
        let name = format!("{storage:?}-{word}-{}", std::process::id()).to_lowercase();
        let folder = sh.create_dir(sh.current_dir().join("target/bench").join(&name))?;
        let data = folder.join("data").display().to_string();
        let mut home = Self {
            sh,
            folder,
            variables: vec![
                ("TIELINE_DATA_DIR", data),
                ("TIELINE_LISTEN", format!("127.0.0.1:{port}")),
                ("TIELINE_BOOTSTRAP_API_KEY", mint::API_KEY.to_owned()),
                ("TIELINE_RATE_LIMIT_MINT", RATE_LIMIT.to_owned()),
                ("TIELINE_RATE_LIMIT_KEY", RATE_LIMIT.to_owned()),
                ("TIELINE_RATE_LIMIT_OTHER", RATE_LIMIT.to_owned()),
                ("TIELINE_RATE_LIMIT_PAGES", RATE_LIMIT.to_owned()),
            ],
            database: None,
        };
        if storage == Storage::Servers {
            let services = services.context("no servers were started")?;
            let server = services.postgres_url().context("there is no Postgres")?;
            let redis = services.redis_url().context("there is no Redis")?;
            let own = home
                .database
                .insert(Database::make(sh, server, &format!("bench_{word}"))?);
            home.variables.extend([
                ("TIELINE_DATABASE_URL", own.url().to_owned()),
                ("TIELINE_REDIS_URL", redis.to_owned()),
                ("TIELINE_REDIS_PREFIX", format!("tieline-{name}")),
            ]);
        }
        Ok(home)
    }

    /// Makes the tables, and the integration and the subscriber that the request names.
    pub(super) fn fill(&self, program: &Path) -> anyhow::Result<()> {
        self.tell(program, &["migrate"], "")?;
        self.integrate(program, mint::INTEGRATION)?;
        self.tell(program, &["subscribers", "create", mint::SUBSCRIBER], "")?;
        Ok(())
    }

    /// Makes an integration.
    pub(super) fn integrate(&self, program: &Path, identifier: &str) -> anyhow::Result<()> {
        let create = [
            "integrations",
            "create",
            "--provider",
            "slack",
            "--identifier",
        ];
        self.tell(program, &[&create[..], &[identifier]].concat(), CREDENTIALS)?;
        Ok(())
    }

    /// Makes an API key that may do everything but see tokens; answers it.
    pub(super) fn key(&self, program: &Path) -> anyhow::Result<String> {
        let told = self.tell(program, &["api-keys", "create", "--name", "bench"], "")?;
        let words = told.split_whitespace();
        let key = words.into_iter().find(|word| word.starts_with("tl_"));
        Ok(key.context("no key was made")?.to_owned())
    }

    /// Runs a command of Tieline here, with nothing but the server's own variables; answers what
    /// it says.
    fn tell(&self, program: &Path, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let _here = self.sh.push_dir(&self.folder);
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| format!("{name}={value}"));
        let command = cmd!(self.sh, "env -i {variables...} {program} {arguments...}");
        let told = command.quiet().stdin(input).ignore_status().output()?;
        let complaint = String::from_utf8_lossy(&told.stderr);
        let words = arguments.join(" ");
        ensure!(told.status.success(), "`tieline {words}`: {complaint}");
        Ok(String::from_utf8(told.stdout)?)
    }

    pub(super) fn told_log(&self) -> String {
        let log = self.sh.read_file(self.folder.join(LOG)).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(SHOWN_LINES).collect();
        format!("its log, newest first:\n{}\n", lines.join("\n"))
    }
}

impl Drop for Home<'_> {
    fn drop(&mut self) {
        let _left_behind = self.sh.remove_path(&self.folder);
    }
}
