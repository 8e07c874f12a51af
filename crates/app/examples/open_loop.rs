//! The load of `cargo xtask bench overload`: requests that begin when they are due, whether or not
//! earlier ones were answered. A tool that waits for its answers asks less of a server the worse
//! it serves, and so cannot tell what too many requests do to it.
//!
//! It is an example of this crate because it is then built with the program that it loads.
//!
//! `open_loop PORT API-KEY WORD BODY 12000:2:64 48000:10:2000` mints with a new `idempotency-key`
//! each, named after WORD: 12,000 a second for 2 seconds on at most 64 connections, then 48,000 on
//! 2,000. `max` in place of a rate has each connection ask again as soon as it was answered. Prints
//! what came of each of these parts as one JSON array.
#![expect(
    clippy::print_stdout,
    reason = "what was seen goes to whoever started it"
)]

use std::{
    cell::RefCell, collections::VecDeque, io, net::Ipv4Addr, rc::Rc, str::FromStr, time::Duration,
};

use anyhow::Context;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::{JoinSet, LocalSet},
    time::{Instant, MissedTickBehavior, timeout},
};

/// How long a request waits for a connection before it is given up.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// In windows of this length is told when answers came.
const WINDOW: Duration = Duration::from_millis(100);

/// How often those that have become due are let go.
const TICK: Duration = Duration::from_millis(1);

/// A stretch of time with one load.
#[derive(Clone, Copy)]
struct Part {
    /// Requests in a second; none: as many as are answered.
    rate: Option<usize>,
    seconds: u64,
    connections: usize,
}

impl FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut fields = text.split(':');
        let mut next = || fields.next().context("a part is RATE:SECONDS:CONNECTIONS");
        let (rate, seconds, connections) = (next()?, next()?, next()?);
        Ok(Self {
            rate: (rate != "max").then(|| rate.parse()).transpose()?,
            seconds: seconds.parse()?,
            connections: connections.parse()?,
        })
    }
}

/// What came of the requests that were due in one part.
#[derive(Default, Serialize)]
struct Seen {
    due: usize,
    /// No connection was free for them in time.
    not_sent: usize,
    /// From when they were due.
    good: Latencies,
    /// From when they were sent.
    refused: Latencies,
    /// Refusals that do not say when to come again.
    refused_without_retry_after: usize,
    /// Cut off, or answered too late or with another status.
    failed: usize,
    /// Good answers by the window in which they came, from the part's beginning.
    good_by_window: Vec<usize>,
}

/// How long answers took, in microseconds.
#[derive(Default)]
struct Latencies(Vec<u64>);

impl Serialize for Latencies {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            count: usize,
            p50_us: u64,
            p99_us: u64,
        }
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent| {
            sorted
                .get(sorted.len() * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        let told = Told {
            count: sorted.len(),
            p50_us: at(50),
            p99_us: at(99),
        };
        told.serialize(serializer)
    }
}

/// The request of all parts, but for its key.
struct Request {
    port: u16,
    before_key: String,
    after_key: String,
}

/// A part while it goes on. It has connections of its own.
struct Running {
    part: Part,
    request: Rc<Request>,
    /// What its keys begin with.
    word: String,
    began: Instant,
    state: RefCell<State>,
    /// A permit for each request that is due and not taken.
    waiting: Semaphore,
}

#[derive(Default)]
struct State {
    due: VecDeque<Due>,
    taken: usize,
    seen: Seen,
}

/// When a request is due; none: as soon as there is a connection for it.
type Due = Option<Instant>;

enum Answer {
    Good,
    Refused { says_when: bool },
    Other,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| {
        arguments
            .next()
            .with_context(|| format!("{what} is missing"))
    };
    let port = next("PORT")?.parse()?;
    let (api_key, word, body) = (next("API-KEY")?, next("WORD")?, next("BODY")?);
    let parts = arguments.map(|part| part.parse());
    let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
    let before_key = format!(
        "POST /v1/integrations/channel-connections/oauth HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
         Authorization: ApiKey {api_key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nIdempotency-Key: ",
        body.len()
    );
    let request = Rc::new(Request {
        port,
        before_key,
        after_key: format!("\r\n\r\n{body}"),
    });
    let seen = LocalSet::new()
        .run_until(load(&request, &word, &parts))
        .await;
    println!("{}", serde_json::to_string(&seen)?);
    Ok(())
}

/// Goes through the parts, one right after the other, and then waits for the last answers.
async fn load(request: &Rc<Request>, word: &str, parts: &[Part]) -> Vec<Seen> {
    let mut workers = JoinSet::new();
    let mut ran = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let running = Rc::new(Running {
            part: *part,
            request: Rc::clone(request),
            word: format!("{word}-{number}"),
            began: now(),
            state: RefCell::default(),
            waiting: Semaphore::new(0),
        });
        for _ in 0..part.connections {
            workers.spawn_local(Rc::clone(&running).work());
        }
        running.let_go().await;
        ran.push(running);
    }
    workers.join_all().await;
    let seen = ran.iter().map(|part| part.state.take().seen);
    seen.collect()
}

#[expect(clippy::disallowed_methods, reason = "this is what measures")]
fn now() -> Instant {
    Instant::now()
}

impl Running {
    /// Has requests become due until the part is over. What nobody has taken then is not sent.
    async fn let_go(&self) {
        let Part {
            rate,
            seconds,
            connections,
        } = self.part;
        let length = Duration::from_secs(seconds);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut made = 0;
        while self.began.elapsed() < length {
            ticks.tick().await;
            let state = &mut *self.state.borrow_mut();
            let more = match rate {
                Some(rate) => due_after(self.began.elapsed().min(length), rate) - made,
                None => (2 * connections).saturating_sub(state.due.len()),
            };
            for number in made..made + more {
                let at = rate.map(|rate| self.began + time_of(number, rate));
                state.due.push_back(at);
            }
            self.waiting.add_permits(more);
            made += more;
        }
        self.waiting.close();
        let state = &mut *self.state.borrow_mut();
        let left = state.due.drain(..).count();
        if rate.is_some() {
            state.seen.due = made;
            state.seen.not_sent += left;
        } else {
            state.seen.due = made - left;
        }
    }

    /// What one connection does.
    async fn work(self: Rc<Self>) {
        let mut connection = None;
        while let Ok(permit) = self.waiting.acquire().await {
            permit.forget();
            let Some((due, request)) = self.take() else {
                continue;
            };
            let sent = now();
            let due = due.unwrap_or(sent);
            let answer = timeout(ANSWER, self.request.send(&mut connection, &request)).await;
            self.note(due, sent, answer.ok().and_then(Result::ok).as_ref());
        }
    }

    /// The next request. Those before it that have waited too long are given up, all at once, so that
    /// asking too much costs the machine hardly more than asking what can be answered.
    fn take(&self) -> Option<(Due, Vec<u8>)> {
        let (state, now) = (&mut *self.state.borrow_mut(), now());
        let is_late = |due: &&Due| due.is_some_and(|due| now - due > PATIENCE);
        let late = state.due.iter().take_while(is_late).count();
        state.due.drain(..late);
        state.seen.not_sent += late;
        self.waiting.forget_permits(late);
        let due = state.due.pop_front()?;
        state.taken += 1;
        let request = self.request.with_key(&self.word, state.taken);
        Some((due, request))
    }

    fn note(&self, due: Instant, sent: Instant, answer: Option<&Answer>) {
        let came = now();
        let since = |begin: Instant| u64::try_from((came - begin).as_micros()).unwrap_or(u64::MAX);
        let seen = &mut self.state.borrow_mut().seen;
        match answer {
            Some(Answer::Good) => {
                seen.good.0.push(since(due));
                let window = (came - self.began).as_millis() / WINDOW.as_millis();
                let window = usize::try_from(window).unwrap_or_default();
                if seen.good_by_window.len() <= window {
                    seen.good_by_window.resize(window + 1, 0);
                }
                seen.good_by_window[window] += 1;
            }
            Some(Answer::Refused { says_when }) => {
                seen.refused.0.push(since(sent));
                seen.refused_without_retry_after += usize::from(!says_when);
            }
            Some(Answer::Other) | None => seen.failed += 1,
        }
    }
}

impl Request {
    fn with_key(&self, word: &str, number: usize) -> Vec<u8> {
        let (before, after) = (&self.before_key, &self.after_key);
        format!("{before}{word}-{number}{after}").into_bytes()
    }

    /// Sends it, on a new connection where there is none or the old one has ended. What is left
    /// of the connection is kept.
    async fn send(&self, connection: &mut Option<TcpStream>, request: &[u8]) -> io::Result<Answer> {
        if let Some(mut stream) = connection.take()
            && let Ok(answer) = exchange(&mut stream, request).await
        {
            *connection = Some(stream);
            return Ok(answer);
        }
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        stream.set_nodelay(true)?;
        let answer = exchange(&mut stream, request).await?;
        *connection = Some(stream);
        Ok(answer)
    }
}

/// How many requests are due after this time.
fn due_after(elapsed: Duration, rate: usize) -> usize {
    let due = elapsed.as_micros() * rate as u128 / 1_000_000;
    usize::try_from(due).unwrap_or(usize::MAX)
}

/// When a request is due, from the beginning of its part.
fn time_of(number: usize, rate: usize) -> Duration {
    let micros = number as u128 * 1_000_000 / rate.max(1) as u128;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// One request and its answer.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<Answer> {
    stream.write_all(request).await?;
    let mut came = Vec::with_capacity(2048);
    loop {
        if stream.read_buf(&mut came).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(answer) = Answer::parse(&came) {
            return Ok(answer);
        }
    }
}

impl Answer {
    /// None where it has not come to its end.
    fn parse(came: &[u8]) -> Option<Self> {
        let end = came.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = str::from_utf8(&came[..end]).ok()?;
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        };
        let length: usize = header("content-length")?.parse().ok()?;
        if came.len() < end + 4 + length {
            return None;
        }
        Some(match head.get(9..12)? {
            "201" => Self::Good,
            "503" => Self::Refused {
                says_when: header("retry-after").is_some(),
            },
            _ => Self::Other,
        })
    }
}
