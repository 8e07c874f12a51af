//! Subscribers: making, changing, deleting.

use crate::{
    audit::AuditAction,
    broker::Broker,
    id::{EnvironmentId, SubscriberRowId},
    ports::{Change, ConnectionFilter, InsertError},
    reason::Reason,
    subscriber::{Profile, ProfilePatch, Subscriber, SubscriberId},
    usecase::{Refusal, UseCaseError},
};

/// What to do about a subscriber that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// Change it.
    Change,
    /// Refuse.
    Refuse,
    /// Leave it as it is.
    Keep,
}

impl Broker {
    /// Makes a subscriber, or does with the one that is there what `if_exists` says; answers it
    /// and whether it is new.
    pub async fn create_subscriber(
        &self,
        environment_id: EnvironmentId,
        subscriber_id: SubscriberId,
        patch: ProfilePatch,
        if_exists: IfExists,
    ) -> Result<(Subscriber, bool), UseCaseError> {
        let mut profile = Profile::default();
        profile.change(patch.clone());
        let now = self.clock.now();
        let subscriber = Subscriber {
            id: SubscriberRowId(self.ids.uuid()),
            environment_id,
            subscriber_id,
            profile,
            created_at: now,
            updated_at: now,
        };
        match self.stores.subscribers.insert(&subscriber).await {
            Ok(()) => return Ok((subscriber, true)),
            Err(InsertError::Store(error)) => return Err(error.into()),
            Err(InsertError::Taken) => {}
        }
        let id = &subscriber.subscriber_id;
        let stored = match if_exists {
            IfExists::Change => self.change_subscriber(environment_id, id, patch).await?,
            IfExists::Keep => self.get_subscriber(environment_id, id).await?,
            IfExists::Refuse => {
                let message = format!("Subscriber already exists: {id}");
                return Err(Refusal::new(Reason::AlreadyExists, message).into());
            }
        };
        Ok((stored, false))
    }

    /// The subscriber of this id.
    pub async fn get_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<Subscriber, UseCaseError> {
        let found = self.stores.subscribers.find(environment, id).await?;
        Ok(found.ok_or_else(|| subscriber_not_found(id))?)
    }

    /// Changes what the patch names; answers the subscriber as it is then.
    pub async fn change_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
        patch: ProfilePatch,
    ) -> Result<Subscriber, UseCaseError> {
        let mut subscriber = self.get_subscriber(environment, id).await?;
        subscriber.profile.change(patch);
        subscriber.updated_at = self.clock.now();
        if !self.stores.subscribers.update(&subscriber).await? {
            return Err(subscriber_not_found(id).into());
        }
        Ok(subscriber)
    }

    /// Deletes a subscriber with its connections and endpoints. What the connections had at their
    /// providers is taken back afterwards.
    pub async fn delete_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<(), UseCaseError> {
        let connections = ConnectionFilter {
            subscriber_id: Some(id.clone()),
            ..ConnectionFilter::default()
        };
        self.within(async |inside| {
            let revoked = inside.revoke_all_later(environment, &connections).await?;
            if !inside.stores.subscribers.delete(environment, id).await? {
                return Err(subscriber_not_found(id).into());
            }
            inside.note_deleted(environment, &revoked).await?;
            let action = AuditAction::SubscriberDeleted;
            inside.note(environment, action, id.as_str(), &[]).await?;
            let change = Change::Subscriber(environment, id.clone());
            inside.changes.publish(change).await;
            Ok(())
        })
        .await
    }
}

pub(super) fn subscriber_not_found(id: &SubscriberId) -> Refusal {
    Refusal::new(
        Reason::SubscriberNotFound,
        format!("Subscriber not found: {id}"),
    )
}
