//! Giving a connection back, and storing what a provider issued.

use std::time::Duration;

use super::{App, Held};
use crate::{
    broker::Broker, connection::ChannelConnection, failpoint::reach, ports::StoreError,
    provider::GrantedCredential, usecase::UseCaseError,
};

/// Pauses between the tries to store new tokens: what was issued is worth waiting for a database
/// that restarts.
const PAUSES: [Duration; 7] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(10),
];

impl Held<'_> {
    /// Gives the connection back like that, and writes down a standing that is another one than
    /// before. Answers whether it was still ours.
    pub(super) async fn settle(&self, connection: ChannelConnection) -> Result<bool, StoreError> {
        let within = self.broker.begin().await?;
        let inside = &within.broker;
        let settled = inside
            .stores
            .upkeep
            .settle(&self.lease, &connection)
            .await?;
        if settled {
            inside.note_standing(&self.connection, &connection).await?;
            reach("upkeep_uncommitted");
            within.commit().await?;
        }
        Ok(settled)
    }

    /// The connection as it is stored now; none where it was deleted.
    pub(super) async fn stored(&self) -> Result<Option<ChannelConnection>, StoreError> {
        self.broker.stored_now(&self.connection).await
    }

    /// Stores a token that the provider just issued, come what may: in the journal of this node
    /// first, then for all. Where somebody else was quicker, or the storage stays away, what
    /// becomes of it is found out, by this node or from its journal. Answers the connection as it
    /// is then.
    pub(super) async fn keep(
        &self,
        app: &App<'_>,
        issued: GrantedCredential,
    ) -> Result<Option<ChannelConnection>, UseCaseError> {
        let entry = self.broker.enter(&self.connection, &issued).await;
        reach("refresh_journaled");
        let renewed = self.broker.renewed(&self.connection, issued.clone())?;
        let mut pauses = PAUSES.iter();
        let settled = loop {
            let error = match self.settle(renewed.clone()).await {
                Ok(settled) => break settled || self.is_stored(&renewed).await?,
                Err(error) => error,
            };
            tracing::error!(connection = %self.connection.id, %error, "new tokens could not be stored yet");
            let Some(pause) = pauses.next() else {
                return Err(error.into());
            };
            self.broker.timer.pause(*pause).await;
        };
        reach("refresh_committed");
        if settled {
            self.broker.leave(entry.as_ref()).await;
            return Ok(Some(renewed));
        }
        self.broker.reconcile(app, &self.connection, issued).await?;
        self.broker.leave(entry.as_ref()).await;
        Ok(self.stored().await?)
    }

    /// A commit whose answer was lost may have happened all the same.
    async fn is_stored(&self, renewed: &ChannelConnection) -> Result<bool, StoreError> {
        let stored = self.stored().await?;
        Ok(stored.is_some_and(|stored| {
            stored.generation == renewed.generation && stored.credentials == renewed.credentials
        }))
    }
}

impl Broker {
    /// The connection with a token that its provider just issued, as it is to be stored.
    pub(super) fn renewed(
        &self,
        connection: &ChannelConnection,
        issued: GrantedCredential,
    ) -> Result<ChannelConnection, UseCaseError> {
        let mut credentials = self.open_credentials_of(connection)?;
        credentials.retain(|credential| credential.kind != issued.kind);
        credentials.push(issued);
        credentials.sort_by_key(|credential| credential.kind);
        let now = self.clock.now();
        let renewed = self.with_credentials(connection, &credentials);
        let health = renewed.health.clone().proved(now);
        Ok(ChannelConnection { health, ..renewed }.looked_after(now))
    }

    /// The connection with these credentials in the place of its own: one generation on.
    pub(super) fn with_credentials(
        &self,
        connection: &ChannelConnection,
        credentials: &[GrantedCredential],
    ) -> ChannelConnection {
        let generation = connection.generation + 1;
        let (environment, row) = (connection.environment_id, connection.id);
        ChannelConnection {
            credentials: self.seal_credentials(environment, row, generation, credentials),
            generation,
            updated_at: self.clock.now(),
            ..connection.clone()
        }
    }
}
