//! Who is asking?

use std::sync::Arc;

use crate::{
    api_key::{ApiKey, ApiKeyRole, PresentedKey},
    broker::Broker,
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

impl Broker {
    /// Finds the live API key that a request presented, and checks that its role allows what
    /// needs `needed`. A missing, unknown, expired and revoked key are refused alike.
    pub async fn authenticate(
        &self,
        presented: Option<&PresentedKey>,
        needed: ApiKeyRole,
    ) -> Result<Arc<ApiKey>, UseCaseError> {
        let presented = presented.ok_or(Reason::Unauthorized)?;
        let now = self.clock.now();
        let found = self.lookups.api_key(&presented.hash()).await?;
        let key = found
            .filter(|key| key.is_live(now))
            .ok_or(Reason::Unauthorized)?;
        self.key_uses.note(key.id, now);
        if !key.role.allows(needed) {
            let message = format!(
                "This needs an API key of role {needed}; this one has {}.",
                key.role
            );
            return Err(Refusal::new(Reason::Forbidden, message).into());
        }
        Ok(key)
    }
}
