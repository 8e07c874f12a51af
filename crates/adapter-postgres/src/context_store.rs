//! [`ContextStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{ContextFilter, ContextStore, InsertError, StoreError},
};

use crate::{
    database::Access,
    error::{insert_error, retried, unavailable},
};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            ContextRow,
            r#"SELECT id, environment_id, kind, context_id, data::text AS "data!", bridge_url,
                 created_at, updated_at "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod list;
mod row;
mod write;

use row::ContextRow;

/// Keeps contexts in Postgres.
#[derive(Clone, Debug)]
pub struct PgContextStore {
    pub(crate) access: Access,
}

#[async_trait]
impl ContextStore for PgContextStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        let row = select!(
            ["FROM contexts WHERE environment_id = $1 AND kind = $2 AND context_id = $3"],
            environment.0,
            key.kind(),
            key.id()
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(Context::try_from).transpose()
    }

    async fn insert(&self, context: &Context) -> Result<(), InsertError> {
        let mut session = self.access.writer().await?;
        write::insert(&mut session, context)
            .await
            .map_err(insert_error)?;
        session.commit().await.map_err(insert_error)
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        if contexts.is_empty() {
            return Ok(());
        }
        retried(|| async {
            let mut session = self.access.writer().await?;
            write::insert_missing(&mut session, contexts)
                .await
                .map_err(unavailable)?;
            session.commit().await.map_err(unavailable)
        })
        .await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        page: &PageRequest,
    ) -> Result<Page<Context>, StoreError> {
        list::page(&self.access, environment, filter, page).await
    }

    async fn update(&self, context: &Context) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let updated = write::update(&mut session, context).await;
        let updated = updated.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(updated)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let result = sqlx::query!(
            "DELETE FROM contexts WHERE environment_id = $1 AND kind = $2 AND context_id = $3",
            environment.0,
            key.kind(),
            key.id()
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(result.rows_affected() > 0)
    }
}
