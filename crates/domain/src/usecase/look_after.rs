//! Looking after a connection: refreshing its tokens before they die, else asking its provider
//! whether it is still good.

use jiff::{SignedDuration, Timestamp};

use crate::{
    attempt::Failure,
    broker::Broker,
    connection::{ChannelConnection, ConnectionStatus, Lease, Standing},
    failpoint::reach,
    integration::{Credentials, Integration},
    ports::{ProviderClient, ProviderError, StoreError},
    reason::Reason,
    usecase::UseCaseError,
};

mod journal;
mod probe;
mod reconcile;
mod refresh;
mod settle;

/// How long a connection is in somebody's hands at the most: longer than two calls to a provider,
/// the pause between them, and all that it takes to store what they brought.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// A connection that is in our hands.
pub(super) struct Held<'a> {
    pub(super) broker: &'a Broker,
    /// The connection as it was taken in hand.
    pub(super) connection: ChannelConnection,
    pub(super) lease: Lease,
    /// Whether a refresh before this one ended without our learning how.
    pub(super) in_doubt: bool,
}

/// The app to which a connection belongs, at its provider.
pub(super) struct App<'a> {
    pub(super) integration: Integration,
    pub(super) credentials: Credentials,
    pub(super) client: &'a dyn ProviderClient,
}

impl Broker {
    /// Looks after a connection that is due: refreshes the token that is due first, else asks the
    /// provider. Does nothing where somebody else has it in hand, or it is not as it was read.
    /// Whatever goes wrong is written down beside the connection, and is tried again later. Run
    /// this on a task of its own: once a provider was asked it must not be dropped.
    pub async fn look_after(&self, connection: ChannelConnection) -> Result<(), UseCaseError> {
        match self.hold(connection).await? {
            Some(held) => held.look_after().await,
            None => Ok(()),
        }
    }

    /// Takes a connection in hand. That this was written is also the sign that storage is there:
    /// without it no provider is asked.
    pub(super) async fn hold(
        &self,
        connection: ChannelConnection,
    ) -> Result<Option<Held<'_>>, StoreError> {
        let now = self.clock.now();
        let in_doubt = connection.status(now) == ConnectionStatus::InDoubt;
        let lease = self
            .stores
            .upkeep
            .lease(&connection, now, now + LEASE)
            .await?;
        reach("upkeep_held");
        Ok(lease.map(|lease| Held {
            broker: self,
            connection,
            lease,
            in_doubt,
        }))
    }

    /// The app of a connection; none where nobody can talk to its provider.
    pub(super) async fn app_of(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Option<App<'_>>, UseCaseError> {
        let provider = self.providers.find(&connection.provider);
        let Some(client) = provider.and_then(|provider| provider.client.as_deref()) else {
            return Ok(None);
        };
        let integration = self
            .get_integration(connection.environment_id, connection.integration_id)
            .await?;
        Ok(Some(App {
            credentials: self.open_credentials(&integration)?,
            integration,
            client,
        }))
    }
}

impl Held<'_> {
    /// What cannot be opened or found out now is tried again later, and is not the connection's
    /// fault. Where the storage failed, the connection stays in hand: nobody knows any more how far
    /// it came, and the lease that runs out says so.
    async fn look_after(&self) -> Result<(), UseCaseError> {
        let done = match self.broker.app_of(&self.connection).await {
            Ok(Some(app)) => self.look_after_with(&app).await,
            Ok(None) => self.leave_alone().await,
            Err(error) => Err(error),
        };
        match &done {
            Ok(()) | Err(UseCaseError::Store(_)) => {}
            Err(error) => {
                let (standing, told) = (self.connection.health.standing, error.reason().into());
                self.put_off(standing, told, SignedDuration::ZERO).await?;
            }
        }
        done
    }

    async fn look_after_with(&self, app: &App<'_>) -> Result<(), UseCaseError> {
        let now = self.broker.clock.now();
        match self.connection.refresh_due(now, self.in_doubt) {
            Some(kind) => self.refresh(app, kind).await.map(drop),
            None => match self.connection.exchange_due(&app.credentials) {
                Some(kind) => self.exchange(app, kind).await,
                None => self.probe(app).await,
            },
        }
    }

    /// Nobody can be asked about it.
    async fn leave_alone(&self) -> Result<(), UseCaseError> {
        let mut left = self.connection.clone();
        left.upkeep.due_at = None;
        self.settle(left).await?;
        Ok(())
    }

    /// Gives the connection back as it is; another try comes later.
    pub(super) async fn put_off(
        &self,
        standing: Standing,
        failure: Failure,
        at_least: SignedDuration,
    ) -> Result<(), StoreError> {
        let now = self.broker.clock.now();
        let mut left = self.connection.clone();
        left.health = left.health.failed(standing, failure, now);
        left.upkeep.due_at = Some(left.next_try(now, at_least));
        left.upkeep.failures = left.upkeep.failures.saturating_add(1);
        self.settle(left).await.map(drop)
    }

    /// Gives the connection back for good: only a new consent helps.
    pub(super) async fn end(&self, standing: Standing, failure: Failure) -> Result<(), StoreError> {
        let ended = self.connection.clone();
        let ended = ended.ended(standing, failure, self.broker.clock.now());
        self.settle(ended).await.map(drop)
    }

    /// What a provider's refusal means for the next try; one that asks to be left alone is, by all
    /// connections of the app.
    pub(super) fn pause_for(&self, error: &ProviderError, now: Timestamp) -> SignedDuration {
        let asked = error.retry_after.unwrap_or_default();
        let asked = SignedDuration::try_from(asked).unwrap_or_default();
        if error.reason == Reason::ProviderRateLimited {
            let longest = SignedDuration::from_mins(60);
            let until = now + asked.clamp(SignedDuration::from_secs(1), longest);
            self.broker
                .pauses
                .pause(self.connection.integration_id, until);
        }
        asked
    }
}
