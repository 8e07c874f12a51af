//! The request that all loads send.

use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use anyhow::{Context, ensure};

/// The admin key of every server that is measured. It opens nothing else.
pub(super) const API_KEY: &str = "bench-key-5d0a9c47e1b2f8036a";

/// The integration and the subscriber that the body names.
pub(super) const INTEGRATION: &str = "slack-production";
pub(super) const SUBSCRIBER: &str = "subscriber-4f9d2c1ab07e";

/// A usual request of about 390 bytes. It names no `connectionIdentifier`, by which the minting
/// would look for a connection in the database every time.
pub(super) const BODY: &str = concat!(
    r#"{"subscriberId":"subscriber-4f9d2c1ab07e","integrationIdentifier":"slack-production","#,
    r#""context":{"tenant":{"id":"org-acme-corporation-7","data":{"plan":"professional","#,
    r#""region":"eu-central-1"}},"project":"project-7731-rollout"},"#,
    r#""scope":["chat:write","chat:write.public","channels:read","groups:read","users:read","#,
    r#""users:read.email"],"connectionMode":"subscriber","autoLinkUser":true}"#
);

const PATH: &str = "/v1/integrations/channel-connections/oauth";
const CALLBACK: &str = "/v1/integrations/chat/oauth/callback";

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    body: String,
}

/// Where a server on the loopback address mints.
pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}{PATH}")
}

/// Sends the request once, under this key if there is one.
pub(super) fn send(port: u16, key: Option<&str>) -> io::Result<Answer> {
    let key = key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
    let more = format!(
        "Content-Type: application/json\r\n{key}Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    ask(port, API_KEY, &format!("POST {PATH}"), &more)
}

/// Where the callbacks of so many minted URLs go, one in a line.
pub(super) fn callbacks(port: u16, count: usize) -> anyhow::Result<String> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut sender, mut receiver) = (stream.try_clone()?, BufReader::new(stream));
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: ApiKey {API_KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut targets = String::new();
    for _ in 0..count {
        sender.write_all(request.as_bytes())?;
        let url = receive(&mut receiver)?.url().context("no URL was minted")?;
        let state = url.split(['?', '&']).find(|it| it.starts_with("state="));
        let state = state.with_context(|| format!("{url} has no state"))?;
        writeln!(targets, "{CALLBACK}?code=a-code-of-the-bench&{state}")?;
    }
    Ok(targets)
}

/// An answer on a connection that goes on.
fn receive(receiver: &mut impl BufRead) -> anyhow::Result<Answer> {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        ensure!(receiver.read_line(&mut text)? > 0, "the answer was cut");
    }
    let head = text.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.context("the answer does not tell its length")?;
    let mut body = vec![0; length.trim().parse()?];
    receiver.read_exact(&mut body)?;
    text += str::from_utf8(&body)?;
    Answer::parse(&text).context("that is no answer of HTTP")
}

/// What is answered to a browser.
pub(super) fn open(port: u16, target: &str) -> io::Result<Answer> {
    ask(port, API_KEY, &format!("GET {target}"), "\r\n")
}

/// What is answered to a GET, as JSON.
pub(super) fn get(port: u16, api_key: &str, target: &str) -> io::Result<serde_json::Value> {
    let answer = ask(port, api_key, &format!("GET {target}"), "\r\n")?;
    if answer.status != 200 {
        return Err(io::Error::other(format!("{target}: {answer:?}")));
    }
    Ok(serde_json::from_str(&answer.body)?)
}

fn ask(port: u16, api_key: &str, what: &str, more: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{what} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Authorization: ApiKey {api_key}\r\n{more}"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Answer::parse(&text).ok_or_else(|| io::Error::other("that is no answer of HTTP"))
}

impl Answer {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some(Self {
            status: head.split_whitespace().nth(1)?.parse().ok()?,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        })
    }

    /// The URL that was minted.
    pub(super) fn url(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        Some(body["url"].as_str()?.to_owned())
    }

    /// Whether it is the repetition of an earlier one.
    pub(super) fn is_replay(&self) -> bool {
        self.head.contains("\r\nidempotency-replay: true")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_what_its_constants_say() {
        let body: serde_json::Value = serde_json::from_str(BODY).unwrap();
        assert_eq!(body["integrationIdentifier"], INTEGRATION);
        assert_eq!(body["subscriberId"], SUBSCRIBER);
        assert!((380..=400).contains(&BODY.len()), "{}", BODY.len());
    }

    #[test]
    fn an_answer_is_taken_apart() {
        let text =
            "HTTP/1.1 201 Created\r\nIdempotency-Replay: true\r\n\r\n{\"url\":\"https://a\"}";
        let answer = Answer::parse(text).unwrap();
        assert_eq!((answer.status, answer.is_replay()), (201, true));
        assert_eq!(answer.url().unwrap(), "https://a");
        assert!(Answer::parse("nonsense").is_none());
    }
}
