//! Subscribers.

use async_trait::async_trait;
use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{InsertError, StoreError, SubscriberFilter, SubscriberStore},
    subscriber::{Profile, Subscriber, SubscriberId},
};

use super::{MemoryStorage, paging::page, passes};

#[async_trait]
impl SubscriberStore for MemoryStorage {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        self.write(|tables| {
            let (environment, id) = (subscriber.environment_id, &subscriber.subscriber_id);
            if tables.subscriber(environment, id).is_some()
                || tables.subscribers.get(&subscriber.id).is_some()
            {
                return Err(InsertError::Taken);
            }
            tables.check_environment(environment)?;
            tables.subscribers.put(subscriber.id, subscriber.clone());
            Ok(())
        })
        .await
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        self.read(|tables| tables.subscriber(environment, subscriber_id).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &SubscriberFilter,
        request: &PageRequest,
    ) -> Result<Page<Subscriber>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .subscribers
                .rows()
                .filter(|s| s.environment_id == environment && fits(s, filter));
            page(rows, request)
        })
    }

    async fn update(&self, subscriber: &Subscriber) -> Result<bool, StoreError> {
        self.write(|tables| {
            let stored = tables.subscriber(subscriber.environment_id, &subscriber.subscriber_id);
            let id = stored.map(|s| s.id);
            let Some(row) = id.and_then(|id| tables.subscribers.get_mut(&id)) else {
                return Ok(false);
            };
            row.profile.clone_from(&subscriber.profile);
            row.updated_at = subscriber.updated_at;
            Ok(true)
        })
        .await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let gone = tables
                .subscribers
                .delete(|s| s.environment_id == environment && s.subscriber_id == *subscriber_id);
            if gone == 0 {
                return Ok(false);
            }
            tables.delete_connections(|c| {
                c.environment_id == environment
                    && c.owner.subscriber_id.as_ref() == Some(subscriber_id)
            });
            tables
                .endpoints
                .delete(|e| e.environment_id == environment && e.subscriber_id == *subscriber_id);
            Ok(true)
        })
        .await
    }
}

fn fits(subscriber: &Subscriber, filter: &SubscriberFilter) -> bool {
    let profile = &subscriber.profile;
    passes(
        filter.subscriber_id.as_ref(),
        Some(&subscriber.subscriber_id),
    ) && passes(filter.email.as_ref(), profile.email.as_ref())
        && passes(filter.phone.as_ref(), profile.phone.as_ref())
        && filter
            .name
            .as_ref()
            .is_none_or(|name| names(profile).contains(name))
}

/// The first name, the last name, and both.
fn names(profile: &Profile) -> Vec<String> {
    let (first, last) = (&profile.first_name, &profile.last_name);
    let both = first
        .iter()
        .zip(last)
        .map(|(first, last)| format!("{first} {last}"));
    first.iter().chain(last).cloned().chain(both).collect()
}
