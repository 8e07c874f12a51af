//! [`SubscriberStore`] on SQLite.

use async_trait::async_trait;
use sqlx::FromRow;
use tieline_domain::{
    id::EnvironmentId,
    ports::{InsertError, StoreError, SubscriberStore},
    subscriber::{Subscriber, SubscriberId},
};
use uuid::Uuid;

use crate::{
    column::{Column, column},
    database::Pools,
    error::{insert_error, unavailable},
};

/// Keeps subscribers in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteSubscriberStore {
    pub(crate) pools: Pools,
}

#[async_trait]
impl SubscriberStore for SqliteSubscriberStore {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        sqlx::query(
            "INSERT INTO subscribers (environment_id, subscriber_id, created_at) VALUES (?, ?, ?)",
        )
        .bind(subscriber.environment_id.0)
        .bind(subscriber.subscriber_id.as_str())
        .bind(subscriber.created_at.as_microsecond())
        .execute(&self.pools.write)
        .await
        .map_err(insert_error)?;
        Ok(())
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        let row: Option<SubscriberRow> = sqlx::query_as(
            "SELECT environment_id, subscriber_id, created_at FROM subscribers
             WHERE environment_id = ? AND subscriber_id = ?",
        )
        .bind(environment.0)
        .bind(subscriber_id.as_str())
        .fetch_optional(&self.pools.read)
        .await
        .map_err(unavailable)?;
        row.map(Subscriber::try_from).transpose()
    }
}

#[derive(FromRow)]
struct SubscriberRow {
    environment_id: Uuid,
    subscriber_id: String,
    created_at: i64,
}

impl TryFrom<SubscriberRow> for Subscriber {
    type Error = StoreError;

    fn try_from(row: SubscriberRow) -> Result<Self, StoreError> {
        Ok(Self {
            environment_id: EnvironmentId(row.environment_id),
            subscriber_id: of("subscriber_id").parse(&row.subscriber_id)?,
            created_at: of("created_at").time(row.created_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("subscribers", name)
}
