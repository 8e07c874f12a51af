//! How the log is read.

use tieline_domain::{
    audit::{Actor, AuditAction, AuditEntry, AuditEvent},
    id::{ApiKeyId, EnvironmentId, FlowId},
    ports::AuditFilter,
};
use uuid::Uuid;

use super::append;
use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, seconds_later},
};

pub async fn events_are_listed_after_a_place(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let mut log = Vec::new();
    for second in [3, 1, 2, 9, 0] {
        let entry = AuditEntry {
            at: seconds_later(second),
            ..fixtures::audit_entry(environment)
        };
        log.push(append(stores, entry).await);
    }
    for sequence in 0..7 {
        for limit in 0..7 {
            let after = usize::try_from(sequence).unwrap().min(log.len());
            let end = (after + limit as usize).min(log.len());
            let read = stores.audit.list_after(environment, sequence, limit);
            assert_eq!(
                read.await.unwrap(),
                log[after..end],
                "{limit} after {sequence}"
            );
        }
    }
    let read = stores.audit.list_after(environment, u64::MAX, 9).await;
    assert_eq!(read.unwrap(), []);
}

/// An API key that did things, and a person.
struct Doers {
    key: Actor,
    person: Actor,
}

impl Doers {
    fn new() -> Self {
        Self {
            key: Actor::ApiKey(ApiKeyId(fixtures::uuid())),
            person: Actor::Person(FlowId(fixtures::uuid())),
        }
    }
}

/// Three events that differ in all that can be filtered by, newest first.
async fn seed(stores: &TestStores, environment: EnvironmentId, doers: &Doers) -> [AuditEvent; 3] {
    let entry = |second, actor, action, subject: &str| AuditEntry {
        at: seconds_later(second),
        actor,
        action,
        subject: subject.to_owned(),
        ..fixtures::audit_entry(environment)
    };
    let newest = entry(3, doers.key, AuditAction::ConnectionDeleted, "acme");
    let older = entry(2, doers.person, AuditAction::ConnectionCreated, "acme");
    let oldest = entry(1, doers.key, AuditAction::ConnectionCreated, "other");
    // In the log they stand in another order than that of their times.
    let older = append(stores, older).await;
    let newest = append(stores, newest).await;
    [newest, older, append(stores, oldest).await]
}

async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &AuditFilter,
) -> Vec<AuditEvent> {
    let page = stores.audit.list(environment, filter, &first(10)).await;
    let page = page.unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

fn by(actor: Actor) -> AuditFilter {
    AuditFilter {
        actor: Some(actor),
        ..AuditFilter::default()
    }
}

fn of(action: AuditAction) -> AuditFilter {
    AuditFilter {
        action: Some(action),
        ..AuditFilter::default()
    }
}

fn about(subject: &str) -> AuditFilter {
    AuditFilter {
        subject: Some(subject.to_owned()),
        ..AuditFilter::default()
    }
}

pub async fn events_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    // Another environment, stored first, has the same of everything.
    let [namesake, environment] = [stores.environment().await.id, stores.environment().await.id];
    let doers = Doers::new();
    seed(stores, namesake, &doers).await;
    let [newest, older, oldest] = seed(stores, environment, &doers).await;
    let others_key = Actor::ApiKey(ApiKeyId(fixtures::uuid()));
    let cases = [
        (AuditFilter::default(), vec![&newest, &older, &oldest]),
        (by(doers.key), vec![&newest, &oldest]),
        (by(doers.person), vec![&older]),
        (by(others_key), vec![]),
        (by(Actor::System), vec![]),
        (of(AuditAction::ConnectionCreated), vec![&older, &oldest]),
        (of(AuditAction::TokenRead), vec![]),
        (about("acme"), vec![&newest, &older]),
        (about("ACME"), vec![]),
        (about(""), vec![]),
    ];
    for (filter, expected) in cases {
        let found = listed(stores, environment, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn filters_of_events_add_up(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let doers = Doers::new();
    let [newest, ..] = seed(stores, environment, &doers).await;
    let fitting = AuditFilter {
        actor: Some(doers.key),
        action: Some(AuditAction::ConnectionDeleted),
        subject: Some("acme".to_owned()),
    };
    assert_eq!(listed(stores, environment, &fitting).await, [newest]);
    let unfit = [
        AuditFilter {
            actor: Some(doers.person),
            ..fitting.clone()
        },
        AuditFilter {
            action: Some(AuditAction::ConnectionCreated),
            ..fitting.clone()
        },
        AuditFilter {
            subject: Some("other".to_owned()),
            ..fitting
        },
    ];
    for filter in unfit {
        assert_eq!(listed(stores, environment, &filter).await, []);
    }
}

pub async fn events_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let [own, other] = [stores.environment().await.id, stores.environment().await.id];
    let doers = Doers::new();
    seed(stores, own, &doers).await;
    let action = AuditAction::ConnectionCreated;
    for filter in [
        AuditFilter::default(),
        by(doers.key),
        of(action),
        about("acme"),
    ] {
        assert_eq!(listed(stores, other, &filter).await, []);
    }
}

pub async fn events_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let entries = times().map(|at| AuditEntry {
        at,
        subject: "acme".to_owned(),
        ..fixtures::audit_entry(environment)
    });
    // Appended in another order than that of their times and ids.
    for entry in entries.iter().rev() {
        append(stores, entry.clone()).await;
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let action = AuditAction::ConnectionStatusChanged;
    let filters = [
        AuditFilter::default(),
        by(Actor::System),
        of(action),
        about("acme"),
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores.audit.list(environment, filter, &request).await;
            page.unwrap().map(|event| event.entry.id)
        })
        .await;
    }
}
