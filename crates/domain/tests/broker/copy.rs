//! Moving all that is stored to another storage.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    audit::{Actor, AuditEntry, AuditEvent, AuditHead},
    connection::{ChannelConnection, ConnectionStatus},
    id::EnvironmentId,
    idempotency::IdempotencyRecord,
    page::{From, Order, Page, PageRequest},
    ports::{AuditFilter, AuditStore, ConnectionFilter, IdempotencyClaim, StoreError, Stores},
    revocation::Revocation,
    sealed::Sealed,
    subscriber::Subscriber,
    usecase::{CopyError, CopyStep, CopyStorage, Moved},
};
use tieline_testkit::{
    MemoryStorage, TestStores,
    fixtures::{self, NOON},
};

fn stores(storage: &Arc<MemoryStorage>) -> TestStores {
    TestStores {
        stores: storage.stores(),
        transactions: storage.clone(),
    }
}

/// A storage with everything in it, and more subscribers and events than are copied at a time. Of
/// the connection somebody has been stopped in the middle of looking after it.
async fn source() -> (Arc<MemoryStorage>, EnvironmentId) {
    let storage = MemoryStorage::new();
    let stores = stores(&storage);
    stores.environment().await;
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    for number in 0..1100 {
        let subscriber = Subscriber {
            created_at: fixtures::seconds_later(number / 7),
            ..fixtures::subscriber(environment, &format!("s{number}"))
        };
        stores.subscribers.insert(&subscriber).await.unwrap();
    }
    let context = fixtures::context(environment, "tenant:acme");
    stores.contexts.insert(&context).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let (now, until) = (NOON, fixtures::seconds_later(60));
    let lease = stores.upkeep.lease(&connection, now, until).await;
    assert!(lease.unwrap().is_some());
    for due_at in [None, Some(NOON)] {
        let revocation = Revocation {
            due_at,
            ..fixtures::revocation(&connection)
        };
        stores.revocations.insert(&revocation).await.unwrap();
    }
    for _ in 0..1100 {
        let entry = fixtures::audit_entry(environment);
        stores.audit.append(entry).await.unwrap();
    }
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&endpoint).await.unwrap();
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    for number in 0..510 {
        let record = IdempotencyRecord {
            expires_at: fixtures::seconds_later(number / 7 - 30),
            ..fixtures::idempotency_record(environment, &format!("key {number}"))
        };
        let claim = stores.idempotency.claim(&record, Timestamp::MIN).await;
        assert_eq!(claim.unwrap(), IdempotencyClaim::New);
    }
    let key = fixtures::api_key(environment);
    stores.api_keys.insert(&key).await.unwrap();
    let check = fixtures::sealed("check");
    stores.key_checks.insert(&check).await.unwrap();
    (storage, environment)
}

async fn copy(
    from: &Arc<MemoryStorage>,
    to: &Arc<MemoryStorage>,
) -> (Result<(), CopyError>, Vec<CopyStep>) {
    let mut steps = Vec::new();
    let mut tell = |step| steps.push(step);
    let copied = CopyStorage {
        from: &from.stores(),
        to: &to.stores(),
        transactions: &**to,
        tell: &mut tell,
    };
    (copied.run().await, steps)
}

/// How many rows of each kind were written, and how many compared.
fn counted(steps: &[CopyStep]) -> Vec<(Moved, u64, u64)> {
    let mut kinds: Vec<(Moved, u64, u64)> = Vec::new();
    for step in steps {
        let (kind, new, same) = match *step {
            CopyStep::Copied { kind, written, .. } => (kind, written, 0),
            CopyStep::Verified { kind, rows } => (kind, 0, rows),
        };
        match kinds.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, written, verified)) => {
                *written += new;
                *verified += same;
            }
            None => kinds.push((kind, new, same)),
        }
    }
    kinds
}

const ALL: [(Moved, u64); 12] = [
    (Moved::Organizations, 2),
    (Moved::Environments, 2),
    (Moved::ApiKeys, 1),
    (Moved::Integrations, 2),
    (Moved::Subscribers, 1102),
    (Moved::Contexts, 1),
    (Moved::Connections, 1),
    (Moved::Endpoints, 1),
    (Moved::Attempts, 1),
    (Moved::Answers, 510),
    (Moved::Revocations, 2),
    (Moved::AuditEvents, 1100),
];

#[tokio::test]
async fn everything_is_there_and_the_same() {
    let (from, _) = source().await;
    let to = MemoryStorage::new();
    let (copied, steps) = copy(&from, &to).await;
    copied.unwrap();
    assert_eq!(counted(&steps), ALL.map(|(kind, rows)| (kind, rows, rows)));
    let check = to.stores().key_checks.find().await.unwrap();
    assert_eq!(check, from.stores().key_checks.find().await.unwrap());
}

#[tokio::test]
async fn a_refresh_that_was_cut_off_is_in_doubt_there_too() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let copied = only_connection(&to.stores(), environment).await;
    let after_the_lease = fixtures::seconds_later(60);
    assert_eq!(copied.status(after_the_lease), ConnectionStatus::InDoubt);
    assert_eq!(copied.upkeep.epoch, 1);
}

#[tokio::test]
async fn the_audit_log_is_the_same_chain_there() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let audit = to.stores().audit;
    let (mut head, mut events) = (AuditHead::default(), 0);
    for event in audit.list_after(environment, 0, u32::MAX).await.unwrap() {
        assert!(event.follows(head));
        (head, events) = (event.head(), events + 1);
    }
    assert_eq!(events, 1100);
    // It goes on where it was.
    let next = audit.append(fixtures::audit_entry(environment)).await;
    assert!(next.unwrap().follows(head));
}

/// A log in which somebody changed an event, by whatever way.
struct Forged(Arc<dyn AuditStore>);

#[async_trait]
impl AuditStore for Forged {
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
        self.0.append(entry).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.0.list(environment, filter, page).await
    }

    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let mut events = self.0.list_after(environment, sequence, limit).await?;
        for event in events.iter_mut().filter(|event| event.sequence == 700) {
            event.entry.actor = Actor::Provider;
        }
        Ok(events)
    }
}

#[tokio::test]
async fn a_log_that_was_tampered_with_is_not_copied() {
    let (from, environment) = source().await;
    let (sound, to) = (from.stores(), MemoryStorage::new());
    let forged = |stores: &Stores| Stores {
        audit: Arc::new(Forged(Arc::clone(&stores.audit))),
        ..stores.clone()
    };
    let copied = CopyStorage {
        from: &forged(&sound),
        to: &to.stores(),
        transactions: &*to,
        tell: &mut |_| {},
    };
    let told = copied.run().await.unwrap_err().to_string();
    assert!(
        told.contains("audit events differ: the event 700 here"),
        "{told}"
    );
    let there = to.stores().audit.list_after(environment, 0, u32::MAX).await;
    assert_eq!(there.unwrap().len(), 500);
    // Nor does it pass for sound where it lies on both sides.
    copy(&from, &to).await.0.unwrap();
    let compared = CopyStorage {
        from: &forged(&sound),
        to: &forged(&to.stores()),
        transactions: &*to,
        tell: &mut |_| {},
    };
    let told = compared.run().await.unwrap_err().to_string();
    assert!(
        told.contains("audit events differ: the event 700 here"),
        "{told}"
    );
}

#[tokio::test]
async fn a_log_that_went_on_there_is_named() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let entry = fixtures::audit_entry(environment);
    to.stores().audit.append(entry).await.unwrap();
    assert_eq!(differs(&from, &to).await, Moved::AuditEvents);
}

#[tokio::test]
async fn a_copy_that_is_run_again_writes_nothing() {
    let (from, _) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let (copied, steps) = copy(&from, &to).await;
    copied.unwrap();
    assert_eq!(counted(&steps), ALL.map(|(kind, rows)| (kind, 0, rows)));
}

#[tokio::test]
async fn a_copy_that_stopped_anywhere_goes_on_where_it_was() {
    let (from, _) = source().await;
    let to = MemoryStorage::new();
    let mut written = 0;
    let mut stops = 0;
    loop {
        // Each time it comes a little further.
        to.fail_after(stops * 40);
        let (copied, steps) = copy(&from, &to).await;
        to.fail(0);
        written += counted(&steps).iter().map(|(_, new, _)| new).sum::<u64>();
        match copied {
            Ok(()) => break,
            Err(error) => assert!(
                matches!(error, CopyError::Store(StoreError::Unavailable(_))),
                "{error}"
            ),
        }
        stops += 1;
    }
    assert!(stops > 10, "{stops}");
    // What was committed without being told of is the only thing that may be missing here.
    assert!(
        written <= ALL.iter().map(|(_, rows)| rows).sum(),
        "{written}"
    );
    let (copied, steps) = copy(&from, &to).await;
    copied.unwrap();
    assert_eq!(counted(&steps), ALL.map(|(kind, rows)| (kind, 0, rows)));
}

#[tokio::test]
async fn a_target_that_was_sealed_with_other_keys_is_left_alone() {
    let (from, _) = source().await;
    let to = MemoryStorage::new();
    let theirs = Sealed(b"another check".to_vec());
    to.stores().key_checks.insert(&theirs).await.unwrap();
    let (copied, steps) = copy(&from, &to).await;
    assert!(matches!(copied, Err(CopyError::OtherKeys)));
    assert_eq!(steps, []);
    let owners = to.stores().environments.list_organizations().await;
    assert_eq!(owners.unwrap(), []);
}

async fn differs(from: &Arc<MemoryStorage>, to: &Arc<MemoryStorage>) -> Moved {
    match copy(from, to).await.0 {
        Err(CopyError::Differs { kind, .. }) => kind,
        other => panic!("{other:?}"),
    }
}

async fn only_connection(stores: &Stores, environment: EnvironmentId) -> ChannelConnection {
    let page = PageRequest {
        limit: 1,
        from: From::Start,
        order: Order::Ascending,
        total: None,
    };
    let filter = ConnectionFilter::default();
    let page = stores.connections.list(environment, &filter, &page).await;
    page.unwrap().items.remove(0)
}

#[tokio::test]
async fn what_is_another_there_is_named() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let stores = to.stores();
    let mut connection = only_connection(&stores, environment).await;
    connection.generation += 1;
    stores.connections.replace(&connection).await.unwrap();
    assert_eq!(differs(&from, &to).await, Moved::Connections);
}

#[tokio::test]
async fn what_is_more_there_is_named() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let more = fixtures::subscriber(environment, "more");
    to.stores().subscribers.insert(&more).await.unwrap();
    assert_eq!(differs(&from, &to).await, Moved::Subscribers);
    stores(&to).environment().await;
    assert_eq!(differs(&from, &to).await, Moved::Organizations);
}

#[tokio::test]
async fn another_answer_under_the_same_key_is_named() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let answers = to.stores().idempotency;
    let expired = answers.list(environment, None, 1).await.unwrap().remove(0);
    let another = fixtures::sealed("another");
    assert!(answers.answer(&expired.scope, &another).await.unwrap());
    assert_eq!(differs(&from, &to).await, Moved::Answers);
    // Of another time it would be far from where it is looked for.
    let late = IdempotencyRecord {
        expires_at: fixtures::seconds_later(9000),
        ..expired
    };
    let claim = answers.claim(&late, NOON).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    assert_eq!(differs(&from, &to).await, Moved::Answers);
}

#[tokio::test]
async fn more_answers_there_are_named() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    copy(&from, &to).await.0.unwrap();
    let more = fixtures::idempotency_record(environment, "more");
    to.stores().idempotency.claim(&more, NOON).await.unwrap();
    assert_eq!(differs(&from, &to).await, Moved::Answers);
}

#[tokio::test]
async fn a_target_in_use_is_refused() {
    let (from, environment) = source().await;
    let to = MemoryStorage::new();
    let owners = from
        .stores()
        .environments
        .list_organizations()
        .await
        .unwrap();
    for owner in &owners {
        to.stores()
            .environments
            .insert_organization(owner)
            .await
            .unwrap();
    }
    for environment in from.stores().environments.list().await.unwrap() {
        to.stores().environments.insert(&environment).await.unwrap();
    }
    let theirs = fixtures::subscriber(environment, "ada");
    to.stores().subscribers.insert(&theirs).await.unwrap();
    assert_eq!(differs(&from, &to).await, Moved::Subscribers);
}
