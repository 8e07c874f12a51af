//! Where contexts are kept.

use async_trait::async_trait;

use crate::{
    context::{Context, ContextKey},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{InsertError, StoreError},
};

/// Which contexts to list; what is absent does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFilter {
    /// Those of exactly this type.
    pub kind: Option<String>,
    /// Those of exactly this id.
    pub id: Option<String>,
    /// Those whose type or id contains this text, letter by letter and in this case.
    pub search: Option<String>,
}

/// Keeps contexts.
#[async_trait]
pub trait ContextStore: Send + Sync {
    /// The environment's context of this key.
    async fn find(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Option<Context>, StoreError>;

    /// Adds a context; [`InsertError::Taken`] if its environment has one of that key.
    async fn insert(&self, context: &Context) -> Result<(), InsertError>;

    /// Adds those contexts that are not there yet, or, where one of them cannot be added, none;
    /// those that are there stay as they are.
    async fn insert_missing(&self, contexts: &[Context]) -> Result<(), StoreError>;

    /// A page of the environment's contexts.
    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &ContextFilter,
        page: &PageRequest,
    ) -> Result<Page<Context>, StoreError>;

    /// Replaces data, bridge URL and time of change of the context with this environment and key. Answers
    /// whether there is one.
    async fn update(&self, context: &Context) -> Result<bool, StoreError>;

    /// Deletes a context; what names its key stays as it is. Answers whether there was one.
    async fn delete(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<bool, StoreError>;
}
