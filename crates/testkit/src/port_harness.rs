//! What an adapter of a port that stands on memory provides to be put through its suite.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tieline_domain::ports::{Change, ChangeFeed, ChangeListener, Lookups};
use tokio::{
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    time::timeout,
};

use crate::FixedClock;

/// One port for one test, on memory that no other test sees.
#[async_trait]
pub trait PortHarness: Send + Sync + Sized {
    /// The port.
    type Port: ?Sized + Send + Sync;

    /// A port that remembers nothing yet.
    async fn start(clock: Arc<FixedClock>) -> Self;

    /// It.
    fn port(&self) -> Arc<Self::Port>;
}

/// One port on a server that nodes share, and that may go away.
#[async_trait]
pub trait SharedHarness: Send + Sync + Sized {
    /// The port.
    type Port: ?Sized + Send + Sync;

    /// A server that no other test has.
    async fn start(clock: Arc<FixedClock>) -> Self;

    /// A node that goes by `alone` where the server does not answer.
    async fn node(&self, alone: Arc<Self::Port>) -> Arc<Self::Port>;

    /// Takes the server away; it is when this returns.
    async fn sever(&self);

    /// Brings it back, with or without what it knew. Nodes that are asked find it by themselves.
    async fn restore(&self);
}

/// Look-ups that remember what others find.
pub trait LookupsHarness: Send + Sync + Sized {
    /// A memory of what `lookups` finds, and who is to hear of changes.
    fn over(
        lookups: Arc<dyn Lookups>,
        clock: Arc<FixedClock>,
    ) -> (Arc<dyn Lookups>, Arc<dyn ChangeListener>);
}

/// A way for nodes to tell each other what changed, that no other test hears.
#[async_trait]
pub trait ChangeFeedHarness: Send + Sync + Sized {
    /// No node is there yet.
    async fn start() -> Self;

    /// A node's feed. What the node hears is told to `listener`; the first of it is, when it has
    /// begun to hear, that something may have been missed.
    async fn node(&self, listener: Arc<dyn ChangeListener>) -> Arc<dyn ChangeFeed>;

    /// As [`Self::start`], for a test that takes away what carries the news.
    async fn start_severable() -> Self;

    /// Takes away what carries the news.
    async fn sever(&self);

    /// Brings it back.
    async fn restore(&self);
}

/// A listener that keeps what it hears.
#[derive(Debug)]
pub struct Heard {
    teller: UnboundedSender<News>,
    news: Mutex<UnboundedReceiver<News>>,
}

/// What a listener heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something changed.
    Changed(Change),
    /// Something may have been missed.
    Missed,
}

impl Heard {
    /// A listener that heard nothing yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let (teller, news) = unbounded_channel();
        Arc::new(Self {
            teller,
            news: Mutex::new(news),
        })
    }

    /// What was heard next. Waits for it, and panics where it takes much too long.
    pub async fn next(&self) -> News {
        let mut news = self.news.lock().await;
        let next = timeout(Duration::from_secs(20), news.recv()).await;
        next.expect("nothing is heard").unwrap()
    }
}

impl ChangeListener for Heard {
    fn changed(&self, change: &Change) {
        self.teller.send(News::Changed(change.clone())).unwrap();
    }

    fn missed(&self) {
        self.teller.send(News::Missed).unwrap();
    }
}
