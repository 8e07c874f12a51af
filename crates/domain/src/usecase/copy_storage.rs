//! Moving all that is stored to another storage.

use crate::{
    api_key::ApiKey,
    id::EnvironmentId,
    integration::Integration,
    ports::{InsertError, RecordError, StoreError, Stores, Transactions},
};

mod answers;
mod log;
mod paged;

use paged::{Attempts, Connections, Contexts, Endpoints, Revocations, Subscribers, copy, verify};

/// How many rows are read, written and committed at a time.
const AT_ONCE: u32 = 500;

/// What is moved, in this order: each kind refers only to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// Organizations.
    Organizations,
    /// Environments.
    Environments,
    /// API keys.
    ApiKeys,
    /// Integrations.
    Integrations,
    /// Subscribers.
    Subscribers,
    /// Contexts.
    Contexts,
    /// Connections, with their tokens, and with their upkeep as it is: whoever had one in hand was
    /// stopped in the middle, and the target finds it in doubt, just as the source would.
    Connections,
    /// Endpoints.
    Endpoints,
    /// Connect attempts.
    Attempts,
    /// Answers under idempotency keys.
    Answers,
    /// Revocations.
    Revocations,
    /// Events of the audit log. One whose chain is broken is not copied: what was tampered with
    /// does not become sound by moving.
    AuditEvents,
}

impl Moved {
    /// What people call them.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Environments => "environments",
            Self::ApiKeys => "API keys",
            Self::Integrations => "integrations",
            Self::Subscribers => "subscribers",
            Self::Contexts => "contexts",
            Self::Connections => "connections",
            Self::Endpoints => "endpoints",
            Self::Attempts => "connect attempts",
            Self::Answers => "kept answers",
            Self::Revocations => "revocations",
            Self::AuditEvents => "audit events",
        }
    }
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyStep {
    /// So many rows of a kind were looked at, and so many of them were new and written.
    Copied {
        /// Of which kind.
        kind: Moved,
        /// All that were looked at just now.
        seen: u64,
        /// Those of them that were new.
        written: u64,
    },
    /// So many rows of a kind are the same here and there.
    Verified {
        /// Of which kind.
        kind: Moved,
        /// All that were compared just now.
        rows: u64,
    },
}

/// Why a copy stopped. What was committed before stays, and a copy that is run again goes on.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target was sealed with other keys.
    #[error("the target belongs to another installation: its secrets are sealed with other keys")]
    OtherKeys,
    /// Here and there differ.
    #[error("the {kind} differ: {what}", kind = kind.as_str())]
    Differs {
        /// In which kind.
        kind: Moved,
        /// In what.
        what: String,
    },
}

/// A copy from one storage to another. Nobody else writes to either meanwhile.
#[expect(missing_debug_implementations, reason = "ports have none")]
pub struct CopyStorage<'a> {
    /// The source, which is only read.
    pub from: &'a Stores,
    /// The target: empty, or left behind by a copy of the same source that stopped.
    pub to: &'a Stores,
    /// Transactions on the target.
    pub transactions: &'a dyn Transactions,
    /// Is told how far it has come.
    pub tell: &'a mut (dyn FnMut(CopyStep) + Send),
}

impl CopyStorage<'_> {
    /// Copies everything, and compares every row in the end.
    pub async fn run(mut self) -> Result<(), CopyError> {
        self.check_keys().await?;
        self.copy_owners().await?;
        for environment in self.from.environments.list().await? {
            self.copy_environment(environment.id).await?;
        }
        self.verify_owners().await?;
        for environment in self.from.environments.list().await? {
            self.verify_environment(environment.id).await?;
        }
        Ok(())
    }

    async fn check_keys(&self) -> Result<(), CopyError> {
        let Some(check) = self.from.key_checks.find().await? else {
            return Ok(());
        };
        if self.to.key_checks.insert(&check).await? == check {
            return Ok(());
        }
        Err(CopyError::OtherKeys)
    }

    async fn copy_owners(&mut self) -> Result<(), CopyError> {
        let there = self.to.environments.list_organizations().await?;
        let all = self.from.environments.list_organizations().await?;
        for organization in all.iter().filter(|one| !there.contains(one)) {
            self.to
                .environments
                .insert_organization(organization)
                .await?;
        }
        self.copied(Moved::Organizations, all.len(), there.len());
        let there = self.to.environments.list().await?;
        let all = self.from.environments.list().await?;
        for environment in all.iter().filter(|one| !there.contains(one)) {
            let inserted = self.to.environments.insert(environment).await;
            inserted
                .map_err(|error| not_inserted(Moved::Environments, &environment.name, error))?;
        }
        self.copied(Moved::Environments, all.len(), there.len());
        Ok(())
    }

    fn copied(&mut self, kind: Moved, all: usize, there: usize) {
        (self.tell)(CopyStep::Copied {
            kind,
            seen: all as u64,
            written: all.saturating_sub(there) as u64,
        });
    }

    async fn copy_environment(&mut self, environment: EnvironmentId) -> Result<(), CopyError> {
        self.copy_keys(environment).await?;
        self.copy_integrations(environment).await?;
        copy(self, &Subscribers(environment)).await?;
        copy(self, &Contexts(environment)).await?;
        copy(self, &Connections(environment)).await?;
        copy(self, &Endpoints(environment)).await?;
        copy(self, &Attempts(environment)).await?;
        answers::copy(self, environment).await?;
        copy(self, &Revocations(environment)).await?;
        log::copy(self, environment).await
    }

    async fn copy_keys(&mut self, environment: EnvironmentId) -> Result<(), CopyError> {
        let there = self.to.api_keys.list(environment).await?;
        let all = self.from.api_keys.list(environment).await?;
        let missing = |key: &&ApiKey| there.iter().all(|other| other.id != key.id);
        for key in all.iter().filter(missing) {
            let inserted = self.to.api_keys.insert(key).await;
            inserted.map_err(|error| not_inserted(Moved::ApiKeys, &key.name, error))?;
        }
        self.copied(Moved::ApiKeys, all.len(), there.len());
        Ok(())
    }

    async fn copy_integrations(&mut self, environment: EnvironmentId) -> Result<(), CopyError> {
        let there = self.to.integrations.list(environment).await?;
        let all = self.from.integrations.list(environment).await?;
        let missing = |one: &&Integration| there.iter().all(|other| other.id != one.id);
        for integration in all.iter().filter(missing) {
            let inserted = self.to.integrations.insert(integration).await;
            inserted.map_err(|error| {
                not_inserted(Moved::Integrations, &integration.identifier, error)
            })?;
        }
        self.copied(Moved::Integrations, all.len(), there.len());
        Ok(())
    }

    async fn verify_owners(&mut self) -> Result<(), CopyError> {
        let (from, to) = (&self.from.environments, &self.to.environments);
        let (here, there) = (
            from.list_organizations().await?,
            to.list_organizations().await?,
        );
        self.same(Moved::Organizations, &here, &there)?;
        let (from, to) = (&self.from.environments, &self.to.environments);
        let (here, there) = (from.list().await?, to.list().await?);
        self.same(Moved::Environments, &here, &there)
    }

    async fn verify_environment(&mut self, environment: EnvironmentId) -> Result<(), CopyError> {
        let (from, to) = (&self.from.api_keys, &self.to.api_keys);
        let (here, there) = (from.list(environment).await?, to.list(environment).await?);
        self.same(Moved::ApiKeys, &here, &there)?;
        let (from, to) = (&self.from.integrations, &self.to.integrations);
        let (here, there) = (from.list(environment).await?, to.list(environment).await?);
        self.same(Moved::Integrations, &here, &there)?;
        verify(self, &Subscribers(environment)).await?;
        verify(self, &Contexts(environment)).await?;
        verify(self, &Connections(environment)).await?;
        verify(self, &Endpoints(environment)).await?;
        verify(self, &Attempts(environment)).await?;
        answers::verify(self, environment).await?;
        verify(self, &Revocations(environment)).await?;
        log::verify(self, environment).await
    }

    fn same<T: PartialEq>(
        &mut self,
        kind: Moved,
        here: &[T],
        there: &[T],
    ) -> Result<(), CopyError> {
        if here != there {
            let what = format!(
                "{} here, {} there, or one is another",
                here.len(),
                there.len()
            );
            return Err(CopyError::Differs { kind, what });
        }
        let rows = here.len() as u64;
        (self.tell)(CopyStep::Verified { kind, rows });
        Ok(())
    }
}

fn not_inserted(kind: Moved, name: &str, error: InsertError) -> CopyError {
    match error {
        InsertError::Store(error) => error.into(),
        InsertError::Taken => differs(kind, format!("another {name:?} is there already")),
    }
}

fn not_recorded(kind: Moved, name: &str, error: RecordError) -> CopyError {
    match error {
        RecordError::Store(error) => error.into(),
        error => differs(kind, format!("{name:?} does not fit: {error}")),
    }
}

fn differs(kind: Moved, what: impl Into<String>) -> CopyError {
    let what = what.into();
    CopyError::Differs { kind, what }
}
