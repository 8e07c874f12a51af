//! Where subscribers are kept.

use async_trait::async_trait;

use crate::{
    id::EnvironmentId,
    ports::{InsertError, StoreError},
    subscriber::{Subscriber, SubscriberId},
};

/// Keeps subscribers.
#[async_trait]
pub trait SubscriberStore: Send + Sync {
    /// Adds a subscriber; [`InsertError::Taken`] if its environment has one of that id.
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError>;

    /// The environment's subscriber of this id.
    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError>;
}
