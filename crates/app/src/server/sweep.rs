//! The sweeps: ending what nobody will finish, and deleting what nobody will ask for.

use std::time::Duration;

use jiff::SignedDuration;
use tieline_adapter_http::Api;
use tieline_domain::{broker::Broker, ports::StoreError, usecase::Pace};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(30);

/// Sweeps at once, for what a crash left behind, and then again and again until `stopping`.
pub(super) async fn sweep(
    api: Api,
    attempt_lifetime: Option<SignedDuration>,
    stopping: CancellationToken,
) {
    let broker = &api.broker;
    // Deletions may take long, and none has to do with the others.
    tokio::join!(
        tend(&api, &stopping),
        stopping.run_until_cancelled(delete_answers(broker)),
        stopping.run_until_cancelled(delete_attempts(broker, attempt_lifetime)),
    );
}

async fn tend(api: &Api, stopping: &CancellationToken) {
    let mut interval = interval();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = interval.tick() => {}
        }
        match api.broker.sweep_attempts().await {
            Ok(0) => {}
            Ok(swept) => tracing::warn!(swept, "connect attempts were interrupted or abandoned"),
            Err(error) => tracing::error!(%error, "the sweep of connect attempts failed"),
        }
        if let Err(error) = api.broker.record_key_uses().await {
            tracing::error!(%error, "the last uses of API keys were not written down");
        }
        take_back(api);
    }
}

async fn delete_answers(broker: &Broker) {
    let (mut interval, mut pace) = (interval(), Pace::default());
    loop {
        interval.tick().await;
        let deleted = broker.delete_expired_answers(&mut pace).await;
        tell("answers under idempotency keys", deleted);
    }
}

async fn delete_attempts(broker: &Broker, lifetime: Option<SignedDuration>) {
    let Some(lifetime) = lifetime else {
        return;
    };
    let (mut interval, mut pace) = (interval(), Pace::default());
    loop {
        interval.tick().await;
        let deleted = broker.delete_old_attempts(lifetime, &mut pace).await;
        tell("connect attempts", deleted);
    }
}

/// Comes at once, and again as long after what was done last.
fn interval() -> Interval {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Tries the revocations that are due, beside everything else: a provider may be slow.
fn take_back(api: &Api) {
    let broker = api.broker.clone();
    api.tasks.spawn(async move {
        match broker.sweep_revocations().await {
            Ok(0) => {}
            Ok(tried) => tracing::info!(tried, "revocations were tried again"),
            Err(error) => tracing::error!(%error, "the sweep of revocations failed"),
        }
    });
}

fn tell(what: &str, deleted: Result<u64, StoreError>) {
    match deleted {
        Ok(0) => {}
        Ok(deleted) => tracing::debug!(deleted, "old {what} were deleted"),
        Err(error) => tracing::error!(%error, "old {what} could not be deleted"),
    }
}
