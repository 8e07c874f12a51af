//! Contexts.

use async_trait::async_trait;
use tieline_domain::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{ContextFilter, ContextStore, InsertError, StoreError},
};

use super::{MemoryStorage, paging::page, passes, tables::Tables};

#[async_trait]
impl ContextStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        self.read(|tables| find(tables, environment, key).cloned())
    }

    async fn insert(&self, context: &Context) -> Result<(), InsertError> {
        self.write(|tables| {
            if find(tables, context.environment_id, &context.key).is_some()
                || tables.contexts.get(&context.id).is_some()
            {
                return Err(InsertError::Taken);
            }
            tables.check_environment(context.environment_id)?;
            tables.contexts.put(context.id, context.clone());
            Ok(())
        })
        .await
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        self.write(|tables| {
            for context in contexts {
                tables.check_environment(context.environment_id)?;
                if find(tables, context.environment_id, &context.key).is_none() {
                    tables.contexts.put(context.id, context.clone());
                }
            }
            Ok(())
        })
        .await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        request: &PageRequest,
    ) -> Result<Page<Context>, StoreError> {
        self.read(|tables| {
            let rows = tables
                .contexts
                .rows()
                .filter(|c| c.environment_id == environment && fits(&c.key, filter));
            page(rows, request)
        })
    }

    async fn update(&self, context: &Context) -> Result<bool, StoreError> {
        self.write(|tables| {
            let id = find(tables, context.environment_id, &context.key).map(|c| c.id);
            let Some(row) = id.and_then(|id| tables.contexts.get_mut(&id)) else {
                return Ok(false);
            };
            row.data.clone_from(&context.data);
            row.bridge_url.clone_from(&context.bridge_url);
            row.updated_at = context.updated_at;
            Ok(true)
        })
        .await
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError> {
        self.write(|tables| {
            let gone = tables
                .contexts
                .delete(|c| c.environment_id == environment && c.key == *key);
            Ok(gone > 0)
        })
        .await
    }
}

fn find<'a>(
    tables: &'a Tables,
    environment: EnvironmentId,
    key: &ContextKey,
) -> Option<&'a Context> {
    tables
        .contexts
        .find(|c| c.environment_id == environment && c.key == *key)
}

fn fits(key: &ContextKey, filter: &ContextFilter) -> bool {
    let found = |text: &String| key.kind().contains(text) || key.id().contains(text);
    passes(filter.kind.as_deref(), Some(key.kind()))
        && passes(filter.id.as_deref(), Some(key.id()))
        && filter.search.as_ref().is_none_or(found)
}
