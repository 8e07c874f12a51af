//! What an operator sets up first: environments.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    api_key::{ApiKey, ApiKeyRole},
    audit::AuditAction,
    broker::Broker,
    environment::{Environment, Organization},
    id::{EnvironmentId, OrganizationId},
    ports::InsertError,
    reason::Reason,
    text::check_printable,
    usecase::{NewApiKey, Refusal, UseCaseError},
};

/// The organization that is made when there is none. Its id is the same everywhere, so that many
/// who make it at once make one.
const FIRST_ORGANIZATION: OrganizationId =
    OrganizationId(Uuid::from_u128(0x7469_656c_696e_8000_8000_0000_0000_0001));

/// The name of the environment that is made when there is none.
const FIRST_ENVIRONMENT: &str = "Development";

impl Broker {
    /// The oldest environment; makes organization and environment where there is none. Of many
    /// nodes that start at once, one does, and the others find what it made.
    pub async fn first_environment(&self) -> Result<Environment, UseCaseError> {
        if let Some(first) = self.oldest_environment().await? {
            return Ok(first);
        }
        match self.create_environment(FIRST_ENVIRONMENT).await {
            Err(error) if error.reason() == Reason::AlreadyExists => {
                let first = self.oldest_environment().await?;
                Ok(first.ok_or(error)?)
            }
            made => made,
        }
    }

    async fn oldest_environment(&self) -> Result<Option<Environment>, UseCaseError> {
        Ok(self.stores.environments.list().await?.into_iter().next())
    }

    /// Makes an environment in the oldest organization.
    pub async fn create_environment(&self, name: &str) -> Result<Environment, UseCaseError> {
        let organization = self.first_organization().await?;
        self.insert_environment(organization.id, name).await
    }

    /// The environments of the organization that owns this one, oldest first.
    pub async fn environments_beside(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<Environment>, UseCaseError> {
        let owner = self.owner_of(environment).await?;
        let mut all = self.stores.environments.list().await?;
        all.retain(|other| other.organization_id == owner);
        Ok(all)
    }

    /// Makes an environment in the organization that owns this one, and an admin key for it: an
    /// environment is entered with a key of its own only. Answers both; the key is shown this
    /// once.
    pub async fn create_environment_beside(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<(Environment, ApiKey, String), UseCaseError> {
        let owner = self.owner_of(environment).await?;
        let first_key = NewApiKey {
            name: "first".to_owned(),
            role: ApiKeyRole::Admin,
            rights: BTreeSet::new(),
        };
        let within = self.begin().await?;
        let inside = &within.broker;
        let made = inside.insert_environment(owner, name).await?;
        let (key, text) = inside.create_api_key(made.id, first_key, None).await?;
        within.commit().await?;
        Ok((made, key, text))
    }

    async fn owner_of(&self, environment: EnvironmentId) -> Result<OrganizationId, UseCaseError> {
        let found = self.stores.environments.find(environment).await?;
        Ok(found.ok_or(Reason::Unauthorized)?.organization_id)
    }

    async fn insert_environment(
        &self,
        organization_id: OrganizationId,
        name: &str,
    ) -> Result<Environment, UseCaseError> {
        check_printable(name, 100).map_err(|e| invalid("name", &e))?;
        let environment = Environment {
            id: EnvironmentId(self.ids.uuid()),
            organization_id,
            name: name.to_owned(),
            created_at: self.clock.now(),
        };
        self.within(async |inside| {
            let inserted = inside.stores.environments.insert(&environment).await;
            let already = || format!("an environment {name:?} exists already");
            inserted.map_err(|error| taken(error, already))?;
            let action = AuditAction::EnvironmentCreated;
            inside.note(environment.id, action, name, &[]).await?;
            Ok(environment)
        })
        .await
    }

    async fn first_organization(&self) -> Result<Organization, UseCaseError> {
        if let Some(first) = self
            .stores
            .environments
            .list_organizations()
            .await?
            .into_iter()
            .next()
        {
            return Ok(first);
        }
        let organization = Organization {
            id: FIRST_ORGANIZATION,
            name: "Default".to_owned(),
            created_at: self.clock.now(),
        };
        self.stores
            .environments
            .insert_organization(&organization)
            .await?;
        Ok(organization)
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
