//! What an operator sets up first: environments.

use crate::{
    broker::Broker,
    environment::{Environment, Organization},
    id::{EnvironmentId, OrganizationId},
    ports::InsertError,
    reason::Reason,
    text::check_printable,
    usecase::{Refusal, UseCaseError},
};

/// The name of the environment that is made when there is none.
const FIRST_ENVIRONMENT: &str = "Development";

impl Broker {
    /// The oldest environment; makes organization and environment where there is none.
    pub async fn first_environment(&self) -> Result<Environment, UseCaseError> {
        match self.stores.environments.list().await?.into_iter().next() {
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
        let inserted = self.stores.environments.insert(&environment).await;
        inserted
            .map_err(|error| taken(error, || format!("an environment {name:?} exists already")))?;
        Ok(environment)
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
            id: OrganizationId(self.ids.uuid()),
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
