//! A Redis, or a Valkey, of one test's own: to be killed, stopped and emptied.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::port::free_port;

/// What it prints when it serves.
const SIGN: &str = "Ready to accept connections";

/// How much is written to push everything else out.
const JUNK: usize = 64 * 1024;

/// A server; killed when this is dropped.
#[derive(Debug)]
pub struct OwnRedis {
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl OwnRedis {
    /// Starts one on a free port.
    #[must_use]
    pub fn start() -> Self {
        let mut server = Self {
            port: free_port(),
            folder: TempDir::with_prefix("tieline-redis-").expect("a temporary folder"),
            process: None,
        };
        server.start_again();
        server
    }

    /// Starts it again where it was, with nothing in it.
    pub fn start_again(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new(program());
        command.args(["--port", &port, "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no"]);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        let started = command.stdout(Stdio::piped()).spawn();
        let process = self.process.insert(started.expect("it starts"));
        let output = process.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line.contains(SIGN)),
            "Redis does not start"
        );
        // What nobody reads would stop it once the pipe is full.
        thread::spawn(move || lines.for_each(drop));
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it can be killed");
            process.wait().expect("it ends");
        }
    }

    /// Stops it where it is: whoever asks it gets no answer.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on after a pause.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("it is running");
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", signal, &process.id().to_string()]);
        assert!(sent.status().expect("kill runs").success());
    }

    /// Makes it forget everything.
    pub fn flush(&self) {
        assert!(self.ask("FLUSHALL").starts_with("+OK"));
    }

    /// Leaves it so little room that it gives up everything that it knows for what comes now, and
    /// then for each other.
    pub fn evict(&self) {
        let memory = self.ask("INFO memory");
        let mut lines = memory.lines();
        let used = lines.find_map(|line| line.strip_prefix("used_memory:"));
        let used: usize = used.expect("it tells").trim().parse().expect("a number");
        let room = used + JUNK;
        assert!(
            self.ask("CONFIG SET maxmemory-policy allkeys-lru")
                .starts_with("+OK")
        );
        assert!(
            self.ask(&format!("CONFIG SET maxmemory {room}"))
                .starts_with("+OK")
        );
        let (junk, known) = ("x".repeat(1024), self.keys());
        for number in 0.. {
            self.ask(&format!("SET junk:{number} {junk} PX 600000"));
            if self.keys().iter().all(|key| !known.contains(key)) {
                return;
            }
            assert!(number < 4000, "it gives up nothing: {known:?}");
        }
    }

    /// What it knows, apart from junk.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let told = self.ask("KEYS *");
        let keys = told.lines().filter(|line| line.contains(':'));
        let ours = keys.filter(|key| !key.starts_with("junk:"));
        ours.map(str::to_owned).collect()
    }

    /// What it answers to a command, as it comes.
    fn ask(&self, command: &str) -> String {
        let address = ("127.0.0.1", self.port);
        let mut stream = TcpStream::connect(address).expect("it listens");
        let asked = format!("{command}\r\nQUIT\r\n");
        stream.write_all(asked.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(!answer.starts_with('-'), "{command}: {answer}");
        answer
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program, of whichever name.
fn program() -> &'static str {
    let runs = |name: &&str| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null());
        version.status().is_ok()
    };
    let found = ["redis-server", "valkey-server"].into_iter().find(runs);
    found.expect(
        "neither redis-server nor valkey-server is on the path: `cargo xtask test` installs one \
         where it can",
    )
}
