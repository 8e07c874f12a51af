//! A stand-in for the part of `HashiCorp` Vault that wraps keys: its transit engine over HTTP, as far
//! as <https://developer.hashicorp.com/vault/api-docs/secret/transit> describes it for a key that
//! derives. It encrypts nothing, it remembers.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A running stand-in; ends when it is dropped.
#[derive(Debug)]
pub struct FakeVault {
    port: u16,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct VaultRequest {
    /// The path, such as `/v1/transit/encrypt/tieline`.
    pub path: String,
    /// The header `authorization`.
    pub authorization: String,
    /// The body.
    pub body: Value,
}

#[derive(Debug)]
struct State {
    /// The newest version of every key.
    version: u32,
    /// Status and body with which everything is answered, if not as it should be.
    fault: Option<(u16, String)>,
    wrapped: Vec<Wrapped>,
    requests: Vec<VaultRequest>,
}

/// What was encrypted: with which key, in which context.
#[derive(Debug)]
struct Wrapped {
    key: String,
    context: Value,
    plaintext: Value,
    ciphertext: String,
}

impl FakeVault {
    /// The token that it takes.
    pub const TOKEN: &str = "hvs.canary-vault-token-41f7";

    /// Starts one on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            version: 1,
            fault: None,
            wrapped: Vec::new(),
            requests: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            port,
            state,
            serving,
        }
    }

    /// The address of a key.
    #[must_use]
    pub fn key_url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/v1/transit/keys/{name}", self.port)
    }

    /// Makes a new version of every key.
    pub fn rotate(&self) {
        self.state.lock().unwrap().version += 1;
    }

    /// Answers everything with this from now on.
    pub fn fail(&self, status: u16, body: &str) {
        self.state.lock().unwrap().fault = Some((status, body.to_owned()));
    }

    /// Answers as it should again.
    pub fn recover(&self) {
        self.state.lock().unwrap().fault = None;
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<VaultRequest> {
        self.state.lock().unwrap().requests.clone()
    }
}

impl Drop for FakeVault {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let (status, body) = state.lock().unwrap().answer(&request);
        let reply = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<VaultRequest> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match &*name.to_ascii_lowercase() {
            "authorization" => value.clone_into(&mut authorization),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(VaultRequest {
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

impl State {
    fn answer(&mut self, request: &VaultRequest) -> (u16, String) {
        self.requests.push(request.clone());
        if let Some(fault) = &self.fault {
            return fault.clone();
        }
        let (status, body) = self.work(request);
        (status, body.to_string())
    }

    fn work(&mut self, request: &VaultRequest) -> (u16, Value) {
        if request.authorization != format!("Bearer {}", FakeVault::TOKEN) {
            return refused(403, "permission denied");
        }
        let Some(path) = request.path.strip_prefix("/v1/transit/") else {
            return refused(404, "no handler for route");
        };
        let (operation, key) = path.split_once('/').unwrap_or_default();
        let body = &request.body;
        let context = &body["context"];
        if !context.is_string() {
            return refused(400, "missing 'context' for key derivation");
        }
        let is_it = |it: &&Wrapped| {
            it.key == key && it.context == *context && body["ciphertext"] == it.ciphertext
        };
        let found = self
            .wrapped
            .iter()
            .find(is_it)
            .map(|it| it.plaintext.clone());
        match (operation, found) {
            ("encrypt", _) => self.encrypt(key, context, &body["plaintext"]),
            ("decrypt", Some(plaintext)) => (200, json!({ "data": { "plaintext": plaintext } })),
            ("rewrap", Some(plaintext)) => self.encrypt(key, context, &plaintext),
            ("decrypt" | "rewrap", None) => refused(400, "cipher: message authentication failed"),
            _ => refused(404, "unsupported path"),
        }
    }

    fn encrypt(&mut self, key: &str, context: &Value, plaintext: &Value) -> (u16, Value) {
        let ciphertext = format!("vault:v{}:{:0>44}==", self.version, self.wrapped.len());
        self.wrapped.push(Wrapped {
            key: key.to_owned(),
            context: context.clone(),
            plaintext: plaintext.clone(),
            ciphertext: ciphertext.clone(),
        });
        let data = json!({ "ciphertext": ciphertext, "key_version": self.version });
        (200, json!({ "data": data }))
    }
}

fn refused(status: u16, error: &str) -> (u16, Value) {
    (status, json!({ "errors": [error] }))
}
