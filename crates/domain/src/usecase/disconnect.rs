//! Ending a connection: at the provider as well as here, and with a receipt.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{
    audit::AuditAction,
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier, CredentialKind},
    failpoint::reach,
    id::{EnvironmentId, RevocationId},
    integration::{Credentials, Integration},
    page::{From, Order, PageRequest},
    ports::{ConnectionFilter, OpenError, StoreError},
    provider::{ExposedCredential, GrantedCredential},
    reason::Reason,
    revocation::{Revocation, RevocationItem, RevocationOutcome, RevocationSubject},
    sealed::Sealed,
    usecase::{Refusal, UseCaseError, channel_connections::connection_not_found},
};

/// How long somebody has for one try before another may follow.
const TRY_LIMIT: SignedDuration = SignedDuration::from_secs(90);

/// Pauses after a try that did not bring the end; after the last there is none any more.
const PAUSES: [SignedDuration; 9] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(30),
];

/// How long a receipt is kept after its end.
const RECEIPT_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// So many connections are read, or receipts deleted, at a time.
const BATCH: u32 = 100;

/// What a revocation takes, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Secrets {
    app: BTreeMap<String, String>,
    tokens: Vec<ExposedCredential>,
}

impl Broker {
    /// Deletes a connection with its endpoints, and writes down what it had at the provider, to be
    /// taken back there: at once by [`Self::try_revocation`], else by the next round of
    /// [`Self::sweep_revocations`]. It is gone here from this moment on, whatever the provider will
    /// say. Answers the receipt.
    pub async fn delete_connection(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<Revocation, UseCaseError> {
        let within = self.begin().await?;
        let inside = &within.broker;
        let connection = inside.get_connection(environment, identifier).await?;
        let integration = inside
            .get_integration(environment, connection.integration_id)
            .await?;
        let connections = &inside.stores.connections;
        if !connections.delete(environment, identifier).await? {
            return Err(connection_not_found(identifier).into());
        }
        let due_at = self.clock.now() + TRY_LIMIT;
        let revocation = inside
            .begin_revocation(&connection, &integration, 1, due_at)
            .await?;
        let action = AuditAction::ConnectionDeleted;
        inside
            .note(environment, action, identifier.as_str(), &[])
            .await?;
        within.commit().await?;
        reach("revocation_begun");
        Ok(revocation)
    }

    /// The receipt of a connection that was deleted.
    pub async fn get_revocation(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Revocation, UseCaseError> {
        let found = self.stores.revocations.find(environment, id).await?;
        let missing = || Refusal::new(Reason::NotFound, format!("Revocation not found: {id}"));
        Ok(found.ok_or_else(missing)?)
    }

    /// Writes down what is to be taken back of all these connections, which are about to be deleted,
    /// for the next round of [`Self::sweep_revocations`]: where many go at once, nobody waits for
    /// providers. Answers which they are, for [`Self::note_deleted`].
    pub(super) async fn revoke_all_later(
        &self,
        environment: EnvironmentId,
        connections: &ConnectionFilter,
    ) -> Result<Vec<ConnectionIdentifier>, UseCaseError> {
        let mut request = PageRequest {
            limit: BATCH,
            from: From::Start,
            order: Order::Ascending,
            total: None,
        };
        let mut revoked = Vec::new();
        loop {
            let store = &self.stores.connections;
            let page = store.list(environment, connections, &request).await?;
            for connection in page.items {
                self.revoke_later(&connection).await?;
                revoked.push(connection.identifier);
            }
            match page.next {
                Some(position) => request.from = From::After(position),
                None => return Ok(revoked),
            }
        }
    }

    async fn revoke_later(&self, connection: &ChannelConnection) -> Result<(), UseCaseError> {
        let now = self.clock.now();
        let integration = self
            .get_integration(connection.environment_id, connection.integration_id)
            .await?;
        self.begin_revocation(connection, &integration, 0, now)
            .await?;
        Ok(())
    }

    /// Writes down which connections went along with something else. A transaction does that last:
    /// whoever writes to the log keeps all others from it until the end.
    pub(super) async fn note_deleted(
        &self,
        environment: EnvironmentId,
        connections: &[ConnectionIdentifier],
    ) -> Result<(), StoreError> {
        for identifier in connections {
            let (action, subject) = (AuditAction::ConnectionDeleted, identifier.as_str());
            self.note(environment, action, subject, &[]).await?;
        }
        Ok(())
    }

    /// Tries again what is due. Answers how many revocations that were.
    pub async fn sweep_revocations(&self) -> Result<usize, UseCaseError> {
        let now = self.clock.now();
        let store = &self.stores.revocations;
        store.delete_ended(now - RECEIPT_LIFETIME, BATCH).await?;
        let mut count = 0;
        // One at a time: what is claimed and not tried within its time would be tried twice.
        loop {
            let now = self.clock.now();
            let due = store.claim_due(now, now + TRY_LIMIT, 1).await?;
            let Some(revocation) = due.into_iter().next() else {
                return Ok(count);
            };
            self.try_revocation(revocation).await?;
            count += 1;
        }
    }

    async fn begin_revocation(
        &self,
        connection: &ChannelConnection,
        integration: &Integration,
        tries: u32,
        due_at: Timestamp,
    ) -> Result<Revocation, UseCaseError> {
        let now = self.clock.now();
        let mut revocation = Revocation {
            id: RevocationId(self.ids.uuid()),
            environment_id: connection.environment_id,
            connection_identifier: connection.identifier.clone(),
            integration_id: connection.integration_id,
            integration_identifier: connection.integration_identifier.clone(),
            provider: connection.provider.clone(),
            workspace: connection.workspace.clone(),
            items: items(connection),
            secrets: None,
            tries,
            due_at: Some(due_at),
            created_at: now,
            updated_at: now,
        };
        match self.seal_secrets(&revocation, connection, integration) {
            Ok(secrets) => revocation.secrets = Some(secrets),
            // Whoever wants to be rid of a connection is not kept from it by what was lost.
            Err(UseCaseError::Open(error)) => {
                tracing::error!(connection = %connection.id, %error, "its tokens cannot be taken back");
            }
            Err(error) => return Err(error),
        }
        self.stores.revocations.insert(&revocation).await?;
        Ok(revocation)
    }

    /// Asks the provider once to take back what a connection had there, and writes down what it
    /// said: what was taken back, what cannot be, and what will be tried again. Only for whoever
    /// deleted the connection just now, or has the revocation in hand. Run this on a task of its
    /// own: once the provider was asked it must not be dropped.
    pub async fn try_revocation(&self, revocation: Revocation) -> Result<Revocation, StoreError> {
        let items = match self.ask_to_revoke(&revocation).await {
            Ok(items) => items,
            Err(error) => {
                tracing::error!(revocation = %revocation.id, %error, "a revocation could not be tried");
                pending(&revocation, error.reason())
            }
        };
        reach("revocation_answered");
        let tried = self.after_try(revocation, items);
        let within = self.begin().await?;
        let inside = &within.broker;
        if inside.stores.revocations.update(&tried).await? && tried.due_at.is_none() {
            let action = AuditAction::ConnectionRevoked;
            let subject = tried.connection_identifier.as_str();
            let status = tried.status();
            let details = [("status", status.as_str())];
            inside
                .note(tried.environment_id, action, subject, &details)
                .await?;
        }
        within.commit().await?;
        Ok(tried)
    }

    async fn ask_to_revoke(
        &self,
        revocation: &Revocation,
    ) -> Result<Vec<RevocationItem>, UseCaseError> {
        let provider = self.providers.find(&revocation.provider);
        let Some(client) = provider.and_then(|provider| provider.client.as_deref()) else {
            return Ok(all(revocation, RevocationOutcome::Impossible));
        };
        if revocation.secrets.is_none() {
            return Ok(lost(revocation));
        }
        let (app, tokens) = self.open_secrets(revocation)?;
        // The tokens of another connection of the same app may be the very same.
        let (id, account) = (&revocation.provider, &revocation.workspace.id);
        if self.is_shared(id, account, &app).await? {
            return Ok(all(revocation, RevocationOutcome::Kept));
        }
        Ok(client
            .disconnect(&app, &revocation.workspace, &tokens)
            .await)
    }

    fn after_try(&self, revocation: Revocation, items: Vec<RevocationItem>) -> Revocation {
        let now = self.clock.now();
        let mut tried = Revocation {
            items,
            updated_at: now,
            ..revocation
        };
        let waits = |item: &RevocationItem| item.outcome == RevocationOutcome::Pending;
        let pause = PAUSES.get(tried.tries.saturating_sub(1) as usize);
        if let Some(pause) = pause.filter(|_| tried.items.iter().any(waits)) {
            tried.due_at = Some(now + *pause);
        } else {
            for item in tried.items.iter_mut().filter(|item| waits(item)) {
                item.outcome = RevocationOutcome::Failed;
            }
            tried.due_at = None;
            tried.secrets = None;
        }
        tried
    }

    fn seal_secrets(
        &self,
        revocation: &Revocation,
        connection: &ChannelConnection,
        integration: &Integration,
    ) -> Result<Sealed, UseCaseError> {
        let app = self.open_credentials(integration)?;
        let tokens = self.open_credentials_of(connection)?;
        let secrets = Secrets {
            app: app.expose(),
            tokens: tokens.iter().map(Into::into).collect(),
        };
        let mut json = serde_json::to_vec(&secrets).unwrap_or_default();
        let sealed = self.sealer.seal(&json, &revocation.secrets_place());
        json.zeroize();
        Ok(sealed)
    }

    fn open_secrets(
        &self,
        revocation: &Revocation,
    ) -> Result<(Credentials, Vec<GrantedCredential>), OpenError> {
        let sealed = revocation.secrets.as_ref().ok_or(OpenError::Refused)?;
        let opened = self.sealer.open(sealed, &revocation.secrets_place())?;
        let Secrets { app, tokens } =
            serde_json::from_slice(opened.expose_secret()).map_err(|_| OpenError::Refused)?;
        let tokens = tokens.into_iter().map(GrantedCredential::try_from);
        let tokens = tokens.collect::<Result<_, _>>();
        Ok((
            app.into_iter().collect(),
            tokens.map_err(|_| OpenError::Refused)?,
        ))
    }
}

/// All that a connection has at its provider.
fn items(connection: &ChannelConnection) -> Vec<RevocationItem> {
    let tokens = connection.credentials.iter().map(|c| match c.kind {
        CredentialKind::Bot => RevocationSubject::BotToken,
        CredentialKind::User => RevocationSubject::UserToken,
    });
    let subjects = [RevocationSubject::App].into_iter().chain(tokens);
    let waiting = |subject| RevocationItem {
        subject,
        outcome: RevocationOutcome::Pending,
        failure: None,
    };
    subjects.map(waiting).collect()
}

fn all(revocation: &Revocation, outcome: RevocationOutcome) -> Vec<RevocationItem> {
    let same = |item: &RevocationItem| RevocationItem {
        outcome,
        failure: None,
        ..item.clone()
    };
    revocation.items.iter().map(same).collect()
}

/// What cannot be taken back since the means to do it are lost.
fn lost(revocation: &Revocation) -> Vec<RevocationItem> {
    let failed = |item: RevocationItem| RevocationItem {
        outcome: RevocationOutcome::Failed,
        ..item
    };
    let items = pending(revocation, Reason::Internal).into_iter();
    items.map(failed).collect()
}

fn pending(revocation: &Revocation, reason: Reason) -> Vec<RevocationItem> {
    let waiting = |item: &RevocationItem| RevocationItem {
        failure: Some(reason.into()),
        ..item.clone()
    };
    revocation.items.iter().map(waiting).collect()
}
