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

use filter::{SORTED, push_found, push_listed};
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
             FROM ",
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
        let sql = select!("contexts WHERE environment_id = ? AND kind = ? AND context_id = ?");
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
        let mut page = *page;
        let push_found = |query: &mut _| push_found(query, environment, filter);
        if !filter.pieces().is_empty() {
            // By which of two ways a page is read depends on it.
            page.total = Some(keyset::count(&mut tx, page.total, push_found).await?);
        }
        let rows: Vec<ContextRow> = listing(environment, filter, &page)
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page.known_total(rows.len()), push_found).await?;
        let contexts = rows.into_iter().map(Context::try_from);
        let contexts = contexts.collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(contexts, &page, total, |context| Position {
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
    let mut query = QueryBuilder::new(select!(""));
    if page.total.is_some_and(|total| total > SORTED) {
        push_listed(&mut query, environment, filter);
    } else {
        push_found(&mut query, environment, filter);
    }
    keyset::push_page(&mut query, "contexts", page);
    query
}
