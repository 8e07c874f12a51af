//! What stands between the program and Postgres: a relay that can cut, refuse, and lose a reply.
//! It knows the protocol as far as its messages begin and end, and which statement is run.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    mem,
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use crate::port::free_port;

/// A relay. With it end all connections that go by it.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    state: Arc<State>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    server: String,
    open: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
    /// The next reply to this does not arrive.
    to_lose: Mutex<Option<Doomed>>,
    lost: AtomicUsize,
}

/// What is done without its reply.
#[derive(Clone, Copy, Debug)]
enum Doomed {
    /// A statement with this in it.
    Statement(&'static str),
    /// The commit of a transaction in which such a statement was run.
    CommitOf(&'static str),
}

impl Relay {
    /// A relay to the server at this address, on a port of its own.
    #[must_use]
    pub fn to(server: String) -> Self {
        let state = State {
            server,
            open: AtomicBool::new(false),
            streams: Mutex::default(),
            to_lose: Mutex::default(),
            lost: AtomicUsize::new(0),
        };
        let mut relay = Self {
            port: free_port(),
            state: Arc::new(state),
            listening: None,
        };
        relay.open();
        relay
    }

    /// Its port on the loopback address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Takes connections, as after a start of the server.
    pub fn open(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).expect("a free port");
        self.state.open.store(true, Ordering::SeqCst);
        let state = Arc::clone(&self.state);
        self.listening = Some(thread::spawn(move || listen(&listener, &state)));
    }

    /// Cuts all connections and refuses new ones, as when the server has ended.
    pub fn close(&mut self) {
        self.state.open.store(false, Ordering::SeqCst);
        if let Some(listening) = self.listening.take() {
            // It looks up only when somebody comes.
            let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
            listening.join().expect("it listened to its end");
        }
        for stream in mem::take(&mut *lock(&self.state.streams)) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// The server will do the next statement with this in it, and its connection break before the
    /// reply arrives.
    pub fn lose_reply_to(&self, statement: &'static str) {
        *lock(&self.state.to_lose) = Some(Doomed::Statement(statement));
    }

    /// The same with the commit of the next transaction in which a statement with this in it is run.
    pub fn lose_reply_to_commit_of(&self, statement: &'static str) {
        *lock(&self.state.to_lose) = Some(Doomed::CommitOf(statement));
    }

    /// How many replies were lost so far.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.close();
    }
}

fn listen(listener: &TcpListener, state: &Arc<State>) {
    for client in listener.incoming() {
        if !state.open.load(Ordering::SeqCst) {
            return;
        }
        // A client that goes away is none of the test's business.
        let _ = client.and_then(|client| connect(client, state));
    }
}

/// Connects a client with the server, in both directions.
fn connect(client: TcpStream, state: &Arc<State>) -> io::Result<()> {
    let server = TcpStream::connect(&state.server)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        lock(&state.streams).push(stream.try_clone()?);
    }
    let mut link = Link {
        state: Arc::clone(state),
        statements: HashMap::new(),
        transaction: String::new(),
        is_lost: Arc::default(),
    };
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    let is_lost = Arc::clone(&link.is_lost);
    thread::spawn(move || {
        let _ = pass_replies(&from, &to, &is_lost);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    thread::spawn(move || {
        let _ = link.pass_requests(&client, &server);
        let _ = server.shutdown(Shutdown::Write);
    });
    Ok(())
}

/// Passes on what the server says, up to the reply that is to be lost.
fn pass_replies(mut from: &TcpStream, mut to: &TcpStream, is_lost: &AtomicBool) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 || is_lost.load(Ordering::SeqCst) {
            return Ok(());
        }
        to.write_all(&buffer[..length])?;
    }
}

/// One connection, as far as it has come.
struct Link {
    state: Arc<State>,
    /// What was prepared, by name.
    statements: HashMap<Vec<u8>, Vec<u8>>,
    /// What was run since the last transaction began.
    transaction: String,
    /// Whether what the server says from now on is lost.
    is_lost: Arc<AtomicBool>,
}

impl Link {
    fn pass_requests(&mut self, from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
        // The first message has no kind before its length.
        to.write_all(&read_message(from, 0)?)?;
        loop {
            let message = read_message(from, 1)?;
            self.watch(message[0], &message[5..]);
            to.write_all(&message)?;
        }
    }

    /// Statements are prepared under a name, perhaps the empty one, and bound under it to be run.
    fn watch(&mut self, kind: u8, body: &[u8]) {
        let mut texts = body.split(|byte| *byte == 0);
        let mut next = || texts.next().unwrap_or_default().to_vec();
        match kind {
            b'P' => {
                let (name, statement) = (next(), next());
                self.statements.insert(name, statement);
            }
            b'B' => {
                let (_portal, name) = (next(), next());
                let statement = self.statements.get(&name).cloned();
                self.run(&statement.unwrap_or_default());
            }
            b'Q' => self.run(&next()),
            _ => {}
        }
    }

    fn run(&mut self, statement: &[u8]) {
        let statement = String::from_utf8_lossy(statement);
        if statement.starts_with("BEGIN") {
            self.transaction.clear();
        }
        self.transaction.push_str(&statement);
        let is_doomed = |doomed| match doomed {
            Doomed::Statement(words) => statement.contains(words),
            Doomed::CommitOf(words) => {
                statement.starts_with("COMMIT") && self.transaction.contains(words)
            }
        };
        let mut to_lose = lock(&self.state.to_lose);
        if to_lose.is_some_and(is_doomed) {
            *to_lose = None;
            self.state.lost.fetch_add(1, Ordering::SeqCst);
            self.is_lost.store(true, Ordering::SeqCst);
        }
    }
}

/// A whole message, whose length stands behind so many bytes.
fn read_message(mut from: &TcpStream, before: usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; before + 4];
    from.read_exact(&mut message)?;
    let mut length = [0; 4];
    length.copy_from_slice(&message[before..]);
    message.resize(before + u32::from_be_bytes(length) as usize, 0);
    from.read_exact(&mut message[before + 4..])?;
    Ok(message)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
