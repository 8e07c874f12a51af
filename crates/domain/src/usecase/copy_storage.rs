//! Moving all that is stored to another storage.

use crate::{
    api_key::ApiKey,
    id::EnvironmentId,
    integration::Integration,
    page::{From, Order, Page, PageRequest, Position},
    ports::{
        AttemptFilter, Claim, ConnectionFilter, ContextFilter, EndpointFilter, InsertError,
        RecordError, StoreError, Stores, SubscriberFilter, Transactions,
    },
};

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
    /// Connections, with their tokens.
    Connections,
    /// Endpoints.
    Endpoints,
    /// Connect attempts.
    Attempts,
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
    /// Copies everything but the answers under idempotency keys, which die by themselves, and
    /// compares every row in the end.
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
        copy(self, &Attempts(environment)).await
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
        verify(self, &Attempts(environment)).await
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

/// A kind that comes in pages.
trait Paged: Sync {
    type Row: PartialEq + Send + Sync;
    const KIND: Moved;

    fn position(row: &Self::Row) -> Position;

    fn list(
        &self,
        stores: &Stores,
        page: &PageRequest,
    ) -> impl Future<Output = Result<Page<Self::Row>, StoreError>> + Send;

    fn insert(
        &self,
        stores: &Stores,
        row: &Self::Row,
    ) -> impl Future<Output = Result<(), CopyError>> + Send;
}

/// Copies page by page, oldest first, each in a transaction. So what a copy that stopped left
/// behind is the beginning of the list, and is passed over.
async fn copy<P: Paged>(copier: &mut CopyStorage<'_>, rows: &P) -> Result<(), CopyError> {
    let mut page = beginning();
    loop {
        let here = rows.list(copier.from, &page).await?;
        let there = rows.list(copier.to, &page).await?;
        let known: Vec<Position> = there.items.iter().map(P::position).collect();
        let missing = |row: &&P::Row| !known.contains(&P::position(row));
        let mut written = 0;
        if here.items.len() > there.items.len() {
            let transaction = copier.transactions.begin().await?;
            for row in here.items.iter().filter(missing) {
                rows.insert(transaction.stores(), row).await?;
                written += 1;
            }
            transaction.commit().await?;
        }
        (copier.tell)(CopyStep::Copied {
            kind: P::KIND,
            seen: here.items.len() as u64,
            written,
        });
        let Some(next) = here.next else { return Ok(()) };
        page.from = From::After(next);
    }
}

/// Compares page by page.
async fn verify<P: Paged>(copier: &mut CopyStorage<'_>, rows: &P) -> Result<(), CopyError> {
    let mut page = beginning();
    loop {
        let here = rows.list(copier.from, &page).await?;
        let there = rows.list(copier.to, &page).await?;
        let differing = here.items.iter().zip(&there.items).find(|(a, b)| a != b);
        if let Some((row, _)) = differing {
            let id = P::position(row).id;
            return Err(differs(P::KIND, format!("{id} is another there")));
        }
        if here.items.len() != there.items.len() || here.next != there.next {
            let what = "there are more on one side than on the other";
            return Err(differs(P::KIND, what));
        }
        (copier.tell)(CopyStep::Verified {
            kind: P::KIND,
            rows: here.items.len() as u64,
        });
        let Some(next) = here.next else { return Ok(()) };
        page.from = From::After(next);
    }
}

fn beginning() -> PageRequest {
    PageRequest {
        limit: AT_ONCE,
        from: From::Start,
        order: Order::Ascending,
    }
}

macro_rules! paged {
    ($($name:ident: $row:path, $store:ident, $filter:ident,
        |$in:ident, $one:ident| $insert:expr;)*) => {$(
        struct $name(EnvironmentId);

        impl Paged for $name {
            type Row = $row;
            const KIND: Moved = Moved::$name;

            fn position(row: &$row) -> Position {
                Position { created_at: row.created_at, id: row.id.0 }
            }

            async fn list(
                &self,
                stores: &Stores,
                page: &PageRequest,
            ) -> Result<Page<$row>, StoreError> {
                stores.$store.list(self.0, &$filter::default(), page).await
            }

            async fn insert(&self, $in: &Stores, $one: &$row) -> Result<(), CopyError> {
                $insert
            }
        }
    )*};
}

paged! {
    Subscribers: crate::subscriber::Subscriber, subscribers, SubscriberFilter, |stores, row| {
        let inserted = stores.subscribers.insert(row).await;
        inserted.map_err(|error| not_inserted(Self::KIND, row.subscriber_id.as_str(), error))
    };
    Contexts: crate::context::Context, contexts, ContextFilter, |stores, row| {
        let inserted = stores.contexts.insert(row).await;
        inserted.map_err(|error| not_inserted(Self::KIND, &row.key.to_string(), error))
    };
    Connections: crate::connection::ChannelConnection, connections, ConnectionFilter, |stores, row| {
        let inserted = stores.connections.insert(row).await;
        inserted.map_err(|error| not_recorded(Self::KIND, row.identifier.as_str(), error))
    };
    Endpoints: crate::endpoint::ChannelEndpoint, endpoints, EndpointFilter, |stores, row| {
        let inserted = stores.endpoints.insert(row).await;
        inserted.map_err(|error| not_recorded(Self::KIND, &row.identifier, error))
    };
    Attempts: crate::attempt::ConnectAttempt, attempts, AttemptFilter, |stores, row| {
        match stores.attempts.claim(row).await? {
            Claim::Won => Ok(()),
            Claim::Lost(_) => Err(differs(Self::KIND, format!("{} is there already", row.id))),
        }
    };
}
