//! API keys: making, replacing, revoking.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use secrecy::ExposeSecret;

use crate::{
    api_key::{API_KEY_PREFIX, ApiKey, ApiKeyRight, ApiKeyRole, PresentedKey},
    audit::AuditAction,
    broker::Broker,
    id::{ApiKeyId, EnvironmentId},
    ports::{Change, InsertError, StoreError, Stores},
    reason::Reason,
    text::{check_printable, listed},
    usecase::{
        Refusal, UseCaseError,
        administer::{invalid, taken},
    },
};

/// The longest time for which a key and its replacement live side by side.
pub const MAX_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An API key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub role: ApiKeyRole,
    /// What it may do besides.
    pub rights: BTreeSet<ApiKeyRight>,
}

impl Broker {
    /// Makes an API key; answers its record and the key itself, which is shown this once. A
    /// `granter` is the key that asks for it, and can give no right that it has not; without one
    /// it is the operator who asks.
    pub async fn create_api_key(
        &self,
        environment: EnvironmentId,
        new: NewApiKey,
        granter: Option<&ApiKey>,
    ) -> Result<(ApiKey, String), UseCaseError> {
        check_grant(granter, &new.rights)?;
        let (key, text) = self.draw_api_key(environment, new)?;
        self.within(async |inside| {
            insert(&inside.stores, &key).await?;
            inside.note_key(AuditAction::ApiKeyCreated, &key).await?;
            Ok((key, text))
        })
        .await
    }

    /// Makes a key in another one's place, with its name, role and rights; the other lives on for
    /// `overlap`. Answers the new one's record and the key itself, which is shown this once.
    pub async fn rotate_api_key(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
        overlap: SignedDuration,
        granter: Option<&ApiKey>,
    ) -> Result<(ApiKey, String), UseCaseError> {
        if overlap.is_negative() || overlap > MAX_OVERLAP {
            let problem = format!("must be 0 to {} seconds", MAX_OVERLAP.as_secs());
            return Err(invalid("overlapSeconds", &problem).into());
        }
        let now = self.clock.now();
        let old = self.stores.api_keys.find(environment, id).await?;
        let old = old
            .filter(|key| key.is_live(now))
            .ok_or_else(|| not_found(id))?;
        check_grant(granter, &old.rights)?;
        let new = NewApiKey {
            name: old.name,
            role: old.role,
            rights: old.rights,
        };
        let (key, text) = self.draw_api_key(environment, new)?;
        let within = self.begin().await?;
        let inside = &within.broker;
        insert(&inside.stores, &key).await?;
        let dies_at = now + overlap;
        if !inside
            .stores
            .api_keys
            .expire(environment, id, dies_at)
            .await?
        {
            return Err(not_found(id).into());
        }
        let (action, replaced) = (AuditAction::ApiKeyRotated, id.to_string());
        let details = [("replacement", key.id.to_string())];
        let details = details.each_ref().map(|(name, id)| (*name, id.as_str()));
        inside.note(environment, action, replaced, &details).await?;
        inside.changes.publish(Change::ApiKeys(environment)).await;
        within.commit().await?;
        Ok((key, text))
    }

    /// Makes an admin key of the operator's own choosing. Doing it again changes nothing; a key
    /// that another environment has, or that was revoked, is refused.
    pub async fn bootstrap_api_key(
        &self,
        environment: EnvironmentId,
        presented: &PresentedKey,
    ) -> Result<(), UseCaseError> {
        let new = NewApiKey {
            name: "bootstrap".to_owned(),
            role: ApiKeyRole::Admin,
            rights: BTreeSet::new(),
        };
        let key = self.key_record(environment, new, presented)?;
        match self.stores.api_keys.insert(&key).await {
            Ok(()) => return Ok(()),
            Err(InsertError::Store(error)) => return Err(error.into()),
            Err(InsertError::Taken) => {}
        }
        match self.stores.api_keys.find_by_hash(&key.hash).await? {
            Some(stored)
                if stored.environment_id == environment && stored.is_live(self.clock.now()) =>
            {
                Ok(())
            }
            _ => Err(Refusal::new(
                Reason::ValidationFailed,
                "the bootstrap API key belongs to another environment or was revoked",
            )
            .into()),
        }
    }

    /// The environment's keys, oldest first, dead ones included. What this process noted of their
    /// use is in it.
    pub async fn list_api_keys(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<ApiKey>, UseCaseError> {
        self.record_key_uses().await?;
        Ok(self.stores.api_keys.list(environment).await?)
    }

    /// Revokes an API key, at once and for good.
    pub async fn revoke_api_key(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<(), UseCaseError> {
        let now = self.clock.now();
        self.within(async |inside| {
            if !inside.stores.api_keys.revoke(environment, id, now).await? {
                return Err(not_found(id).into());
            }
            let action = AuditAction::ApiKeyRevoked;
            inside
                .note(environment, action, id.to_string(), &[])
                .await?;
            inside.changes.publish(Change::ApiKeys(environment)).await;
            Ok(())
        })
        .await
    }

    async fn note_key(&self, action: AuditAction, key: &ApiKey) -> Result<(), StoreError> {
        let role = key.role.to_string();
        let details = [("name", key.name.as_str()), ("role", role.as_str())];
        let (environment, subject) = (key.environment_id, key.id.to_string());
        self.note(environment, action, subject, &details).await
    }

    /// Writes down when keys were used. What cannot be written is kept for the next time.
    pub async fn record_key_uses(&self) -> Result<(), StoreError> {
        let uses = self.key_uses.take();
        let recorded = self.stores.api_keys.record_uses(&uses).await;
        if recorded.is_err() {
            for (id, at) in uses {
                self.key_uses.note(id, at);
            }
        }
        recorded
    }

    fn draw_api_key(
        &self,
        environment: EnvironmentId,
        new: NewApiKey,
    ) -> Result<(ApiKey, String), Refusal> {
        let text = format!("{API_KEY_PREFIX}{}", self.ids.random_text(50));
        let presented = PresentedKey::parse(&text).map_err(|e| invalid("key", &e))?;
        Ok((self.key_record(environment, new, &presented)?, text))
    }

    fn key_record(
        &self,
        environment_id: EnvironmentId,
        new: NewApiKey,
        presented: &PresentedKey,
    ) -> Result<ApiKey, Refusal> {
        check_printable(&new.name, 100).map_err(|e| invalid("name", &e))?;
        let mut key = ApiKey {
            id: ApiKeyId(self.ids.uuid()),
            environment_id,
            name: new.name,
            role: new.role,
            rights: new.rights,
            hash: presented.hash(),
            hint: presented.hint(),
            signing_state: None,
            created_at: self.clock.now(),
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        };
        let state = presented.signing_state().to_bytes();
        let sealed = self
            .sealer
            .seal(state.expose_secret(), &key.signing_state_place());
        key.signing_state = Some(sealed);
        Ok(key)
    }
}

/// Nobody gives what they have not.
fn check_grant(granter: Option<&ApiKey>, rights: &BTreeSet<ApiKeyRight>) -> Result<(), Refusal> {
    let Some(granter) = granter else {
        return Ok(());
    };
    let lacking: Vec<_> = rights
        .difference(&granter.rights)
        .map(ToString::to_string)
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Only a key that has {} can give it; the operator makes the first one with \
         `tieline api-keys create --right`",
        listed(&lacking)
    );
    Err(Refusal::new(Reason::Forbidden, message))
}

async fn insert(stores: &Stores, key: &ApiKey) -> Result<(), UseCaseError> {
    let inserted = stores.api_keys.insert(key).await;
    inserted.map_err(|error| taken(error, || "the key exists".to_owned()))
}

fn not_found(id: ApiKeyId) -> Refusal {
    Refusal::new(Reason::NotFound, format!("API key not found: {id}"))
}
