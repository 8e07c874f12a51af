//! What providers tell by themselves: that an app was removed, that tokens were revoked.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    audit::Actor,
    broker::Broker,
    connection::{ChannelConnection, Standing},
    idempotency::{IdempotencyRecord, IdempotencyScope},
    integration::{Credentials, Integration},
    ports::{
        Delivery, EventReader, EventRefusal, IdempotencyClaim, LeadingConnection, OpenError,
        ProviderEvent, ProviderEventKind, StoreError,
    },
    provider::ProviderId,
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

/// How long an event is known by its id: longer than any provider repeats one.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// How often a connection that somebody else is just writing is looked at again.
const TRIES: u32 = 5;

impl Broker {
    /// Takes what a provider sent to the integrations of this identifier: those for whose app it is
    /// signed. Answers the text that the provider wants to hear, where it wants one. What happened
    /// to an app in a workspace happened to all its connections there, in whichever environment;
    /// what is older than a connection's tokens says nothing of it. An event that comes again does
    /// nothing again.
    pub async fn receive_event(
        &self,
        provider: &ProviderId,
        identifier: &str,
        delivery: &Delivery,
    ) -> Result<Option<String>, UseCaseError> {
        let nowhere = || {
            let message = "Nothing is received here: no such integration";
            Refusal::new(Reason::NotFound, message)
        };
        let known = self.providers.find(provider);
        let reader = known.and_then(|provider| provider.events.as_deref());
        let reader = reader.ok_or_else(nowhere)?;
        let named = self
            .stores
            .integrations
            .list_named(provider, identifier)
            .await?;
        let mut refused = None;
        let mut answer = None;
        for integration in named {
            let app = self.open_credentials(&integration)?;
            match reader.read(&app, delivery, self.clock.now()).await {
                Ok(event) => {
                    let received = Received {
                        integration: &integration,
                        app: &app,
                        reader,
                        delivery,
                    };
                    answer = Some(self.take_event(&received, event).await?);
                }
                Err(refusal) => refused = Some(refusal),
            }
        }
        match (answer, refused) {
            (Some(text), _) => Ok(text),
            (None, Some(refusal)) => Err(refuse(refusal)),
            (None, None) => Err(nowhere().into()),
        }
    }

    async fn take_event(
        &self,
        received: &Received<'_>,
        event: ProviderEvent,
    ) -> Result<Option<String>, UseCaseError> {
        let broker = self.acting_as(Actor::Provider);
        let integration = received.integration;
        let provider = &integration.provider;
        let happened = match event.kind {
            ProviderEventKind::Challenge(text) => return Ok(Some(text)),
            ProviderEventKind::Ignored { kind } => {
                tracing::debug!(%provider, kind, "an event that means nothing to a connection");
                return Ok(None);
            }
            ProviderEventKind::AppUninstalled { workspace } => (workspace, Happened::Removed),
            ProviderEventKind::TokensRevoked {
                workspace, bots, ..
            } => (workspace, Happened::Revoked { bots }),
            ProviderEventKind::InstallationChanged { tenant, .. } => (tenant, Happened::Changed),
        };
        let (workspace, happened) = happened;
        let within = broker.begin().await?;
        let inside = &within.broker;
        if !inside.is_first(integration, event.id.as_deref()).await? {
            return Ok(None);
        }
        let connections = inside.connections_meant(received, &workspace).await?;
        tracing::info!(%provider, connections = connections.len(), "an event of the provider");
        let mut marked = Vec::new();
        for connection in &connections {
            marked.extend(inside.apply(connection, &happened, event.at).await?);
        }
        for (before, after) in &marked {
            inside.note_standing(before, after).await?;
        }
        within.commit().await?;
        Ok(None)
    }

    /// The connections of the app to an account for which the delivery is signed: an integration
    /// that has the app's id and not its signing secret is somebody else's word.
    async fn connections_meant(
        &self,
        received: &Received<'_>,
        account: &str,
    ) -> Result<Vec<LeadingConnection>, UseCaseError> {
        let Received {
            integration,
            app,
            reader,
            delivery,
        } = received;
        let provider = &integration.provider;
        let mut meant = Vec::new();
        for connection in self.leading_of_app(provider, account, app).await? {
            let (environment, id) = (connection.environment_id, connection.integration_id);
            let integrations = &self.stores.integrations;
            let Some(other) = integrations.find_by_id(environment, id).await? else {
                continue;
            };
            let Ok(other) = self.open_credentials(&other) else {
                continue;
            };
            if reader
                .read(&other, delivery, self.clock.now())
                .await
                .is_ok()
            {
                meant.push(connection);
            }
        }
        Ok(meant)
    }

    /// Whether an event comes for the first time. One without an id always does.
    async fn is_first(
        &self,
        integration: &Integration,
        id: Option<&str>,
    ) -> Result<bool, StoreError> {
        let Some(id) = id else { return Ok(true) };
        let now = self.clock.now();
        let mut hash = Sha256::new();
        hash.update(integration.id.0.as_bytes());
        hash.update(id.as_bytes());
        let scope = IdempotencyScope {
            environment_id: integration.environment_id,
            route: format!("events of {}", integration.provider),
            key_hash: hash.finalize().into(),
        };
        let record = IdempotencyRecord {
            response: self.sealer.seal(b"", &scope.place()),
            scope,
            fingerprint: [0; 32],
            expires_at: now + MEMORY,
        };
        let claim = self.stores.idempotency.claim(&record, now).await?;
        Ok(claim == IdempotencyClaim::New)
    }

    /// Marks a connection; answers it as it was and as it is, where that changed.
    async fn apply(
        &self,
        leading: &LeadingConnection,
        happened: &Happened,
        at: Timestamp,
    ) -> Result<Option<(ChannelConnection, ChannelConnection)>, StoreError> {
        for _ in 0..TRIES {
            let connections = &self.stores.connections;
            let found = connections
                .find(leading.environment_id, &leading.identifier)
                .await?;
            let Some(stored) = found else { return Ok(None) };
            let Some(marked) = after(&stored, happened, at, self.clock.now()) else {
                return Ok(None);
            };
            if self.stores.upkeep.mark(&marked).await? {
                return Ok(Some((stored, marked)));
            }
        }
        // Somebody is at it all the time: the next question to the provider brings it to light.
        Ok(None)
    }

    /// The connections of an app to an account, in whichever environment.
    pub(super) async fn leading_of_app(
        &self,
        provider: &ProviderId,
        account: &str,
        app: &Credentials,
    ) -> Result<Vec<LeadingConnection>, UseCaseError> {
        let connections = &self.stores.connections;
        let mut leading = connections.list_leading(provider, account).await?;
        let mut known: Vec<(_, bool)> = Vec::new();
        for connection in &leading {
            let key = (connection.environment_id, connection.integration_id);
            if known.iter().all(|(other, _)| *other != key) {
                known.push((key, self.is_of_app(connection, app).await?));
            }
        }
        leading.retain(|connection| {
            let key = (connection.environment_id, connection.integration_id);
            known.contains(&(key, true))
        });
        Ok(leading)
    }

    /// Whether any connection of this app leads to an account.
    pub(super) async fn is_shared(
        &self,
        provider: &ProviderId,
        account: &str,
        app: &Credentials,
    ) -> Result<bool, UseCaseError> {
        let leading = self.leading_of_app(provider, account, app).await?;
        Ok(!leading.is_empty())
    }

    /// Whether a connection was made through this app. One whose integration's credentials do not
    /// open may have been.
    async fn is_of_app(
        &self,
        connection: &LeadingConnection,
        app: &Credentials,
    ) -> Result<bool, UseCaseError> {
        let (environment, id) = (connection.environment_id, connection.integration_id);
        let integrations = &self.stores.integrations;
        let Some(integration) = integrations.find_by_id(environment, id).await? else {
            return Ok(false);
        };
        match self.open_credentials(&integration) {
            Ok(other) => Ok(other.get(Credentials::CLIENT_ID) == app.get(Credentials::CLIENT_ID)),
            Err(UseCaseError::Open(OpenError::Refused | OpenError::UnknownKey(_))) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// A delivery that an integration's own secret proved.
struct Received<'a> {
    integration: &'a Integration,
    app: &'a Credentials,
    reader: &'a dyn EventReader,
    delivery: &'a Delivery,
}

/// What happened to an app in a workspace.
enum Happened {
    /// It was removed.
    Removed,
    /// Tokens were revoked, those of these bot users among them.
    Revoked { bots: Vec<String> },
    /// Something that is a reason to ask.
    Changed,
}

/// The connection after that; none where it is as it was.
fn after(
    stored: &ChannelConnection,
    happened: &Happened,
    at: Timestamp,
    now: Timestamp,
) -> Option<ChannelConnection> {
    // Providers tell the second.
    if stored.health.has_ended() || at.as_second() < stored.updated_at.as_second() {
        return None;
    }
    let is_certain = at.as_second() > stored.updated_at.as_second();
    let rotates = stored.credentials.iter().any(|c| c.refresh_token.is_some());
    let ended = |reason: Reason| {
        let ended = stored.clone();
        Some(ended.ended(Standing::Revoked, reason.into(), now))
    };
    match happened {
        Happened::Removed if is_certain => return ended(Reason::AppRemoved),
        // Of a token that rotates only one was revoked, perhaps; of a person's we do not know whose
        // it was.
        Happened::Revoked { bots } if is_certain && !rotates && is_bot(stored, bots) => {
            return ended(Reason::TokenRevoked);
        }
        _ => {}
    }
    let mut asked = stored.clone();
    asked.upkeep.due_at = Some(now);
    let in_hand = stored.upkeep.leased_until.is_some_and(|until| until > now);
    (!in_hand).then_some(asked)
}

fn is_bot(connection: &ChannelConnection, bots: &[String]) -> bool {
    let own = connection.workspace.bot_user_id.as_ref();
    own.is_some_and(|own| bots.contains(own)) && connection.credentials.len() == 1
}

fn refuse(refusal: EventRefusal) -> UseCaseError {
    tracing::warn!(%refusal, "a delivery is not believed");
    match refusal {
        EventRefusal::Unavailable(error) => error.into(),
        refusal => Refusal::new(Reason::from(&refusal), refusal.to_string()).into(),
    }
}
