//! [`ContextStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{FromRow, QueryBuilder};
use tieline_domain::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    ports::{ContextStore, StoreError},
};
use uuid::Uuid;

use crate::{
    column::{Column, column, to_json},
    database::Pools,
    error::unavailable,
};

/// Keeps contexts in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteContextStore {
    pub(crate) pools: Pools,
}

#[async_trait]
impl ContextStore for SqliteContextStore {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        let row: Option<ContextRow> = sqlx::query_as(
            "SELECT environment_id, kind, id, data, created_at, updated_at FROM contexts
             WHERE environment_id = ? AND kind = ? AND id = ?",
        )
        .bind(environment.0)
        .bind(key.kind())
        .bind(key.id())
        .fetch_optional(&self.pools.read)
        .await
        .map_err(unavailable)?;
        row.map(Context::try_from).transpose()
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        if contexts.is_empty() {
            return Ok(());
        }
        let mut query = QueryBuilder::new(
            "INSERT INTO contexts (environment_id, kind, id, data, created_at, updated_at) ",
        );
        query.push_values(contexts, |mut row, context| {
            row.push_bind(context.environment_id.0)
                .push_bind(context.key.kind().to_owned())
                .push_bind(context.key.id().to_owned())
                .push_bind(to_json(&context.data))
                .push_bind(context.created_at.as_microsecond())
                .push_bind(context.updated_at.as_microsecond());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query
            .build()
            .execute(&self.pools.write)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

#[derive(FromRow)]
struct ContextRow {
    environment_id: Uuid,
    kind: String,
    id: String,
    data: String,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ContextRow> for Context {
    type Error = StoreError;

    fn try_from(row: ContextRow) -> Result<Self, StoreError> {
        let key = ContextKey::new(row.kind, row.id);
        Ok(Self {
            environment_id: EnvironmentId(row.environment_id),
            key: key.map_err(|error| of("id").corrupt(error.to_string()))?,
            data: of("data").json(&row.data)?,
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("contexts", name)
}
