//! This node forgets first, then the others are told.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use tieline_domain::ports::{Change, ChangeFeed, ChangeListener};

/// Tells this node's memory of a change, then whoever else is to hear of it.
#[derive(Clone)]
pub struct LocalChangeFeed {
    listener: Arc<dyn ChangeListener>,
    further: Arc<dyn ChangeFeed>,
}

impl LocalChangeFeed {
    /// A feed for this listener; `further` tells the other nodes.
    #[must_use]
    pub fn new(listener: Arc<dyn ChangeListener>, further: Arc<dyn ChangeFeed>) -> Self {
        Self { listener, further }
    }
}

impl fmt::Debug for LocalChangeFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalChangeFeed").finish_non_exhaustive()
    }
}

#[async_trait]
impl ChangeFeed for LocalChangeFeed {
    async fn publish(&self, change: Change) {
        self.listener.changed(&change);
        self.further.publish(change).await;
    }
}
