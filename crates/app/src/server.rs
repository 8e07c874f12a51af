//! Serving: the listener, the sweeps, and an orderly end.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_adapter_http::{Api, router};
use tieline_domain::{api_key::PresentedKey, ports::SealingKeys, usecase::check_keys};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Settings,
    keys,
    upkeep::look_after_all,
    wiring::{Wired, wire},
};

mod body;
mod connection;
mod connections;
mod sweep;
#[cfg(test)]
mod tests;

use connections::Connections;
use sweep::sweep;

/// How often it is looked which key seals.
const KEY_INTERVAL: Duration = Duration::from_secs(5);

/// How long a shutdown waits for flows that are running: longer than any of them takes.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// A server that is listening.
pub(crate) struct Server {
    pub(crate) api: Api,
    wired: Wired,
    listener: TcpListener,
    connections: Arc<Connections>,
    attempt_lifetime: Option<SignedDuration>,
}

impl Server {
    /// Puts everything together and listens; serves nothing yet.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let wired = wire(settings).await?;
        let environment = wired.api.broker.first_environment().await?;
        if let Some(key) = &settings.bootstrap_api_key {
            let key = PresentedKey::parse(key.expose_secret())
                .context("setting bootstrap_api_key is not usable: it")?;
            wired
                .api
                .broker
                .bootstrap_api_key(environment.id, &key)
                .await?;
        }
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        tracing::info!(address = %listener.local_addr()?, public_url = %settings.public_url(), "listening");
        Ok(Self {
            api: wired.api.clone(),
            wired,
            listener,
            connections: Connections::up_to(settings.client_connections()),
            attempt_lifetime: settings.attempt_lifetime(),
        })
    }

    /// Serves until `shutdown` comes, then lets requests and flows come to their ends.
    pub(crate) async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let tasks = self.api.tasks.clone();
        let last_words = self.api.broker.clone();
        let stopping = CancellationToken::new();
        let sweep = sweep(self.api.clone(), self.attempt_lifetime, stopping.clone());
        let sweeping = tokio::spawn(sweep);
        let upkeep = self.wired.does_upkeep.then(|| {
            let upkeep = look_after_all(self.api.clone(), stopping.clone());
            tokio::spawn(upkeep)
        });
        let keys = Arc::clone(&self.wired.keys);
        let following = tokio::spawn(follow_keys(keys, self.api.clone(), stopping.clone()));
        let (router, connections) = (router(self.api), self.connections);
        let served = connections.serve(self.listener, router, stopping.clone());
        let limit = async {
            tokio::select! {
                () = shutdown => {}
                () = stopping.cancelled() => {}
            }
            tracing::info!("shutting down");
            stopping.cancel();
            // Slow clients are not waited for any longer than flows are.
            tokio::time::timeout(DRAIN_LIMIT, std::future::pending::<()>()).await
        };
        tokio::select! {
            () = served => {}
            _ = limit => tracing::warn!("some connections were cut"),
        }
        if let Some(upkeep) = upkeep {
            upkeep.await?;
        }
        tasks.close();
        if tokio::time::timeout(DRAIN_LIMIT, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("some flows did not end in time; they will be swept");
        }
        sweeping.await?;
        // What fails here is lost with the process; nobody relies on it.
        let _ = last_words.record_key_uses().await;
        let followed = following.await?;
        self.wired.database.close().await;
        tracing::info!("ended");
        followed
    }
}

/// Seals with the key that the database names, soon after another takes its place. Where that is
/// none of ours the process ends: what it sealed, others could not open for long.
async fn follow_keys(
    keys: Arc<dyn SealingKeys>,
    api: Api,
    stopping: CancellationToken,
) -> anyhow::Result<()> {
    let mut interval = tokio::time::interval(KEY_INTERVAL);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return Ok(()),
            _ = interval.tick() => {}
        }
        let before = keys.sealing();
        match check_keys(&*keys, &*api.broker.stores.key_checks).await {
            Ok(Ok(())) if keys.sealing() == before => {}
            Ok(Ok(())) => tracing::info!(key = %keys.sealing(), "another key seals from now on"),
            Ok(Err(error)) => {
                let error = keys::told(&error);
                tracing::error!(%error, "the sealing keys are not those of the database any more");
                stopping.cancel();
                return Err(error);
            }
            // Who cannot read cannot write either.
            Err(error) => tracing::debug!(%error, "it cannot be read which key seals"),
        }
    }
}

/// Comes when the operating system asks the process to end.
pub(crate) async fn termination() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
