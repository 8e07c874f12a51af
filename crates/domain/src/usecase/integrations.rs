//! Integrations: making, changing, deleting.

use crate::{
    audit::AuditAction,
    broker::Broker,
    id::{EnvironmentId, IntegrationId},
    integration::{Credentials, Integration},
    ports::{Change, ConnectionFilter, StoreError},
    provider::{CredentialProblem, ProviderId, ProviderPolicy},
    reason::Reason,
    sealed::Sealed,
    text::{check_printable, check_slug, listed},
    usecase::{
        Refusal, UseCaseError,
        administer::{invalid, taken},
    },
};

/// An integration to be made.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// The provider.
    pub provider: ProviderId,
    /// The name under which clients will know it; made of the provider's id where absent.
    pub identifier: Option<String>,
    /// What people call it; the provider's name where absent.
    pub name: Option<String>,
    /// The app's credentials.
    pub credentials: Credentials,
    /// Whether it may be used at once.
    pub active: bool,
}

/// A change of an integration; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct IntegrationChange {
    /// The name under which clients know it.
    pub identifier: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// The app's credentials, replaced as a whole.
    pub credentials: Option<Credentials>,
    /// Whether it may be used.
    pub active: Option<bool>,
}

impl Broker {
    /// Makes an integration, its credentials checked against its provider's policy and sealed.
    pub async fn create_integration(
        &self,
        environment_id: EnvironmentId,
        new: NewIntegration,
    ) -> Result<Integration, UseCaseError> {
        let policy = self.policy(&new.provider)?;
        let identifier = new
            .identifier
            .unwrap_or_else(|| format!("{}-{}", new.provider, self.ids.random_text(6)));
        let name = new.name.unwrap_or_else(|| policy.name.to_owned());
        check_names(&identifier, &name)?;
        refuse_problems(&policy.check_credentials(&new.credentials))?;
        let now = self.clock.now();
        let mut integration = Integration {
            id: IntegrationId(self.ids.uuid()),
            environment_id,
            provider: new.provider,
            identifier,
            name,
            active: new.active,
            credentials: Sealed(Vec::new()),
            generation: 1,
            created_at: now,
            updated_at: now,
        };
        self.seal_app(&mut integration, &new.credentials);
        self.within(async |inside| {
            let inserted = inside.stores.integrations.insert(&integration).await;
            inserted.map_err(|error| taken(error, || already_there(&integration)))?;
            inside
                .note_integration(AuditAction::IntegrationCreated, &integration)
                .await?;
            Ok(integration)
        })
        .await
    }

    /// Changes an integration; answers it as it is then.
    pub async fn change_integration(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
        change: IntegrationChange,
    ) -> Result<Integration, UseCaseError> {
        let has_other_app = change.credentials.is_some();
        loop {
            let stored = self.get_integration(environment, id).await?;
            let changed = self.changed(stored, change.clone())?;
            // Somebody else may have been quicker: then the change is made to what they left.
            if self.replace_integration(&changed, has_other_app).await? {
                return Ok(changed);
            }
        }
    }

    async fn replace_integration(
        &self,
        changed: &Integration,
        has_other_app: bool,
    ) -> Result<bool, UseCaseError> {
        let environment = changed.environment_id;
        self.within(async |inside| {
            let replaced = inside.stores.integrations.replace(changed).await;
            if !replaced.map_err(|error| taken(error, || already_there(changed)))? {
                return Ok(false);
            }
            if has_other_app {
                // Tokens may rotate from now on, and what a wrong secret hid can be asked.
                let (upkeep, now) = (&inside.stores.upkeep, self.clock.now());
                upkeep.hasten(environment, changed.id, now).await?;
            }
            inside
                .note_integration(AuditAction::IntegrationUpdated, changed)
                .await?;
            let change = Change::Integrations(environment);
            inside.changes.publish(change).await;
            Ok(true)
        })
        .await
    }

    async fn note_integration(
        &self,
        action: AuditAction,
        integration: &Integration,
    ) -> Result<(), StoreError> {
        let details = [("provider", integration.provider.as_str())];
        let (environment, subject) = (integration.environment_id, &integration.identifier);
        self.note(environment, action, subject, &details).await
    }

    fn changed(
        &self,
        mut integration: Integration,
        change: IntegrationChange,
    ) -> Result<Integration, UseCaseError> {
        let credentials = match change.credentials {
            Some(credentials) => {
                let policy = self.policy(&integration.provider)?;
                refuse_problems(&policy.check_credentials(&credentials))?;
                credentials
            }
            None => self.open_credentials(&integration)?,
        };
        integration.identifier = change.identifier.unwrap_or(integration.identifier);
        integration.name = change.name.unwrap_or(integration.name);
        check_names(&integration.identifier, &integration.name)?;
        integration.active = change.active.unwrap_or(integration.active);
        integration.generation += 1;
        integration.updated_at = self.clock.now();
        self.seal_app(&mut integration, &credentials);
        Ok(integration)
    }

    /// The integration of this id.
    pub async fn get_integration(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<Integration, UseCaseError> {
        let found = self.stores.integrations.find_by_id(environment, id).await?;
        Ok(found.ok_or_else(|| not_found(id))?)
    }

    /// Deletes an integration with its connections and endpoints. What the connections had at
    /// their providers is taken back afterwards.
    pub async fn delete_integration(
        &self,
        environment: EnvironmentId,
        id: IntegrationId,
    ) -> Result<(), UseCaseError> {
        self.within(async |inside| {
            let integration = inside.get_integration(environment, id).await?;
            let connections = ConnectionFilter {
                integration_identifier: Some(integration.identifier.clone()),
                ..ConnectionFilter::default()
            };
            let revoked = inside.revoke_all_later(environment, &connections).await?;
            if !inside.stores.integrations.delete(environment, id).await? {
                return Err(not_found(id).into());
            }
            inside.note_deleted(environment, &revoked).await?;
            inside
                .note_integration(AuditAction::IntegrationDeleted, &integration)
                .await?;
            let change = Change::Integrations(environment);
            inside.changes.publish(change).await;
            Ok(())
        })
        .await
    }

    pub(super) fn policy(&self, id: &ProviderId) -> Result<&ProviderPolicy, Refusal> {
        self.providers
            .find(id)
            .map(|provider| &*provider.policy)
            .ok_or_else(|| {
                let known: Vec<_> = self
                    .providers
                    .iter()
                    .map(|p| p.policy.id.to_string())
                    .collect();
                invalid(
                    "providerId",
                    &format!("{id} is not known; there are {}", listed(&known)),
                )
            })
    }

    fn seal_app(&self, integration: &mut Integration, credentials: &Credentials) {
        let place = integration.credentials_place();
        integration.credentials = self.sealer.seal(&credentials.to_json(), &place);
    }
}

fn check_names(identifier: &str, name: &str) -> Result<(), Refusal> {
    check_slug(identifier, 128).map_err(|problem| invalid("identifier", &problem))?;
    check_printable(name, 100).map_err(|problem| invalid("name", &problem))
}

pub(super) fn refuse_problems(problems: &[CredentialProblem]) -> Result<(), Refusal> {
    if problems.is_empty() {
        return Ok(());
    }
    let told = problems
        .iter()
        .map(|p| (p.name.clone(), p.problem.clone()))
        .collect();
    Err(Refusal::of_members("credentials", told))
}

fn already_there(integration: &Integration) -> String {
    format!(
        "Integration with identifier {} already exists",
        integration.identifier
    )
}

fn not_found(id: IntegrationId) -> Refusal {
    Refusal::new(Reason::NotFound, format!("Integration not found: {id}"))
}
