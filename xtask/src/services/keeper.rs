//! Keeping a server for as long as the task runs, and not a moment longer.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, PipeReader, Write},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, bail};

/// Starts the server and waits for the end of its own standard input, which the task holds open:
/// it comes even where the task is killed. Then ends the server and clears away its data.
const KEEPER: &str = r#"
signal=$1
data=$2
shift 2
"$@" </dev/null &
server=$!
exec >/dev/null 2>&1
cat
kill -s "$signal" "$server"
wait "$server"
rm -rf "$data"
"#;

/// How many of its last lines are shown of a server that did not start.
const SHOWN_LINES: usize = 20;

/// A server that was started for this run. Dropping it ends it.
pub(super) struct Server {
    keeper: Child,
    url: String,
}

/// What is to be started.
pub(super) struct Start<'a> {
    /// The program with its arguments; it stays in the foreground.
    pub(super) command: Vec<String>,
    /// The signal that ends it without waiting for its clients.
    pub(super) signal: &'a str,
    /// The folder with its data, removed in the end.
    pub(super) data: PathBuf,
    /// What it prints until it serves, in this order.
    pub(super) signs: &'a [&'a str],
    /// Where it then is.
    pub(super) url: String,
}

impl Server {
    /// Starts a server, and waits until it says that it serves.
    pub(super) fn start(start: Start<'_>) -> anyhow::Result<Self> {
        let (output, input) = io::pipe()?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper", start.signal]);
        keeper.arg(&start.data).args(&start.command);
        keeper.stdin(Stdio::piped());
        keeper.stdout(input.try_clone()?).stderr(input);
        detach(&mut keeper);
        let server = Self {
            keeper: keeper.spawn().context("there is no `sh`")?,
            url: start.url,
        };
        // Holds ends of the pipe, which would never be read to its end.
        drop(keeper);
        let mut log = File::create(start.data.join("output.log"))?;
        let mut output = BufReader::new(output);
        await_signs(&mut output, &mut log, start.signs)?;
        // What nobody reads would stop the server once the pipe is full.
        thread::spawn(move || io::copy(&mut output, &mut log));
        Ok(server)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The process whose child the server is.
    pub(super) fn keeper(&self) -> u32 {
        self.keeper.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}

/// A port of the loopback address that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn await_signs(
    output: &mut BufReader<PipeReader>,
    log: &mut File,
    signs: &[&str],
) -> anyhow::Result<()> {
    let mut last = VecDeque::new();
    let mut awaited = signs.iter().copied().peekable();
    while let Some(sign) = awaited.peek() {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            let last: String = last.into_iter().collect();
            bail!("it ended at once; its last words:\n{last}");
        }
        log.write_all(line.as_bytes())?;
        if line.contains(sign) {
            awaited.next();
        }
        last.push_back(line);
        if last.len() > SHOWN_LINES {
            last.pop_front();
        }
    }
    Ok(())
}

/// Takes the keeper out of the terminal's group: an interrupt from the keyboard is for the task,
/// whose end the keeper sees.
fn detach(keeper: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(keeper, 0);
    #[cfg(not(unix))]
    let _ = keeper;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str, signs: &[&str], name: &str) -> (PathBuf, anyhow::Result<Server>) {
        let data = std::env::temp_dir().join(format!("keeper-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let server = Server::start(Start {
            command,
            signal: "TERM",
            data: data.clone(),
            signs,
            url: "test://here".to_owned(),
        });
        (data, server)
    }

    #[test]
    fn a_server_is_there_until_it_is_dropped_and_leaves_nothing() {
        let script = "echo one; echo two; exec sleep 600";
        let (data, server) = start(script, &["one", "two"], "kept");
        let server = server.unwrap();
        assert_eq!(server.url(), "test://here");
        assert!(data.exists());
        drop(server);
        assert!(!data.exists());
    }

    #[test]
    fn a_server_that_does_not_start_is_quoted() {
        let (data, server) = start("echo no such disk", &["ready"], "failed");
        let error = server.err().unwrap().to_string();
        assert!(error.contains("no such disk"), "{error}");
        assert!(!data.exists());
    }
}
