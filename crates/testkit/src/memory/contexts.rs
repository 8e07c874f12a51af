//! Contexts.

use async_trait::async_trait;
use tieline_domain::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{ContextFilter, ContextStore, InsertError, StoreError},
};

use super::{MemoryStorage, dangling, page_of};

#[async_trait]
impl ContextStore for MemoryStorage {
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError> {
        let own = |c: &&Context| c.environment_id == environment && c.key == *key;
        Ok(self.tables().await?.contexts.iter().find(own).cloned())
    }

    async fn insert(&self, context: &Context) -> Result<(), InsertError> {
        let contexts = &mut self.tables().await?.contexts;
        if contexts.iter().any(|other| is_same(other, context)) {
            return Err(InsertError::Taken);
        }
        contexts.push(context.clone());
        Ok(())
    }

    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError> {
        let tables = &mut *self.tables().await?;
        let at_home = |context: &Context| tables.has_environment(context.environment_id);
        if !contexts.iter().all(at_home) {
            return Err(dangling("environment"));
        }
        let stored = &mut tables.contexts;
        for context in contexts {
            if !stored.iter().any(|other| is_same(other, context)) {
                stored.push(context.clone());
            }
        }
        Ok(())
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        page: &PageRequest,
    ) -> Result<Page<Context>, StoreError> {
        let ContextFilter { kind, id, search } = filter;
        let tables = self.tables().await?;
        let matching = tables.contexts.iter().filter(|context| {
            let key = &context.key;
            let found = |text: &String| key.kind().contains(text) || key.id().contains(text);
            context.environment_id == environment
                && kind.as_ref().is_none_or(|kind| kind == key.kind())
                && id.as_ref().is_none_or(|id| id == key.id())
                && search.as_ref().is_none_or(found)
        });
        Ok(page_of(matching.cloned().collect(), page, |context| {
            Position {
                created_at: context.created_at,
                id: context.id.0,
            }
        }))
    }

    async fn update(&self, context: &Context) -> Result<bool, StoreError> {
        let mut tables = self.tables().await?;
        let mut stored = tables.contexts.iter_mut();
        let Some(stored) = stored.find(|stored| is_same(stored, context)) else {
            return Ok(false);
        };
        stored.data.clone_from(&context.data);
        stored.bridge_url.clone_from(&context.bridge_url);
        stored.updated_at = context.updated_at;
        Ok(true)
    }

    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError> {
        let contexts = &mut self.tables().await?.contexts;
        let before = contexts.len();
        contexts.retain(|c| c.environment_id != environment || c.key != *key);
        Ok(contexts.len() < before)
    }
}

fn is_same(one: &Context, other: &Context) -> bool {
    one.environment_id == other.environment_id && one.key == other.key
}
