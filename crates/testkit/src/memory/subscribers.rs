//! Subscribers.

use async_trait::async_trait;
use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{InsertError, StoreError, SubscriberFilter, SubscriberStore},
    subscriber::{Profile, Subscriber, SubscriberId},
};

use super::{MemoryStorage, page_of, passes};

#[async_trait]
impl SubscriberStore for MemoryStorage {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        let subscribers = &mut self.tables().await?.subscribers;
        let same = |other: &Subscriber| {
            other.environment_id == subscriber.environment_id
                && other.subscriber_id == subscriber.subscriber_id
        };
        if subscribers.iter().any(same) {
            return Err(InsertError::Taken);
        }
        subscribers.push(subscriber.clone());
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        let own =
            |s: &&Subscriber| s.environment_id == environment && s.subscriber_id == *subscriber_id;
        Ok(self.tables().await?.subscribers.iter().find(own).cloned())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &SubscriberFilter,
        page: &PageRequest,
    ) -> Result<Page<Subscriber>, StoreError> {
        let tables = self.tables().await?;
        let matching = tables.subscribers.iter().filter(|s| {
            s.environment_id == environment
                && passes(filter.subscriber_id.as_ref(), Some(&s.subscriber_id))
                && passes(filter.email.as_ref(), s.profile.email.as_ref())
                && passes(filter.phone.as_ref(), s.profile.phone.as_ref())
                && filter
                    .name
                    .as_ref()
                    .is_none_or(|name| names(&s.profile).contains(name))
        });
        Ok(page_of(matching.cloned().collect(), page, |subscriber| {
            Position {
                created_at: subscriber.created_at,
                id: subscriber.id.0,
            }
        }))
    }

    async fn update(&self, subscriber: &Subscriber) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let own = |stored: &&mut Subscriber| {
            stored.environment_id == subscriber.environment_id
                && stored.subscriber_id == subscriber.subscriber_id
        };
        let Some(stored) = tables.subscribers.iter_mut().find(own) else {
            return Ok(false);
        };
        stored.profile = subscriber.profile.clone();
        stored.updated_at = subscriber.updated_at;
        Ok(true)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        let tables = &mut *self.tables().await?;
        let before = tables.subscribers.len();
        tables
            .subscribers
            .retain(|s| s.environment_id != environment || s.subscriber_id != *subscriber_id);
        if tables.subscribers.len() == before {
            return Ok(false);
        }
        tables.delete_connections(|c| {
            c.environment_id == environment && c.owner.subscriber_id.as_ref() == Some(subscriber_id)
        });
        tables
            .endpoints
            .retain(|e| e.environment_id != environment || e.subscriber_id != *subscriber_id);
        Ok(true)
    }
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
