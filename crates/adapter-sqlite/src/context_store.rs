//! [`ContextStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{ContextFilter, ContextStore, InsertError, StoreError},
};

use crate::{
    database::Access,
    error::{insert_error, unavailable},
    keyset,
};

mod filter;
mod row;
mod write;

use filter::push_filter;
use row::ContextRow;

/// Keeps contexts in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteContextStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at
             FROM contexts ",
            $rest
        )
    };
}

#[async_trait]
impl ContextStore for SqliteContextStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        let sql = select!("WHERE environment_id = ? AND kind = ? AND context_id = ?");
        let row: Option<ContextRow> = sqlx::query_as(sql)
            .bind(environment.0)
            .bind(key.kind())
            .bind(key.id())
            .fetch_optional(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(Context::try_from).transpose()
    }

    async fn insert(&self, context: &Context) -> Result<(), InsertError> {
        write::insert(std::slice::from_ref(context))
            .build()
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(insert_error)?;
        Ok(())
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        if contexts.is_empty() {
            return Ok(());
        }
        write::insert(contexts)
            .push(" ON CONFLICT (environment_id, kind, context_id) DO NOTHING")
            .build()
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        page: &PageRequest,
    ) -> Result<Page<Context>, StoreError> {
        let mut tx = self.access.begin_read().await?;
        let mut query = listing(environment, filter, page);
        let rows: Vec<ContextRow> = query
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page, |query| {
            query.push("contexts WHERE ");
            push_filter(query, environment, filter);
        })
        .await?;
        let contexts = rows.into_iter().map(Context::try_from);
        let contexts = contexts.collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(contexts, page, total, |context| Position {
            created_at: context.created_at,
            id: context.id.0,
        }))
    }

    async fn update(&self, context: &Context) -> Result<bool, StoreError> {
        write::update(&mut *self.access.writer().await?, context)
            .await
            .map_err(unavailable)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM contexts WHERE environment_id = ? AND kind = ? AND context_id = ?";
        let result = sqlx::query(sql)
            .bind(environment.0)
            .bind(key.kind())
            .bind(key.id())
            .execute(&mut *self.access.writer().await?)
            .await
            .map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }
}

/// The query of a page of contexts.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &ContextFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select!("WHERE "));
    push_filter(&mut query, environment, filter);
    keyset::push_page(&mut query, "contexts", page);
    query
}
