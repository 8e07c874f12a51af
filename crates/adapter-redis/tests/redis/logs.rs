//! What is logged.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use tieline_adapter_redis::RedisMemory;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    server::{Server, free_port},
    support::{memory, soon},
};

/// What this thread logs. A test of one thread runs all of its tasks there.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (log, guard)
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let ours = text.lines().filter(|line| line.contains("tieline"));
        ours.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn come_and_go(memory: &RedisMemory, port: u16) {
    let server = Server::at(port, &[]);
    soon(memory.until(true)).await;
    drop(server);
}

#[tokio::test]
async fn it_is_said_once_that_the_server_is_away_and_once_that_it_is_back() {
    let (log, _guard) = Log::start();
    let port = free_port();
    let memory = memory(&format!("redis://127.0.0.1:{port}"), "own").await;
    // As many tries as it takes until the server has started.
    come_and_go(&memory, port).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("Redis is away"));
    assert!(lines[1].contains("INFO") && lines[1].contains("Redis is back"));
}

#[tokio::test]
async fn no_password_is_logged() {
    let (log, _guard) = Log::start();
    let port = free_port();
    let _server = Server::at(port, &["--requirepass", "the-right-one"]);
    for account in ["", "somebody"] {
        let url = format!("redis://{account}:hunter22@127.0.0.1:{port}");
        let memory = memory(&url, "own").await;
        assert!(!memory.is_there());
        assert!(!format!("{memory:?}").contains("hunter22"));
    }
    let everything = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(everything.contains("authentication failed"), "{everything}");
    assert!(!everything.contains("hunter22"), "{everything}");
}
