//! Telling other nodes what changed, and hearing it from them.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::Stream;
use redis::{
    Client, Msg, RedisError,
    aio::{PubSubSink, PubSubStream},
    cmd,
};
use tieline_domain::ports::{Change, ChangeFeed, ChangeListener};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    RedisMemory,
    link::{CONNECT_LIMIT, Link, RETRY_PAUSE},
};

/// After so much silence it is asked whether anybody is there.
const SILENCE: Duration = Duration::from_secs(5);

/// Publishes changes, and hears those of all nodes.
#[derive(Clone)]
pub struct RedisChangeFeed {
    memory: RedisMemory,
    channel: String,
    _hearing: Arc<AbortOnDropHandle<()>>,
}

impl RedisChangeFeed {
    /// A feed on this memory. What is heard is told to `listener`, this node's own changes
    /// included; and whenever we begin to hear, that something may have been missed.
    #[must_use]
    pub fn start(memory: RedisMemory, listener: Arc<dyn ChangeListener>) -> Self {
        let channel = memory.link.key("changes");
        let link = Arc::clone(&memory.link);
        let hearing = tokio::spawn(hear(link, channel.clone(), listener));
        Self {
            memory,
            channel,
            _hearing: Arc::new(AbortOnDropHandle::new(hearing)),
        }
    }
}

impl fmt::Debug for RedisChangeFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisChangeFeed")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ChangeFeed for RedisChangeFeed {
    async fn publish(&self, change: Change) {
        let Ok(message) = serde_json::to_vec(&change) else {
            return;
        };
        let mut command = cmd("PUBLISH");
        command.arg(&self.channel).arg(message);
        // Who does not hear of it forgets by itself.
        let _ = self.memory.link.ask::<i64>(&command).await;
    }
}

/// Hears as long as the feed lives; tries again as long as there is nothing to hear.
async fn hear(link: Arc<Link>, channel: String, listener: Arc<dyn ChangeListener>) {
    let nodes = &link.clients().nodes;
    for node in nodes.iter().cycle() {
        let subscribed = timeout(CONNECT_LIMIT, subscribe(node, &channel)).await;
        if let Ok(Ok((sink, stream))) = subscribed {
            listener.missed();
            pass_on(sink, stream, &*listener).await;
        }
        link.timer.pause(RETRY_PAUSE).await;
    }
}

async fn subscribe(node: &Client, channel: &str) -> Result<(PubSubSink, PubSubStream), RedisError> {
    let mut subscription = node.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    Ok(subscription.split())
}

/// Passes on what is heard, until the connection breaks or nobody answers any more.
async fn pass_on(mut sink: PubSubSink, stream: PubSubStream, listener: &dyn ChangeListener) {
    let mut stream = pin!(stream);
    loop {
        let next = poll_fn(|context| stream.as_mut().poll_next(context));
        match timeout(SILENCE, next).await {
            Ok(Some(message)) => tell(&message, listener),
            Ok(None) => return,
            Err(_) => match timeout(CONNECT_LIMIT, sink.ping::<redis::Value>()).await {
                Ok(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

fn tell(message: &Msg, listener: &dyn ChangeListener) {
    match serde_json::from_slice(message.get_payload_bytes()) {
        Ok(change) => listener.changed(&change),
        // A node of another version knows of changes that we do not.
        Err(_) => listener.missed(),
    }
}
