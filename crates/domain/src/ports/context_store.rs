//! Where contexts are kept.

use async_trait::async_trait;

use crate::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    ports::StoreError,
};

/// Keeps contexts.
#[async_trait]
pub trait ContextStore: Send + Sync {
    /// The environment's context of this key.
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError>;

    /// Adds those contexts that are not there yet, all or none; those that are stay as they are.
    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError>;
}
