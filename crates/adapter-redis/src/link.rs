//! The link to the server: connected in the background, asked with a limit of time.

use std::{fmt, pin::pin, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue, RedisError,
    TlsCertificates, cluster::ClusterClientBuilder, cmd,
};
use tieline_domain::ports::Timer;
use tokio::{sync::watch, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    RedisUrl,
    presence::{Connection, Presence, State},
};

/// No command takes longer than so many of these: 50 ms. One that is over late counts as one all the
/// same, since it was the runtime that had too much to do, and may not have come to sending the
/// command or to reading the answer. That is no reason to believe the server away.
const TURNS: u32 = 10;
const TURN: Duration = Duration::from_millis(5);

/// No connection takes longer to be made; no request waits for one.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long a server that is away is left alone until it is tried again.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How the server is used.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// What every key begins with: installations that share a server have one each.
    pub prefix: String,
    /// The certificates, in PEM, by which a server proves itself, in place of the machine's own.
    pub root_certificates: Option<Vec<u8>>,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            prefix: "tieline".to_owned(),
            root_certificates: None,
        }
    }
}

/// Memory that many nodes share. As long as the server is away nobody asks it: a task of its own
/// tries once a second whether it is back.
#[derive(Clone)]
pub struct RedisMemory {
    pub(crate) link: Arc<Link>,
    _keeper: Arc<AbortOnDropHandle<()>>,
}

/// The certificates by which a server is to prove itself are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must hold certificates in PEM")]
pub struct InvalidCertificates;

/// The server did not do what it was asked to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("Redis is away")]
pub(crate) struct Away;

pub(crate) struct Link {
    clients: Clients,
    prefix: String,
    pub(crate) timer: Arc<dyn Timer>,
    presence: Presence,
}

/// What makes connections.
pub(crate) struct Clients {
    /// One for each node that is named.
    pub(crate) nodes: Vec<Client>,
    cluster: Option<redis::cluster::ClusterClient>,
}

impl RedisMemory {
    /// Connects. With the server away it is tried again later.
    pub async fn connect(
        url: &RedisUrl,
        settings: RedisSettings,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, InvalidCertificates> {
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: settings.root_certificates,
        };
        let link = Arc::new(Link {
            clients: Clients::new(url, &certificates).map_err(|_| InvalidCertificates)?,
            prefix: settings.prefix,
            timer,
            presence: Presence::new(),
        });
        let mut state = link.presence.state();
        let keeper = tokio::spawn(keep(Arc::clone(&link)));
        let memory = Self {
            link,
            _keeper: Arc::new(AbortOnDropHandle::new(keeper)),
        };
        // The keeper lives as long as we do, so this ends well.
        let _ = state.wait_for(|state| *state != State::Unknown).await;
        Ok(memory)
    }

    /// Whether the server is there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self.link.presence.state().borrow() == State::There
    }

    /// Waits until the server is there, or is not.
    pub async fn until(&self, there: bool) {
        let mut state = self.link.presence.state();
        let settled = |state: &State| (*state == State::There) == there;
        let _ = state.wait_for(settled).await;
    }
}

impl fmt::Debug for RedisMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisMemory")
            .field("prefix", &self.link.prefix)
            .field("is_there", &self.is_there())
            .finish_non_exhaustive()
    }
}

impl Link {
    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Asks the server, if it is there.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Away> {
        let mut held = self.presence.connection().ok_or(Away)?;
        match patiently(held.connection.ask(command)).await {
            Some(Ok(answer)) => {
                self.presence.succeeded();
                return Ok(answer);
            }
            Some(Err(error)) => self.presence.failed(&held, || told(&error)),
            None => self.presence.failed(&held, too_slow),
        }
        Err(Away)
    }

    /// What the server was, last.
    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.presence.state()
    }

    /// A connection over which a key can be written.
    async fn connect(&self) -> Result<Connection, String> {
        let connecting = timeout(CONNECT_LIMIT, self.clients.connect()).await;
        let mut connection = connecting
            .map_err(|_| "no connection within 2 s".to_owned())?
            .map_err(|error| told(&error))?;
        let mut probe = cmd("SET");
        probe.arg(self.key("probe")).arg(1).arg("PX").arg(1000);
        let probed = patiently(connection.ask::<()>(&probe)).await;
        probed.ok_or_else(too_slow)?.map_err(|error| told(&error))?;
        Ok(connection)
    }
}

impl Clients {
    fn new(url: &RedisUrl, certificates: &TlsCertificates) -> Result<Self, RedisError> {
        let addresses = url.addresses().unwrap_or_default();
        let nodes = addresses.iter().map(|address| open(address, certificates));
        let nodes = nodes.collect::<Result<_, _>>()?;
        let cluster = url.is_cluster().then(|| {
            let cluster = ClusterClientBuilder::new(addresses.clone())
                .connection_timeout(CONNECT_LIMIT / 2)
                .response_timeout(CONNECT_LIMIT / 2)
                .retries(1);
            // With certificates, the driver speaks TLS whatever the address says.
            if addresses.iter().any(is_tls) {
                cluster.certs(certificates.clone()).build()
            } else {
                cluster.build()
            }
        });
        let cluster = cluster.transpose()?;
        Ok(Self { nodes, cluster })
    }

    async fn connect(&self) -> Result<Connection, RedisError> {
        if let Some(cluster) = &self.cluster {
            return cluster
                .get_async_connection()
                .await
                .map(Connection::Cluster);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(None);
        let node = &self.nodes[0];
        let connection = node.get_multiplexed_async_connection_with_config(&config);
        connection.await.map(Connection::Node)
    }
}

fn open(address: &ConnectionInfo, certificates: &TlsCertificates) -> Result<Client, RedisError> {
    if is_tls(address) {
        Client::build_with_tls(address.clone(), certificates.clone())
    } else {
        Client::open(address.clone())
    }
}

fn is_tls(address: &ConnectionInfo) -> bool {
    matches!(address.addr(), ConnectionAddr::TcpTls { .. })
}

/// Keeps a connection, as far as that can be had; says once when the server goes and comes.
async fn keep(link: Arc<Link>) {
    let mut state = link.presence.state();
    let mut said = false;
    for number in 0.. {
        match link.connect().await {
            Ok(connection) => {
                if said {
                    tracing::info!("Redis is back");
                }
                said = false;
                link.presence.establish(connection, number);
            }
            Err(cause) => link.presence.give_up(cause),
        }
        let Some(cause) = next_absence(&mut state).await else {
            return;
        };
        if !said {
            tracing::warn!(cause, "Redis is away; everything works without it, slower");
        }
        said = true;
        link.timer.pause(RETRY_PAUSE).await;
    }
}

async fn next_absence(state: &mut watch::Receiver<State>) -> Option<String> {
    let state = state
        .wait_for(|state| matches!(state, State::Away(_)))
        .await;
    match &*state.ok()? {
        State::Away(cause) => Some(cause.clone()),
        _ => None,
    }
}

/// Waits for an answer as long as a command may take.
async fn patiently<T>(answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    for _ in 0..TURNS {
        if let Ok(answer) = timeout(TURN, answer.as_mut()).await {
            return Some(answer);
        }
    }
    None
}

/// What went wrong, without the server's own words: it may quote what it was sent.
pub(crate) fn told(error: &RedisError) -> String {
    let code = error.code().unwrap_or_default();
    format!("{} {code}", error.category()).trim().to_owned()
}

fn too_slow() -> String {
    "no answer within 50 ms".to_owned()
}
