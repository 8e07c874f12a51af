//! What an operator sets up first: environments and keys.

use crate::{
    api_key::{API_KEY_PREFIX, ApiKey, ApiKeyRole, PresentedKey},
    broker::Broker,
    environment::{Environment, Organization},
    id::{ApiKeyId, EnvironmentId, OrganizationId},
    ports::InsertError,
    reason::Reason,
    text::check_printable,
    usecase::{Refusal, UseCaseError},
};

/// The name of the environment that is made when there is none.
const FIRST_ENVIRONMENT: &str = "Development";

/// An API key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub role: ApiKeyRole,
}

impl Broker {
    /// The oldest environment; makes organization and environment where there is none.
    pub async fn first_environment(&self) -> Result<Environment, UseCaseError> {
        match self.environments.list().await?.into_iter().next() {
            Some(first) => Ok(first),
            None => self.create_environment(FIRST_ENVIRONMENT).await,
        }
    }

    /// Makes an environment in the oldest organization.
    pub async fn create_environment(&self, name: &str) -> Result<Environment, UseCaseError> {
        check_printable(name, 100).map_err(|e| invalid("name", &e))?;
        let organization = self.first_organization().await?;
        let environment = Environment {
            id: EnvironmentId(self.ids.uuid()),
            organization_id: organization.id,
            name: name.to_owned(),
            created_at: self.clock.now(),
        };
        let inserted = self.environments.insert(&environment).await;
        inserted
            .map_err(|error| taken(error, || format!("an environment {name:?} exists already")))?;
        Ok(environment)
    }

    async fn first_organization(&self) -> Result<Organization, UseCaseError> {
        if let Some(first) = self
            .environments
            .list_organizations()
            .await?
            .into_iter()
            .next()
        {
            return Ok(first);
        }
        let organization = Organization {
            id: OrganizationId(self.ids.uuid()),
            name: "Default".to_owned(),
            created_at: self.clock.now(),
        };
        self.environments.insert_organization(&organization).await?;
        Ok(organization)
    }

    /// Makes an API key; answers its record and the key itself, which is shown this once.
    pub async fn create_api_key(
        &self,
        environment: EnvironmentId,
        new: NewApiKey,
    ) -> Result<(ApiKey, String), UseCaseError> {
        let text = format!("{API_KEY_PREFIX}{}", self.ids.random_text(50));
        let presented = PresentedKey::parse(&text).map_err(|e| invalid("key", &e))?;
        let key = self.key_record(environment, new, &presented)?;
        self.api_keys
            .insert(&key)
            .await
            .map_err(|e| taken(e, || "the key exists".to_owned()))?;
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
        };
        let key = self.key_record(environment, new, presented)?;
        match self.api_keys.insert(&key).await {
            Ok(()) => return Ok(()),
            Err(InsertError::Store(error)) => return Err(error.into()),
            Err(InsertError::Taken) => {}
        }
        match self.api_keys.find_by_hash(&key.hash).await? {
            Some(stored) if stored.environment_id == environment && stored.revoked_at.is_none() => {
                Ok(())
            }
            _ => Err(Refusal::new(
                Reason::ValidationFailed,
                "the bootstrap API key belongs to another environment or was revoked",
            )
            .into()),
        }
    }

    fn key_record(
        &self,
        environment_id: EnvironmentId,
        new: NewApiKey,
        presented: &PresentedKey,
    ) -> Result<ApiKey, Refusal> {
        check_printable(&new.name, 100).map_err(|e| invalid("name", &e))?;
        Ok(ApiKey {
            id: ApiKeyId(self.ids.uuid()),
            environment_id,
            name: new.name,
            role: new.role,
            hash: presented.hash(),
            hint: presented.hint(),
            created_at: self.clock.now(),
            revoked_at: None,
        })
    }

    /// Revokes an API key, at once and for good.
    pub async fn revoke_api_key(
        &self,
        environment: EnvironmentId,
        id: ApiKeyId,
    ) -> Result<(), UseCaseError> {
        if self
            .api_keys
            .revoke(environment, id, self.clock.now())
            .await?
        {
            return Ok(());
        }
        Err(Refusal::new(Reason::NotFound, format!("API key not found: {id}")).into())
    }
}

pub(super) fn invalid(field: &str, problem: &impl std::fmt::Display) -> Refusal {
    Refusal::of_fields(vec![(field.to_owned(), problem.to_string())])
}

pub(super) fn taken(error: InsertError, message: impl FnOnce() -> String) -> UseCaseError {
    match error {
        InsertError::Taken => Refusal::new(Reason::AlreadyExists, message()).into(),
        InsertError::Store(error) => error.into(),
    }
}
