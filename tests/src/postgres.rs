//! A database of a test's own on the Postgres server that the surroundings name.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use url::Url;

use crate::services::named;

/// Version 3.0 of the protocol.
const PROTOCOL: i32 = 3 << 16;

/// A database, gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server: Url,
}

impl TestDatabase {
    /// An empty one.
    #[must_use]
    pub fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let server = named("TIELINE_TEST_POSTGRES_URL");
        let database = Self {
            name: format!("tieline_fleet_{}_{number}", process::id()),
            server: server.parse().expect("a URL"),
        };
        let name = &database.name;
        execute(&database.server, &format!("CREATE DATABASE {name}"));
        database
    }

    /// Its name, which no other test's has.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url
    }

    /// Where it is for those who go by a relay at this port of this machine, which reads along.
    #[must_use]
    pub fn url_by(&self, port: u16) -> Url {
        let mut url = self.url();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        url.set_query(Some("sslmode=disable"));
        url
    }

    /// Runs statements in it; answers the first column of all that they give, as text.
    #[must_use]
    pub fn ask(&self, sql: &str) -> Vec<String> {
        execute(&self.url(), sql)
    }

    /// Host and port of the server.
    #[must_use]
    pub fn address(&self) -> String {
        address(&self.server)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A server that has gone must not hide why the test failed.
        let _ = thread::spawn(move || drop(execute(&server, &sql))).join();
    }
}

fn address(url: &Url) -> String {
    let host = url.host_str().expect("a host");
    format!("{host}:{}", url.port().unwrap_or(5432))
}

/// Runs statements; answers the first column of all that they give, as text. Of the protocol it
/// knows no more than that takes.
fn execute(database: &Url, sql: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(address(database)).expect("Postgres listens");
    let mut startup = PROTOCOL.to_be_bytes().to_vec();
    let name = database.path().trim_start_matches('/');
    for text in ["user", database.username(), "database", name, ""] {
        startup.extend_from_slice(text.as_bytes());
        startup.push(0);
    }
    send(&mut stream, &[], &startup);
    await_ready(&mut stream);
    send(&mut stream, b"Q", format!("{sql}\0").as_bytes());
    await_ready(&mut stream)
}

fn send(stream: &mut TcpStream, kind: &[u8], body: &[u8]) {
    let length = i32::try_from(body.len() + 4).expect("it is short");
    let message = [kind, &length.to_be_bytes(), body].concat();
    stream.write_all(&message).expect("Postgres reads");
}

/// Reads until the server is ready for more; answers the first column of the rows before that.
fn await_ready(stream: &mut TcpStream) -> Vec<String> {
    let mut rows = Vec::new();
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).expect("Postgres answers");
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).expect("a whole message");
        match head[0] {
            b'Z' => return rows,
            b'D' => rows.push(first_column(&body)),
            b'E' => panic!("Postgres refuses: {}", String::from_utf8_lossy(&body)),
            b'R' => assert_eq!(
                body, [0; 4],
                "the Postgres of TIELINE_TEST_POSTGRES_URL must let these tests in without a \
                 password: leave the variable out, and `cargo xtask test` starts one that does"
            ),
            _ => {}
        }
    }
}

/// The first column of a row as it is sent: the number of columns, then of each its length and its
/// text.
fn first_column(row: &[u8]) -> String {
    let (_, rest) = row.split_at(2);
    let (length, rest) = rest.split_first_chunk().expect("a column");
    // NULL has the length -1.
    let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or_default();
    String::from_utf8_lossy(&rest[..length]).into_owned()
}
