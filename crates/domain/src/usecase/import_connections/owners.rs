//! Contexts and subscribers: to whom connections belong.

use super::{Import, ImportOutcome};
use crate::{
    context::ContextKey,
    subscriber::{ProfilePatch, SubscriberId},
    usecase::{ContextChange, IfExists, UseCaseError},
};

impl Import<'_> {
    pub(super) async fn context(
        &self,
        key: ContextKey,
        change: ContextChange,
    ) -> Result<ImportOutcome, UseCaseError> {
        let (broker, environment) = (&self.broker, self.environment);
        let Some(stored) = broker.stores.contexts.find(environment, &key).await? else {
            broker.create_context(environment, key, change).await?;
            return Ok(ImportOutcome::Made(Vec::new()));
        };
        let mut bridge_url = stored.bridge_url.clone();
        change.bridge_url.clone().apply(&mut bridge_url);
        let differing = super::named(&[
            ("data", change.data != stored.data),
            ("bridgeUrl", bridge_url != stored.bridge_url),
        ]);
        if differing.is_empty() || !self.options.update {
            return Ok(left_alone(&differing));
        }
        broker.change_context(environment, &key, change).await?;
        Ok(ImportOutcome::Updated(differing))
    }

    pub(super) async fn subscriber(
        &self,
        id: SubscriberId,
        patch: ProfilePatch,
    ) -> Result<ImportOutcome, UseCaseError> {
        let (broker, environment) = (&self.broker, self.environment);
        let Some(stored) = broker.stores.subscribers.find(environment, &id).await? else {
            let if_exists = IfExists::Refuse;
            let made = broker.create_subscriber(environment, id, patch, if_exists);
            made.await?;
            return Ok(ImportOutcome::Made(Vec::new()));
        };
        let (old, mut new) = (&stored.profile, stored.profile.clone());
        new.change(patch.clone());
        let differing = super::named(&[
            ("firstName", new.first_name != old.first_name),
            ("lastName", new.last_name != old.last_name),
            ("email", new.email != old.email),
            ("phone", new.phone != old.phone),
            ("avatar", new.avatar != old.avatar),
            ("locale", new.locale != old.locale),
            ("timezone", new.timezone != old.timezone),
            ("data", new.data != old.data),
        ]);
        if differing.is_empty() || !self.options.update {
            return Ok(left_alone(&differing));
        }
        broker.change_subscriber(environment, &id, patch).await?;
        Ok(ImportOutcome::Updated(differing))
    }
}

/// The product may have changed it here since: that is nobody's fault, and stays.
fn left_alone(differing: &[&str]) -> ImportOutcome {
    if differing.is_empty() {
        return ImportOutcome::Unchanged;
    }
    let differing = crate::text::listed(differing);
    ImportOutcome::Skipped(format!("it is here with other {differing}, and stays so"))
}
