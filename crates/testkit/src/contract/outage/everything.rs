//! Every call that there is, once.

use std::sync::Arc;

use tieline_domain::{
    api_key::ApiKey,
    attempt::{AttemptStatus, ConnectAttempt},
    audit::AuditEntry,
    connection::{ChannelConnection, Lease, Owner},
    context::Context,
    endpoint::ChannelEndpoint,
    environment::{Environment, Organization},
    id::IntegrationId,
    idempotency::IdempotencyRecord,
    integration::Integration,
    ports::{
        ApiKeyStore, AttemptFilter, AttemptStore, AuditFilter, AuditStore, Claim, ConnectionFilter,
        ConnectionStore, ConnectionWrite, ContextFilter, ContextStore, Deletion, EndpointFilter,
        EndpointStore, EnvironmentStore, IdempotencyClaim, IdempotencyStore, InsertError,
        IntegrationStore, KeyCheckStore, RecordConnection, RecordError, ResealedValue,
        RevocationStore, SealedRow, SealedValues, StoreError, StoredValue, Stores,
        SubscriberFilter, SubscriberStore, UpkeepStore,
    },
    reason::Reason,
    revocation::Revocation,
    sealed::SealedColumn,
    subscriber::Subscriber,
};
use tokio::task::JoinSet;

use crate::{
    TestStores,
    contract::{concurrency::soon, pages::first},
    fixtures::{self, NOON, seconds_later},
    harness::Tenant,
};

/// A call that was made, and what came of it.
pub(super) struct Asked {
    pub(super) call: &'static str,
    /// Whether it is one that writes.
    pub(super) writes: bool,
    /// Whether the answer is the one that a store in good health gives.
    pub(super) worked: bool,
    pub(super) is_unavailable: bool,
    /// The answer, for whoever reads of a failure.
    pub(super) answer: String,
}

/// What is stored, a row for each call that changes one, and what is not stored yet.
pub(super) struct Given {
    tenant: Tenant,
    environment: Environment,
    organization: Organization,
    keys: [ApiKey; 3],
    integrations: [Integration; 3],
    subscribers: [Subscriber; 3],
    contexts: [Context; 4],
    attempts: [ConnectAttempt; 4],
    connections: [ChannelConnection; 5],
    revocations: [Revocation; 2],
    entry: AuditEntry,
    endpoints: [ChannelEndpoint; 4],
    finished: RecordConnection,
    records: [IdempotencyRecord; 2],
}

impl Given {
    /// Of each kind the last is the one to insert.
    pub(super) async fn stored(stores: &TestStores) -> Arc<Self> {
        let tenant = stores.tenant().await;
        let (environment, slack) = (tenant.environment.id, &tenant.slack);
        let connection = || fixtures::connection(slack, fixtures::subscriber_owner("ada"));
        let connections = [(); 5].map(|()| connection());
        let endpoint = || fixtures::endpoint(&connections[0], &tenant.ada.subscriber_id);
        let attempts = [(); 4].map(|()| fixtures::attempt(slack));
        let record = |key| fixtures::idempotency_record(environment, key);
        let given = Self {
            environment: Environment {
                organization_id: tenant.environment.organization_id,
                name: "Another".to_owned(),
                ..fixtures::environment()
            },
            organization: fixtures::organization(),
            keys: [(); 3].map(|()| fixtures::api_key(environment)),
            integrations: ["one", "two", "three"].map(|identifier| Integration {
                identifier: identifier.to_owned(),
                ..fixtures::integration(environment)
            }),
            subscribers: ["one", "two", "three"].map(|id| fixtures::subscriber(environment, id)),
            contexts: ["tenant:one", "tenant:two", "tenant:three", "tenant:four"]
                .map(|key| fixtures::context(environment, key)),
            finished: finished(&tenant, &attempts[1]),
            attempts,
            endpoints: [endpoint(), endpoint(), endpoint(), endpoint()],
            records: ["one", "two"].map(record),
            revocations: [(); 2].map(|()| fixtures::revocation(&connections[0])),
            entry: fixtures::audit_entry(environment),
            connections,
            tenant,
        };
        given.store(stores).await;
        Arc::new(given)
    }

    async fn store(&self, stores: &Stores) {
        for key in &self.keys[..2] {
            stores.api_keys.insert(key).await.unwrap();
        }
        for integration in &self.integrations[..2] {
            stores.integrations.insert(integration).await.unwrap();
        }
        for subscriber in &self.subscribers[..2] {
            stores.subscribers.insert(subscriber).await.unwrap();
        }
        for context in &self.contexts[..2] {
            stores.contexts.insert(context).await.unwrap();
        }
        for attempt in &self.attempts[..3] {
            stores.attempts.claim(attempt).await.unwrap();
        }
        for connection in &self.connections[..4] {
            stores.connections.insert(connection).await.unwrap();
        }
        for endpoint in &self.endpoints[..2] {
            stores.endpoints.insert(endpoint).await.unwrap();
        }
        stores
            .revocations
            .insert(&self.revocations[0])
            .await
            .unwrap();
        let record = &self.records[0];
        stores.idempotency.claim(record, NOON).await.unwrap();
        let check = fixtures::sealed("check");
        stores.key_checks.insert(&check).await.unwrap();
    }

    fn renamed(&self) -> Integration {
        Integration {
            name: "Renamed".to_owned(),
            generation: 2,
            ..self.integrations[0].clone()
        }
    }

    fn renewed(&self) -> ChannelConnection {
        ChannelConnection {
            generation: 2,
            ..self.connections[1].clone()
        }
    }

    /// The credentials of an integration, in the place of what they are.
    fn resealed(&self) -> ResealedValue {
        let integration = &self.tenant.slack;
        let place = integration.credentials_place();
        let value = integration.credentials.clone();
        ResealedValue {
            stored: StoredValue {
                row: SealedRow::Id(place.row),
                place,
                value: value.clone(),
            },
            value,
        }
    }

    fn moved(&self) -> ChannelEndpoint {
        ChannelEndpoint {
            address: fixtures::person("U-moved"),
            ..self.endpoints[0].clone()
        }
    }
}

/// What the flow of an attempt leaves behind.
fn finished(tenant: &Tenant, attempt: &ConnectAttempt) -> RecordConnection {
    let new = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("bob"));
    RecordConnection {
        write: ConnectionWrite::Insert,
        endpoints: vec![fixtures::endpoint(&new, &tenant.bob.subscriber_id)],
        attempt: fixtures::completed_attempt(attempt, &new, seconds_later(1)),
        connection: new,
    }
}

/// Makes each of these calls in a task of its own.
macro_rules! ask {
    ($tasks:ident, $given:ident: $(
        $kind:ident $store:ident.$method:ident($($argument:expr),*) $(is $expected:pat)?,
    )*) => {$(
        $tasks.spawn({
            let ($store, $given) = (Arc::clone($store), Arc::clone($given));
            async move {
                let _: &Given = &$given;
                let answer = soon($store.$method($($argument),*)).await;
                Asked {
                    call: concat!(stringify!($store), ".", stringify!($method)),
                    writes: ask!(@writes $kind),
                    worked: ask!(@worked answer $($expected)?),
                    is_unavailable: answer.is_unavailable(),
                    answer: format!("{answer:?}"),
                }
            }
        });
    )*};
    (@writes reads) => { false };
    (@writes writes) => { true };
    (@worked $answer:ident) => { $answer.is_ok() };
    (@worked $answer:ident $expected:pat) => { matches!($answer, $expected) };
}

/// Makes every call of every store, all at once, and waits for what comes of them.
pub(super) async fn ask_everything(stores: &TestStores, given: &Arc<Given>) -> Vec<Asked> {
    // Named one by one, so that a new store is not forgotten here.
    let Stores {
        environments,
        api_keys,
        integrations,
        subscribers,
        contexts,
        attempts,
        connections,
        upkeep,
        revocations,
        audit,
        endpoints,
        idempotency,
        key_checks,
        sealed_values,
    } = &stores.stores;
    let mut tasks = JoinSet::new();
    ask_owners(&mut tasks, given, environments, api_keys, integrations);
    ask_subjects(&mut tasks, given, subscribers, contexts);
    ask_flows(&mut tasks, given, attempts, idempotency);
    ask_sealed(&mut tasks, given, key_checks, sealed_values);
    ask_connections(&mut tasks, given, connections, endpoints);
    ask_upkeep(&mut tasks, given, upkeep, revocations, audit);
    let transactions = Arc::clone(&stores.transactions);
    tasks.spawn(async move {
        let begun = soon(transactions.begin()).await.map(drop);
        Asked {
            call: "transactions.begin",
            writes: true,
            worked: begun.is_ok(),
            is_unavailable: begun.is_unavailable(),
            answer: format!("{begun:?}"),
        }
    });
    tasks.join_all().await
}

fn ask_owners(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    environments: &Arc<dyn EnvironmentStore>,
    api_keys: &Arc<dyn ApiKeyStore>,
    integrations: &Arc<dyn IntegrationStore>,
) {
    let here = given.tenant.environment.id;
    ask! { tasks, given:
        reads environments.list_organizations(),
        writes environments.insert_organization(&given.organization),
        writes environments.insert(&given.environment),
        reads environments.find(here) is Ok(Some(_)),
        reads environments.list(),
        writes api_keys.insert(&given.keys[2]),
        reads api_keys.find_by_hash(&given.keys[0].hash) is Ok(Some(_)),
        reads api_keys.find(here, given.keys[0].id) is Ok(Some(_)),
        reads api_keys.list(here),
        writes api_keys.revoke(here, given.keys[0].id, NOON) is Ok(true),
        writes api_keys.expire(here, given.keys[1].id, NOON) is Ok(true),
        writes api_keys.record_uses(&[(given.keys[0].id, NOON)]),
        writes integrations.insert(&given.integrations[2]),
        reads integrations.find(here, "slack") is Ok(Some(_)),
        reads integrations.find_by_id(here, given.tenant.slack.id) is Ok(Some(_)),
        reads integrations.list_named(&given.tenant.slack.provider, "slack"),
        reads integrations.list(here),
        writes integrations.replace(&given.renamed()) is Ok(true),
        writes integrations.delete(here, given.integrations[1].id) is Ok(true),
    }
}

fn ask_subjects(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    subscribers: &Arc<dyn SubscriberStore>,
    contexts: &Arc<dyn ContextStore>,
) {
    let here = given.tenant.environment.id;
    ask! { tasks, given:
        writes subscribers.insert(&given.subscribers[2]),
        reads subscribers.find(here, &given.tenant.ada.subscriber_id) is Ok(Some(_)),
        reads subscribers.list(here, &SubscriberFilter::default(), &first(10)),
        writes subscribers.update(&given.subscribers[0]) is Ok(true),
        writes subscribers.delete(here, &given.subscribers[1].subscriber_id) is Ok(true),
        reads contexts.find(here, &given.contexts[0].key) is Ok(Some(_)),
        writes contexts.insert(&given.contexts[2]),
        writes contexts.insert_missing(&given.contexts[3..]),
        reads contexts.list(here, &ContextFilter::default(), &first(10)),
        writes contexts.update(&given.contexts[0]) is Ok(true),
        writes contexts.delete(here, &given.contexts[1].key) is Ok(true),
    }
}

fn ask_flows(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    attempts: &Arc<dyn AttemptStore>,
    idempotency: &Arc<dyn IdempotencyStore>,
) {
    let here = given.tenant.environment.id;
    let sent_on = given.attempts[0].clone().awaiting_sign_in(seconds_later(1));
    let (waiting, lost) = (AttemptStatus::AwaitingSignIn, Reason::SignInAbandoned);
    ask! { tasks, given:
        writes attempts.claim(&given.attempts[3]) is Ok(Claim::Won),
        writes attempts.advance(AttemptStatus::Exchanging, &sent_on) is Ok(Claim::Won),
        reads attempts.find(here, given.attempts[0].id) is Ok(Some(_)),
        reads attempts.find_anywhere(given.attempts[0].id) is Ok(Some(_)),
        reads attempts.list(here, &AttemptFilter::default(), &first(10)),
        writes attempts.fail_stale(waiting, NOON, lost, NOON) is Ok(0),
        writes attempts.delete_ended(NOON, 10) is Ok(0),
        writes idempotency.claim(&given.records[1], NOON) is Ok(IdempotencyClaim::New),
        writes idempotency.answer(&given.records[0].scope, &fixtures::sealed("answer")) is Ok(true),
        reads idempotency.list(here, None, 10),
        writes idempotency.delete_expired(NOON, 10) is Ok(Deletion { count: 0, more: false }),
    }
}

fn ask_sealed(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    key_checks: &Arc<dyn KeyCheckStore>,
    sealed_values: &Arc<dyn SealedValues>,
) {
    ask! { tasks, given:
        reads key_checks.find() is Ok(Some(_)),
        writes key_checks.insert(&fixtures::sealed("another check")),
        reads sealed_values.count(SealedColumn::KeyCheck, None) is Ok(1),
        reads sealed_values.list(SealedColumn::KeyCheck, None, 10),
        writes sealed_values.replace(&[given.resealed()]) is Ok(1),
    }
}

fn ask_connections(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    connections: &Arc<dyn ConnectionStore>,
    endpoints: &Arc<dyn EndpointStore>,
) {
    let here = given.tenant.environment.id;
    let (slack, ada) = (
        given.tenant.slack.id,
        given.tenant.ada.subscriber_id.clone(),
    );
    ask! { tasks, given:
        reads connections.find(here, &given.connections[0].identifier) is Ok(Some(_)),
        reads connections.find_same(here, slack, &Owner::default(), "T0") is Ok(None),
        reads connections.list_leading(&given.tenant.slack.provider, "T0"),
        reads connections.list(here, &ConnectionFilter::default(), &first(10)),
        writes connections.insert(&given.connections[4]),
        writes connections.replace(&given.renewed()),
        writes connections.delete(here, &given.connections[2].identifier) is Ok(true),
        writes connections.record(&given.finished),
        reads endpoints.find(here, &given.endpoints[0].identifier) is Ok(Some(_)),
        reads endpoints.find_same(here, slack, None, &ada, &fixtures::person("U0")) is Ok(None),
        writes endpoints.insert(&given.endpoints[2]),
        writes endpoints.replace(&given.moved()),
        writes endpoints.record(&given.endpoints[3], &given.attempts[2]),
        writes endpoints.delete(here, &given.endpoints[1].identifier) is Ok(true),
        reads endpoints.list(here, &EndpointFilter::default(), &first(10)),
    }
}

fn ask_upkeep(
    tasks: &mut JoinSet<Asked>,
    given: &Arc<Given>,
    upkeep: &Arc<dyn UpkeepStore>,
    revocations: &Arc<dyn RevocationStore>,
    audit: &Arc<dyn AuditStore>,
) {
    let (here, before, later) = (
        given.tenant.environment.id,
        seconds_later(-60),
        seconds_later(60),
    );
    let of_nobody = IntegrationId(fixtures::uuid());
    let lost = Lease {
        connection: given.connections[0].id,
        generation: 9,
        epoch: 9,
    };
    ask! { tasks, given:
        reads upkeep.list_due(NOON, &[], 10),
        writes upkeep.lease(&given.connections[0], NOON, later) is Ok(Some(_)),
        writes upkeep.settle(&lost, &given.connections[0]) is Ok(false),
        writes upkeep.mark(&given.connections[3]) is Ok(true),
        writes upkeep.hasten(here, of_nobody, NOON) is Ok(0),
        writes revocations.insert(&given.revocations[1]),
        reads revocations.find(here, given.revocations[0].id) is Ok(Some(_)),
        reads revocations.list(here, &first(10)),
        writes revocations.claim_due(before, later, 10),
        writes revocations.update(&given.revocations[0]) is Ok(true),
        writes revocations.delete_ended(before, 10) is Ok(0),
        writes audit.append(given.entry.clone()),
        reads audit.list(here, &AuditFilter::default(), &first(10)),
        reads audit.list_after(here, 0, 10),
    }
}

/// An answer that may be a failure of the store.
trait Answer {
    fn is_unavailable(&self) -> bool;
}

impl<T> Answer for Result<T, StoreError> {
    fn is_unavailable(&self) -> bool {
        matches!(self, Err(StoreError::Unavailable(_)))
    }
}

impl<T> Answer for Result<T, InsertError> {
    fn is_unavailable(&self) -> bool {
        matches!(self, Err(InsertError::Store(StoreError::Unavailable(_))))
    }
}

impl<T> Answer for Result<T, RecordError> {
    fn is_unavailable(&self) -> bool {
        matches!(self, Err(RecordError::Store(StoreError::Unavailable(_))))
    }
}
