//! Importing: contexts, subscribers, connections and endpoints that another installation exported.

use std::{collections::BTreeMap, fmt};

use crate::{
    broker::Broker,
    context::{ContextKey, ContextKeys},
    id::EnvironmentId,
    integration::Integration,
    provider::ProviderId,
    reason::Reason,
    subscriber::{ProfilePatch, SubscriberId},
    usecase::{
        ContextChange, NewConnection, NewEndpoint, Refusal, UseCaseError, administer::invalid,
    },
};

mod connections;
mod endpoints;
mod owners;

/// How many objects are written in one transaction: few enough that nobody else waits for long.
const AT_ONCE: usize = 100;

/// An object that another installation exported.
#[derive(Clone, Debug)]
pub enum Exported {
    /// A context with what is kept beside it.
    Context(ContextKey, ContextChange),
    /// A subscriber with its profile.
    Subscriber(SubscriberId, ProfilePatch),
    /// A connection with its token, and the provider that it led to there.
    Connection(Box<NewConnection>, Option<ProviderId>),
    /// An endpoint with its secret, and the provider that it led to there.
    Endpoint(Box<NewEndpoint>, Option<ProviderId>),
}

/// What kind of object was exported. Each is imported after those before it, which it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExportedKind {
    /// A context.
    Context,
    /// A subscriber.
    Subscriber,
    /// A connection.
    Connection,
    /// An endpoint.
    Endpoint,
}

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Find out what would come of it, and write nothing.
    pub dry_run: bool,
    /// Change what is here and differs to what was exported.
    pub update: bool,
    /// The integrations that have another identifier here: the exported one → the one here.
    pub integrations: BTreeMap<String, String>,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is made; and these along with it, by their ids alone, since nobody had made them.
    Made(Vec<Implied>),
    /// It was here and differed in these members; now it is as it was exported.
    Updated(Vec<&'static str>),
    /// It was here, and the same.
    Unchanged,
    /// It stays out, which is harmless; why.
    Skipped(String),
    /// It stays out, and somebody has to look at it; why.
    Refused(Refusal),
}

/// What an object names, and nobody had made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Implied {
    /// A subscriber of whom the id alone is known.
    Subscriber(SubscriberId),
    /// A context without data.
    Context(ContextKey),
}

impl Broker {
    /// Imports objects in the order of their kinds, and tells of each one (by its place in
    /// `objects`) what became of it, once that is durable. One that is refused stops no other.
    ///
    /// To do it again changes nothing: what is here and the same is left alone. A dry run does the
    /// same in one transaction and drops it, so that it tells exactly what an import would.
    ///
    /// Fails where the storage fails. What was told of before that stays.
    pub async fn import_connections(
        &self,
        environment: EnvironmentId,
        objects: &[Exported],
        options: &ImportOptions,
        tell: &mut (dyn FnMut(usize, ImportOutcome) + Send),
    ) -> Result<(), UseCaseError> {
        let mut order: Vec<usize> = (0..objects.len()).collect();
        order.sort_by_key(|index| objects[*index].kind());
        let mut rehearsal = None;
        for some in order.chunks(AT_ONCE) {
            let within = match rehearsal.take() {
                Some(within) => within,
                None => self.begin().await?,
            };
            let import = Import {
                broker: &within.broker,
                environment,
                options,
            };
            let mut outcomes = Vec::with_capacity(some.len());
            for index in some {
                outcomes.push((*index, import.take(objects[*index].clone()).await?));
            }
            if options.dry_run {
                rehearsal = Some(within);
            } else {
                within.commit().await?;
            }
            for (index, outcome) in outcomes {
                tell(index, outcome);
            }
        }
        Ok(())
    }
}

/// An import into one environment, inside a transaction.
struct Import<'a> {
    broker: &'a Broker,
    environment: EnvironmentId,
    options: &'a ImportOptions,
}

impl Import<'_> {
    async fn take(&self, object: Exported) -> Result<ImportOutcome, UseCaseError> {
        let taken = match object {
            Exported::Context(key, change) => self.context(key, change).await,
            Exported::Subscriber(id, patch) => self.subscriber(id, patch).await,
            Exported::Connection(new, provider) => self.connection(*new, provider).await,
            Exported::Endpoint(new, provider) => self.endpoint(*new, provider).await,
        };
        match taken {
            Err(UseCaseError::Refused(refusal)) => Ok(ImportOutcome::Refused(refusal)),
            taken => taken,
        }
    }

    /// The integration here that stands for an exported one.
    async fn integration(
        &self,
        exported: &str,
        provider: Option<ProviderId>,
    ) -> Result<Integration, UseCaseError> {
        if let Some(provider) = &provider {
            self.broker.policy(provider)?;
        }
        let mapped = self.options.integrations.get(exported);
        let identifier = mapped.map_or(exported, String::as_str);
        let stores = &self.broker.stores;
        let found = stores
            .integrations
            .find(self.environment, identifier)
            .await?;
        let Some(integration) = found else {
            let problem = format!("{identifier} is no integration here");
            let reason = Reason::IntegrationNotFound;
            return Err(of_field(reason, "integrationIdentifier", &problem).into());
        };
        match provider.filter(|provider| *provider != integration.provider) {
            Some(provider) => {
                let here = &integration.provider;
                let problem = format!("is {provider}, but {identifier} is of {here} here");
                Err(invalid("providerId", &problem).into())
            }
            None => Ok(integration),
        }
    }

    /// Those of the subscriber and the contexts that nobody has made.
    async fn implied(
        &self,
        subscriber: Option<&SubscriberId>,
        keys: &ContextKeys,
    ) -> Result<Vec<Implied>, UseCaseError> {
        let stores = &self.broker.stores;
        let mut implied = Vec::new();
        if let Some(id) = subscriber
            && stores
                .subscribers
                .find(self.environment, id)
                .await?
                .is_none()
        {
            implied.push(Implied::Subscriber(id.clone()));
        }
        for key in keys.iter() {
            if stores.contexts.find(self.environment, key).await?.is_none() {
                implied.push(Implied::Context(key.clone()));
            }
        }
        Ok(implied)
    }
}

impl Exported {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ExportedKind {
        match self {
            Self::Context(..) => ExportedKind::Context,
            Self::Subscriber(..) => ExportedKind::Subscriber,
            Self::Connection(..) => ExportedKind::Connection,
            Self::Endpoint(..) => ExportedKind::Endpoint,
        }
    }

    /// The integration that it belongs to, by the identifier that this has there.
    #[must_use]
    pub fn integration(&self) -> Option<&str> {
        match self {
            Self::Connection(new, _) => Some(&new.integration_identifier),
            Self::Endpoint(new, _) => Some(&new.integration_identifier),
            Self::Context(..) | Self::Subscriber(..) => None,
        }
    }
}

impl ExportedKind {
    /// All kinds, in the order of import.
    pub const ALL: [Self; 4] = [
        Self::Context,
        Self::Subscriber,
        Self::Connection,
        Self::Endpoint,
    ];
}

impl fmt::Display for ExportedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Context => "context",
            Self::Subscriber => "subscriber",
            Self::Connection => "connection",
            Self::Endpoint => "endpoint",
        })
    }
}

impl fmt::Display for Implied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscriber(id) => write!(f, "subscriber {id}"),
            Self::Context(key) => write!(f, "context {key}"),
        }
    }
}

/// A refusal for a reason of its own that names a field.
fn of_field(reason: Reason, field: &str, problem: &str) -> Refusal {
    Refusal {
        reason,
        ..invalid(field, &problem)
    }
}

/// What is here under the identifier is something else.
fn taken_by_another(identifier: &impl fmt::Display, differing: &[&str]) -> Refusal {
    let differing = crate::text::listed(differing);
    let problem = format!("{identifier} is another one here: it differs in {differing}");
    of_field(Reason::IdentifierTaken, "identifier", &problem)
}

/// What is here under the identifier has changed.
fn differs(identifier: &impl fmt::Display, differing: &[&str]) -> Refusal {
    let differing = crate::text::listed(differing);
    let problem = format!("{identifier} is here already and differs in {differing}");
    of_field(Reason::AlreadyExists, "identifier", &problem)
}

/// Without an identifier nothing could be found again.
fn identified<T>(identifier: Option<T>) -> Result<T, Refusal> {
    identifier.ok_or_else(|| invalid("identifier", &"is required"))
}

/// Where an export was masked, whoever has it has nothing.
fn refuse_mask(field: &str, secret: &str) -> Result<(), Refusal> {
    if secret.is_empty() || secret.contains(|c| c != '*') {
        return Ok(());
    }
    let problem = "is a mask: the secret itself is needed";
    Err(invalid(field, &problem))
}

/// The names of what differs.
fn named(differences: &[(&'static str, bool)]) -> Vec<&'static str> {
    let differing = differences.iter().filter(|(_, differs)| *differs);
    differing.map(|(name, _)| *name).collect()
}
