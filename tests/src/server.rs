//! `tieline serve` as a process.

use std::{fs, process::ExitStatus};

use url::Url;

use crate::{
    Home, Process, http_client,
    port::free_port,
    process::{LOG, PRINTED},
    until,
};

/// The admin key of the first environment of every server that is not given another one.
pub const BOOTSTRAP_KEY: &str = "bootstrap-key-8f2d61c0a94be735";

/// Where providers send people back to.
pub const CALLBACK_PATH: &str = "/v1/integrations/chat/oauth/callback";

/// How many ports are tried: another program may take a free one first.
const TRIES: usize = 5;

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    /// Its data folder and settings.
    pub home: Home,
    arguments: &'static [&'static str],
    port: u16,
    process: Option<Process>,
}

impl Server {
    /// Starts a server on a free port and waits until it is ready.
    pub async fn start(home: Home) -> Self {
        Self::start_with(home, &[]).await
    }

    /// The same with more arguments.
    pub async fn start_with(home: Home, arguments: &'static [&'static str]) -> Self {
        let mut server = Self {
            home,
            arguments,
            port: 0,
            process: None,
        };
        for _ in 0..TRIES {
            server.port = free_port();
            if server.try_start().await {
                return server;
            }
            assert!(
                server.log().contains("cannot listen on"),
                "the server does not start: {}",
                server.log()
            );
        }
        panic!("no port is free");
    }

    /// Starts it again, on the same data and at the same address, and waits until it is ready.
    pub async fn start_again(&mut self) {
        assert!(self.starts_again().await, "no second start: {}", self.log());
    }

    /// Starts it again; answers whether it came to be ready rather than to an end.
    pub async fn starts_again(&mut self) -> bool {
        assert!(self.process.is_none(), "it is running");
        self.try_start().await
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_none_or(Process::has_ended)
    }

    /// Whether it came to be ready rather than to an end.
    async fn try_start(&mut self) -> bool {
        let (http, url) = (http_client(), self.url("/readyz"));
        let mut process = self.spawn();
        let ready = until("the server is ready", async || {
            if process.has_ended() {
                return Some(false);
            }
            let answer = http.get(url.clone()).send().await.ok()?;
            answer.status().is_success().then_some(true)
        });
        let ready = ready.await;
        self.process = Some(process).filter(|_| ready);
        ready
    }

    fn spawn(&self) -> Process {
        let mut command = self.home.command(&[&["serve"], self.arguments].concat());
        command.env("TIELINE_LISTEN", format!("127.0.0.1:{}", self.port));
        if !self.home.sets_a_key() {
            command.env("TIELINE_BOOTSTRAP_API_KEY", BOOTSTRAP_KEY);
        }
        Process::start(&self.home, command)
    }

    /// The id of its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("it is running").id()
    }

    /// Ends it like a crash of the machine would: at once.
    pub async fn kill(&mut self) {
        self.process.take().expect("it is running").kill().await;
    }

    /// Asks it to end, and answers at once.
    pub fn ask_to_end(&self) {
        self.process.as_ref().expect("it is running").ask_to_end();
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.take().expect("it is running").ended().await
    }

    /// The most memory that it has had in use so far, in KiB.
    #[must_use]
    pub fn peak_kib(&self) -> u64 {
        self.process.as_ref().expect("it is running").peak_kib()
    }

    /// An address at it.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        Url::parse(&url).expect("a URL")
    }

    /// The callback that its apps have to know.
    #[must_use]
    pub fn callback(&self) -> Url {
        self.url(CALLBACK_PATH)
    }

    /// Waits until it has logged a line with all of these words: a thread of its own writes it, a
    /// moment after what it is about.
    pub async fn has_logged(&self, words: &[&str]) {
        let is_it = |line: &str| words.iter().all(|word| line.contains(word));
        until(&format!("{words:?} are logged"), async || {
            self.log().lines().any(is_it).then_some(())
        })
        .await;
    }

    /// Asks it to end, and answers all that it has logged until then.
    pub async fn log_to_its_end(&mut self) -> String {
        self.ask_to_end();
        assert!(self.ended().await.success(), "{}", self.log());
        self.log()
    }

    /// All that it has logged so far, but for the last moment.
    #[must_use]
    pub fn log(&self) -> String {
        self.read(LOG)
    }

    /// All that it has printed beside its log.
    #[must_use]
    pub fn printed(&self) -> String {
        self.read(PRINTED)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Server {
    /// Shows the log's end where a test failed; the process is killed as it is dropped.
    #[expect(clippy::print_stderr, reason = "a failed test speaks")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().rev().take(12).collect();
            eprintln!("the end of the server's log, newest first:");
            eprintln!("{}", lines.join("\n"));
        }
    }
}
