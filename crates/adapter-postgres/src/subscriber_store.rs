//! [`SubscriberStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{InsertError, StoreError, SubscriberFilter, SubscriberStore},
    subscriber::{Subscriber, SubscriberId},
};

use crate::{
    database::Access,
    error::{insert_error, retried, unavailable},
};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            SubscriberRow,
            "SELECT id, environment_id, subscriber_id, first_name, last_name, email, phone,
                 avatar, locale, timezone, data::text, created_at, updated_at
             FROM subscribers WHERE " $(+ $sql)+,
            $($argument),+
        )
    };
}

mod list;
mod row;
mod write;

use row::SubscriberRow;

/// Keeps subscribers in Postgres.
#[derive(Clone, Debug)]
pub struct PgSubscriberStore {
    pub(crate) access: Access,
}

#[async_trait]
impl SubscriberStore for PgSubscriberStore {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        let mut session = self.access.writer().await?;
        write::insert(&mut session, subscriber)
            .await
            .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        let row = select!(
            ["environment_id = $1 AND subscriber_id = $2"],
            environment.0,
            subscriber_id.as_str()
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(Subscriber::try_from).transpose()
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &SubscriberFilter,
        page: &PageRequest,
    ) -> Result<Page<Subscriber>, StoreError> {
        list::page(&self.access, environment, filter, page).await
    }

    async fn update(&self, subscriber: &Subscriber) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let updated = write::update(&mut session, subscriber).await;
        let updated = updated.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(updated)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        retried(|| async {
            let mut session = self.access.writer().await?;
            let result = sqlx::query!(
                "DELETE FROM subscribers WHERE environment_id = $1 AND subscriber_id = $2",
                environment.0,
                subscriber_id.as_str()
            )
            .execute(&mut session)
            .await
            .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)?;
            Ok(result.rows_affected() > 0)
        })
        .await
    }
}
