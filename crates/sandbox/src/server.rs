//! Starting and stopping.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::config::SandboxConfig;
use crate::control::SandboxControl;
use crate::fault::record_and_spoil;
use crate::world::World;
use crate::{botframework, control_api, entra, graph, index, installed, slack};

/// How long requests in flight may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// A running sandbox. Dropping it ends it at once.
#[derive(Debug)]
pub struct Sandbox {
    origin: Url,
    world: Arc<World>,
    closing: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Binds the address and serves on a task of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(config: SandboxConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let origin = match &config.public_url {
            Some(url) => url.clone(),
            None => local_url(listener.local_addr()?)?,
        };
        let (closing, closed) = watch::channel(false);
        let world = Arc::new(World::new(config, &origin, closed));
        let task = tokio::spawn(serve(listener, Arc::clone(&world)));
        Ok(Self {
            origin,
            world,
            closing,
            task,
        })
    }

    /// Where the sandbox is reached; its index page.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.origin
    }

    /// Pages are at `{base}/oauth/v2/authorize`, methods at `{base}/api/{method}`.
    #[must_use]
    pub fn slack_base_url(&self) -> Url {
        base(&self.world.slack_base())
    }

    /// Stands for `https://login.microsoftonline.com`.
    #[must_use]
    pub fn entra_base_url(&self) -> Url {
        base(&self.world.entra_base())
    }

    /// Stands for `https://graph.microsoft.com`.
    #[must_use]
    pub fn graph_base_url(&self) -> Url {
        base(&self.world.graph_base())
    }

    /// Stands for `https://login.botframework.com`; the metadata is at
    /// `{base}/v1/.well-known/openidconfiguration`.
    #[must_use]
    pub fn bot_framework_base_url(&self) -> Url {
        base(&self.world.bot_framework_base())
    }

    /// A handle to watch and to disturb it.
    #[must_use]
    pub fn control(&self) -> SandboxControl {
        SandboxControl::new(Arc::clone(&self.world))
    }

    /// Lets requests in flight end, for two seconds at most.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            tracing::warn!("the sandbox was stopped with requests in flight");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, world: Arc<World>) {
    let shutdown = {
        let world = Arc::clone(&world);
        async move { world.closed().await }
    };
    let served = axum::serve(listener, router(world))
        .with_graceful_shutdown(shutdown)
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the sandbox stopped serving");
    }
}

fn router(world: Arc<World>) -> Router {
    Router::new()
        .merge(index::routes())
        .merge(installed::routes())
        .nest("/control", control_api::routes())
        .nest("/slack", slack::routes())
        .nest("/entra", entra::routes())
        .nest("/graph", graph::routes())
        .nest("/botframework", botframework::routes())
        .route("/rogue/keys", axum::routing::get(entra::rogue_keys))
        .layer(from_fn_with_state(Arc::clone(&world), record_and_spoil))
        .with_state(world)
}

/// A wildcard address is no place to send a browser to; loopback is.
fn local_url(address: SocketAddr) -> io::Result<Url> {
    let ip = match address.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(ip, address.port());
    Url::parse(&format!("http://{address}")).map_err(io::Error::other)
}

fn base(url: &str) -> Url {
    Url::parse(url).expect("a path added to a URL is a URL")
}
