//! What providers tell by themselves: that an app was removed, that tokens were revoked.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    audit::Actor,
    broker::Broker,
    connection::{ChannelConnection, Standing},
    idempotency::{IdempotencyRecord, IdempotencyScope},
    integration::{Credentials, Integration},
    ports::{
        Delivery, EventReader, EventRefusal, IdempotencyClaim, LeadingConnection, ProviderEvent,
        ProviderEventKind, StoreError,
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
            let Ok(app) = self.open_credentials(&integration) else {
                // What one environment stored must not keep another's events from it.
                tracing::error!(integration = %integration.id, "its credentials do not open");
                continue;
            };
            match reader.read(&app, delivery, self.clock.now()).await {
                Ok(event) => {
                    let received = Received {
                        integration: &integration,
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
        // Before the transaction: to check a signature may take a provider's keys.
        let connections = broker.connections_meant(received, &workspace).await?;
        let within = broker.begin().await?;
        let inside = &within.broker;
        if !inside.is_first(integration, event.id.as_deref()).await? {
            return Ok(None);
        }
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

    /// The connections to an account through those integrations with whose own secret the delivery
    /// is signed: one that has the app's id and not its secret is somebody else's word.
    async fn connections_meant(
        &self,
        received: &Received<'_>,
        account: &str,
    ) -> Result<Vec<LeadingConnection>, UseCaseError> {
        let Received {
            integration,
            reader,
            delivery,
        } = received;
        let leading = self.leading_by_app(&integration.provider, account).await?;
        let mut meant = Vec::new();
        for (app, connections) in leading {
            let Some(app) = app else { continue };
            let read = reader.read(&app, delivery, self.clock.now()).await;
            if read.is_ok() {
                meant.extend(connections);
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

    /// Whether any connection of this app leads to an account. One whose integration's credentials
    /// do not open may be the app's.
    pub(super) async fn is_shared(
        &self,
        provider: &ProviderId,
        account: &str,
        app: &Credentials,
    ) -> Result<bool, UseCaseError> {
        let id = app.get(Credentials::CLIENT_ID);
        let leading = self.leading_by_app(provider, account).await?;
        Ok(leading.iter().any(|(other, _)| {
            other
                .as_ref()
                .is_none_or(|other| other.get(Credentials::CLIENT_ID) == id)
        }))
    }

    /// The connections to an account, in whichever environment, with the credentials of the
    /// integration through which they were made: none where those do not open.
    async fn leading_by_app(
        &self,
        provider: &ProviderId,
        account: &str,
    ) -> Result<Vec<(Option<Credentials>, Vec<LeadingConnection>)>, UseCaseError> {
        let connections = &self.stores.connections;
        let mut by_integration: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for leading in connections.list_leading(provider, account).await? {
            let integration = (leading.environment_id, leading.integration_id);
            by_integration.entry(integration).or_default().push(leading);
        }
        let mut by_app = Vec::new();
        for ((environment, id), leading) in by_integration {
            let integrations = &self.stores.integrations;
            if let Some(integration) = integrations.find_by_id(environment, id).await? {
                by_app.push((self.open_credentials(&integration).ok(), leading));
            }
        }
        Ok(by_app)
    }
}

/// A delivery that an integration's own secret proved.
struct Received<'a> {
    integration: &'a Integration,
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
    // Whoever has it in hand finds out, as does whoever makes up for one who came to no end: to mark
    // it would take the sign away that somebody has to.
    stored.upkeep.leased_until.is_none().then_some(asked)
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
