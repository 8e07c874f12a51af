//! The audit log: writing what was done, and checking that nothing of it was changed since.

use std::collections::BTreeMap;

use crate::{
    audit::{AuditAction, AuditEntry, AuditEvent, AuditHead},
    broker::Broker,
    connection::ChannelConnection,
    id::EnvironmentId,
    ports::StoreError,
};

/// So many events are checked at a time.
const CHECKED_AT_ONCE: u32 = 1000;

/// What came of checking an environment's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheck {
    /// The end of the log as far as it is whole.
    pub head: AuditHead,
    /// The first event that is not what it was, or not where it was.
    pub broken: Option<Box<AuditEvent>>,
}

impl Broker {
    /// Writes down what was done, by whoever this broker acts as. In a transaction it is there
    /// with the rest of it, or not at all.
    pub async fn note(
        &self,
        environment_id: EnvironmentId,
        action: AuditAction,
        subject: impl Into<String> + Send,
        details: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let entry = AuditEntry {
            id: self.ids.uuid(),
            environment_id,
            at: self.clock.now(),
            actor: self.actor(),
            action,
            subject: subject.into(),
            details: details.iter().map(owned).collect::<BTreeMap<_, _>>(),
        };
        self.stores.audit.append(entry).await.map(drop)
    }

    /// Writes down that a connection was made or replaced.
    pub(super) async fn note_written(
        &self,
        action: AuditAction,
        connection: &ChannelConnection,
    ) -> Result<(), StoreError> {
        let details = [
            ("integration", connection.integration_identifier.as_str()),
            ("workspace", connection.workspace.id.as_str()),
        ];
        let (environment, subject) = (connection.environment_id, connection.identifier.as_str());
        self.note(environment, action, subject, &details).await
    }

    /// Writes down whose tokens were shown.
    pub async fn note_tokens_read(
        &self,
        connections: &[&ChannelConnection],
    ) -> Result<(), StoreError> {
        let within = self.begin().await?;
        for connection in connections {
            let action = AuditAction::TokenRead;
            let (environment, subject) = (connection.environment_id, &connection.identifier);
            within
                .broker
                .note(environment, action, subject.as_str(), &[("kind", "all")])
                .await?;
        }
        within.commit().await
    }

    /// Writes down that a connection stands otherwise than before; nothing where it does not.
    pub(super) async fn note_standing(
        &self,
        before: &ChannelConnection,
        after: &ChannelConnection,
    ) -> Result<(), StoreError> {
        let standing = after.health.standing;
        if before.health.standing == standing {
            return Ok(());
        }
        let mut details = vec![
            ("standing", standing.as_str()),
            ("before", before.health.standing.as_str()),
        ];
        if let Some(failure) = &after.health.failure {
            details.push(("reason", failure.reason.code()));
        }
        let (environment, action) = (after.environment_id, AuditAction::ConnectionStatusChanged);
        self.note(environment, action, after.identifier.as_str(), &details)
            .await
    }

    /// Checks an environment's log from its beginning, as far as it is now. `progress` hears after
    /// which event.
    pub async fn verify_audit_log(
        &self,
        environment: EnvironmentId,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<AuditCheck, StoreError> {
        let mut head = AuditHead::default();
        loop {
            let log = &self.stores.audit;
            let events = log
                .list_after(environment, head.sequence, CHECKED_AT_ONCE)
                .await?;
            if events.is_empty() {
                return Ok(AuditCheck { head, broken: None });
            }
            for event in events {
                if !event.follows(head) {
                    let broken = Some(Box::new(event));
                    return Ok(AuditCheck { head, broken });
                }
                head = event.head();
            }
            progress(head.sequence);
        }
    }
}
