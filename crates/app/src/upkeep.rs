//! The upkeep: refreshing tokens before they die, asking about connections of which nothing was
//! heard, and finishing what was begun at providers. Every node does it; the database sees to it
//! that no two are at the same.

use std::{sync::Arc, time::Duration};

use tieline_adapter_http::Api;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Between two looks at what is due: about as long as it takes until a budget that was used up
/// allows something again.
const INTERVAL: Duration = Duration::from_secs(1);

/// So many connections are looked after by this node at once.
const AT_ONCE: u32 = 16;

/// Looks after what is due until `stopping`. What was begun at a provider by then comes to its end
/// among the other tasks of `api`.
pub(crate) async fn look_after_all(api: Api, stopping: CancellationToken) {
    let hands = Arc::new(Semaphore::new(AT_ONCE as usize));
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = interval.tick() => {}
        }
        // What lies in the journal is newer than what is stored.
        match api.broker.recover_journal().await {
            Ok(0) => {}
            Ok(recovered) => {
                tracing::warn!(recovered, "tokens of an interrupted refresh were recovered");
            }
            Err(error) => tracing::error!(%error, "the journal could not be read"),
        }
        while look_after_some(&api, &hands, &stopping).await {}
    }
}

/// Looks after as many connections as there are free hands. Answers whether there may be more.
async fn look_after_some(api: &Api, hands: &Arc<Semaphore>, stopping: &CancellationToken) -> bool {
    let first = tokio::select! {
        biased;
        () = stopping.cancelled() => return false,
        first = Arc::clone(hands).acquire_owned() => first,
    };
    let mut free = Vec::from_iter(first);
    while let Ok(another) = Arc::clone(hands).try_acquire_owned() {
        free.push(another);
    }
    let limit = u32::try_from(free.len()).unwrap_or(AT_ONCE);
    let due = match api.broker.plan_upkeep(limit).await {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(%error, "what is due could not be looked up");
            return false;
        }
    };
    let more = !due.is_empty();
    for (connection, hand) in due.into_iter().zip(free) {
        let broker = api.broker.clone();
        api.tasks.spawn(async move {
            let _hand: OwnedSemaphorePermit = hand;
            let id = connection.id;
            if let Err(error) = broker.look_after(connection).await {
                tracing::error!(connection = %id, %error, "a connection could not be looked after");
            }
        });
    }
    more
}
