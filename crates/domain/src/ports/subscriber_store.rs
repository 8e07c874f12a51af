//! Where subscribers are kept.

use async_trait::async_trait;

use crate::{
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{InsertError, StoreError},
    subscriber::{Subscriber, SubscriberId},
};

/// Which subscribers to list; what is absent does not restrict. Texts match exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriberFilter {
    /// The one of this id.
    pub subscriber_id: Option<SubscriberId>,
    /// Those with this mail address.
    pub email: Option<String>,
    /// Those with this telephone number.
    pub phone: Option<String>,
    /// Those whose first name, last name, or both with a blank between, is this.
    pub name: Option<String>,
}

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

    /// A page of the environment's subscribers.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &SubscriberFilter,
        page: &PageRequest,
    ) -> Result<Page<Subscriber>, StoreError>;

    /// Replaces profile and time of change of the subscriber with this environment and
    /// `subscriber_id`, whatever its row. Answers whether there is one.
    async fn update(&self, subscriber: &Subscriber) -> Result<bool, StoreError>;

    /// Deletes a subscriber with its connections and endpoints, all or nothing. Answers whether
    /// there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<bool, StoreError>;
}
