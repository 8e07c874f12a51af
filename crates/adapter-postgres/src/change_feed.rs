//! [`ChangeFeed`] on Postgres: NOTIFY and LISTEN, for nodes that have no Redis.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tieline_domain::ports::{Change, ChangeFeed, ChangeListener, Timer};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::{PgDatabase, database::Access};

/// How long telling may take: who does not hear of a change forgets by itself.
const TELL_LIMIT: Duration = Duration::from_millis(200);

/// How long to wait before listening is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Tells changes, and hears those of all nodes.
#[derive(Clone)]
pub struct PgChangeFeed {
    access: Access,
    _hearing: Option<Arc<AbortOnDropHandle<()>>>,
}

impl PgChangeFeed {
    /// A feed on this database. What is heard is told to `listener`, this node's own changes
    /// included; and whenever we begin to hear, that something may have been missed. Behind a
    /// pooler nothing can be heard: a session there is another's in a moment.
    #[must_use]
    pub fn start(
        database: &PgDatabase,
        listener: Arc<dyn ChangeListener>,
        timer: Arc<dyn Timer>,
    ) -> Self {
        let server = database.server();
        let hearing = (!server.pooler).then(|| {
            // A connection of its own, kept for as long as we listen.
            let options = PgPoolOptions::new().max_connections(1);
            let own = options.connect_lazy_with((*server.pool.connect_options()).clone());
            let hearing = tokio::spawn(hear(own, listener, timer));
            Arc::new(AbortOnDropHandle::new(hearing))
        });
        Self {
            access: Access::Server(server.clone()),
            _hearing: hearing,
        }
    }

    async fn tell(&self, message: &str) {
        let Ok(mut session) = self.access.writer().await else {
            return;
        };
        // A channel belongs to its database. An installation may have just a schema of it.
        let told = sqlx::query!(
            "SELECT pg_notify('tieline_' || md5(current_schema()), $1)",
            message
        );
        if told.fetch_one(&mut session).await.is_ok() {
            let _ = session.commit().await;
        }
    }
}

impl fmt::Debug for PgChangeFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgChangeFeed").finish_non_exhaustive()
    }
}

#[async_trait]
impl ChangeFeed for PgChangeFeed {
    async fn publish(&self, change: Change) {
        if let Ok(message) = serde_json::to_string(&change) {
            let _ = timeout(TELL_LIMIT, self.tell(&message)).await;
        }
    }
}

/// Hears as long as the feed lives; tries again as long as there is nothing to hear.
async fn hear(own: PgPool, listener: Arc<dyn ChangeListener>, timer: Arc<dyn Timer>) {
    loop {
        if let Ok(heard) = listen(&own).await {
            listener.missed();
            pass_on(heard, &*listener).await;
        }
        timer.pause(RETRY_PAUSE).await;
    }
}

async fn listen(own: &PgPool) -> Result<PgListener, sqlx::Error> {
    let channel = sqlx::query_scalar!("SELECT 'tieline_' || md5(current_schema())");
    let channel = channel.fetch_one(own).await?.unwrap_or_default();
    let mut heard = PgListener::connect_with(own).await?;
    heard.listen(&channel).await?;
    Ok(heard)
}

/// Passes on what is heard, until the connection breaks.
async fn pass_on(mut heard: PgListener, listener: &dyn ChangeListener) {
    while let Ok(Some(notification)) = heard.try_recv().await {
        match serde_json::from_str(notification.payload()) {
            Ok(change) => listener.changed(&change),
            // A node of another version knows of changes that we do not.
            Err(_) => listener.missed(),
        }
    }
}
