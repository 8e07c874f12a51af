//! [`SubscriberStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{InsertError, StoreError, SubscriberFilter, SubscriberStore},
    subscriber::{Subscriber, SubscriberId},
};

use crate::{
    database::Access,
    error::{insert_error, unavailable},
    keyset,
};

mod filter;
mod row;
mod write;

use row::SubscriberRow;

/// Keeps subscribers in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteSubscriberStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, subscriber_id, first_name, last_name, email, phone,
                 avatar, locale, timezone, data, created_at, updated_at
             FROM subscribers ",
            $rest
        )
    };
}

#[async_trait]
impl SubscriberStore for SqliteSubscriberStore {
    async fn insert(&self, subscriber: &Subscriber) -> Result<(), InsertError> {
        write::insert(&mut *self.access.writer().await?, subscriber)
            .await
            .map_err(insert_error)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        let row: Option<SubscriberRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND subscriber_id = ?"))
                .bind(environment.0)
                .bind(subscriber_id.as_str())
                .fetch_optional(&mut *self.access.reader().await?)
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
        let mut tx = self.access.begin_read().await?;
        let mut query = listing(environment, filter, page);
        let rows: Vec<SubscriberRow> = query
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page.known_total(rows.len()), |query| {
            filter::push_source(query, environment, filter);
        })
        .await?;
        let subscribers = rows.into_iter().map(Subscriber::try_from);
        let subscribers = subscribers.collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(subscribers, page, total, |subscriber| Position {
            created_at: subscriber.created_at,
            id: subscriber.id.0,
        }))
    }

    async fn update(&self, subscriber: &Subscriber) -> Result<bool, StoreError> {
        write::update(&mut *self.access.writer().await?, subscriber)
            .await
            .map_err(unavailable)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        subscriber_id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM subscribers WHERE environment_id = ? AND subscriber_id = ?";
        let result = sqlx::query(sql)
            .bind(environment.0)
            .bind(subscriber_id.as_str())
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }
}

/// The query of a page of subscribers.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select!("WHERE "));
    filter::push_page(&mut query, environment, filter, page);
    query
}
