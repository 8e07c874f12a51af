//! Contexts: making, changing, deleting.

use serde_json::{Map, Value};

use crate::{
    broker::Broker,
    context::{BridgeUrl, Context, ContextKey},
    id::{ContextRowId, EnvironmentId},
    patch::Patch,
    ports::{Change, InsertError},
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

/// A change of a context.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextChange {
    /// The new data, as a whole.
    pub data: Map<String, Value>,
    /// The new bridge URL.
    pub bridge_url: Patch<BridgeUrl>,
}

impl Broker {
    /// Makes a context; refused if there is one of that key.
    pub async fn create_context(
        &self,
        environment_id: EnvironmentId,
        key: ContextKey,
        change: ContextChange,
    ) -> Result<Context, UseCaseError> {
        let now = self.clock.now();
        let mut context = Context {
            id: ContextRowId(self.ids.uuid()),
            environment_id,
            key,
            data: change.data,
            bridge_url: None,
            created_at: now,
            updated_at: now,
        };
        change.bridge_url.apply(&mut context.bridge_url);
        match self.stores.contexts.insert(&context).await {
            Ok(()) => Ok(context),
            Err(InsertError::Store(error)) => Err(error.into()),
            Err(InsertError::Taken) => {
                let message = format!("Context already exists: {}", context.key);
                Err(Refusal::new(Reason::AlreadyExists, message).into())
            }
        }
    }

    /// The context of this key.
    pub async fn get_context(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<Context, UseCaseError> {
        let found = self.stores.contexts.find(environment, key).await?;
        Ok(found.ok_or_else(|| not_found(environment, key))?)
    }

    /// Replaces a context's data; answers the context as it is then.
    pub async fn change_context(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
        change: ContextChange,
    ) -> Result<Context, UseCaseError> {
        let mut context = self.get_context(environment, key).await?;
        context.data = change.data;
        change.bridge_url.apply(&mut context.bridge_url);
        context.updated_at = self.clock.now();
        if !self.stores.contexts.update(&context).await? {
            return Err(not_found(environment, key).into());
        }
        Ok(context)
    }

    /// Deletes a context. Connections keep its key, and it is made anew where a request names it.
    pub async fn delete_context(
        &self,
        environment: EnvironmentId,
        key: &ContextKey,
    ) -> Result<(), UseCaseError> {
        if !self.stores.contexts.delete(environment, key).await? {
            return Err(not_found(environment, key).into());
        }
        let change = Change::Context(environment, key.clone());
        self.changes.publish(change).await;
        Ok(())
    }
}

fn not_found(environment: EnvironmentId, key: &ContextKey) -> Refusal {
    let (id, kind) = (key.id(), key.kind());
    let message =
        format!("Context with id {id} and type {kind} not found in environment {environment}");
    Refusal::new(Reason::NotFound, message)
}
