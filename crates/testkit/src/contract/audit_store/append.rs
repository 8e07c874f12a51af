//! How the log grows.

use std::{collections::BTreeMap, sync::Arc};

use tieline_domain::{
    audit::{Actor, AuditAction, AuditEntry, AuditEvent, AuditHead},
    id::{ApiKeyId, EnvironmentId, FlowId},
    ports::StoreError,
};

use super::{append, check_log};
use crate::{
    StorageHarness,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, seconds_later, subscriber_owner},
};

pub async fn an_empty_log_has_no_events(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    assert_eq!(check_log(stores, environment).await, []);
    let unknown = EnvironmentId(fixtures::uuid());
    assert_eq!(check_log(stores, unknown).await, []);
}

pub async fn events_come_back_as_they_were_appended(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let full = AuditEntry {
        at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        subject: "Zoë & Söhne 株式会社".to_owned(),
        details: BTreeMap::from([
            (String::new(), "\"quoted\" \\ \n\t \u{1}\u{0} 🗝".to_owned()),
            ("Ünï 🏢".to_owned(), String::new()),
            ("a".to_owned(), "b".repeat(70_000)),
        ]),
        ..fixtures::audit_entry(environment)
    };
    let bare = AuditEntry {
        subject: String::new(),
        details: BTreeMap::new(),
        ..fixtures::audit_entry(environment)
    };
    let mut expected = Vec::new();
    for entry in [full, bare] {
        let event = append(stores, entry.clone()).await;
        assert_eq!(event.entry, entry);
        expected.push(event);
    }
    assert_eq!(check_log(stores, environment).await, expected);
}

pub async fn every_actor_and_every_action_comes_back(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let actors = [
        Actor::ApiKey(ApiKeyId(fixtures::uuid())),
        Actor::Person(FlowId(fixtures::uuid())),
        Actor::Provider,
        Actor::Operator,
        Actor::System,
    ];
    let mut expected = Vec::new();
    for (number, action) in AuditAction::ALL.iter().enumerate() {
        let entry = AuditEntry {
            actor: actors[number % actors.len()],
            action: *action,
            ..fixtures::audit_entry(environment)
        };
        expected.push(append(stores, entry).await);
    }
    assert!(expected.len() > actors.len());
    assert_eq!(check_log(stores, environment).await, expected);
}

pub async fn events_follow_each_other(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let mut head = AuditHead::default();
    // In the order in which they come, whatever time and id they bear.
    let mut entries = [9, 1, 5].map(|second| AuditEntry {
        at: seconds_later(second),
        ..fixtures::audit_entry(environment)
    });
    entries.reverse();
    for (entry, sequence) in entries.into_iter().zip(1..) {
        let event = append(stores, entry).await;
        assert_eq!(event.sequence, sequence);
        assert!(event.follows(head));
        head = event.head();
    }
    assert_eq!(check_log(stores, environment).await.len(), 3);
}

pub async fn environments_have_logs_of_their_own(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environments = [stores.environment().await.id, stores.environment().await.id];
    let mut logs = [Vec::new(), Vec::new()];
    for number in [0, 1, 1, 0, 1] {
        let event = append(stores, fixtures::audit_entry(environments[number])).await;
        logs[number].push(event);
    }
    for (environment, log) in environments.into_iter().zip(logs) {
        assert_eq!(log[0].previous, [0; 32]);
        assert_eq!(check_log(stores, environment).await, log);
    }
}

pub async fn an_entry_of_an_environment_that_is_not_there_is_refused(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let unknown = EnvironmentId(fixtures::uuid());
    let entry = fixtures::audit_entry(unknown);
    let refused = stores.audit.append(entry).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    assert_eq!(check_log(stores, unknown).await, []);
}

pub async fn an_entry_is_appended_once(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let [own, other] = [stores.environment().await.id, stores.environment().await.id];
    let entry = fixtures::audit_entry(own);
    let event = append(stores, entry.clone()).await;
    for environment_id in [own, other] {
        let again = AuditEntry {
            environment_id,
            ..entry.clone()
        };
        stores.audit.append(again).await.unwrap_err();
    }
    assert_eq!(check_log(stores, own).await, [event]);
    assert_eq!(check_log(stores, other).await, []);
}

fn sorted(mut events: Vec<AuditEvent>) -> Vec<AuditEvent> {
    events.sort_by_key(|event| (event.entry.environment_id, event.sequence));
    events
}

pub async fn of_many_who_append_nobody_leaves_a_gap_or_a_fork(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let appended = at_once(50, |_| {
        let audit = Arc::clone(&stores.audit);
        let entry = fixtures::audit_entry(environment);
        async move { audit.append(entry).await.unwrap() }
    })
    .await;
    assert_eq!(check_log(stores, environment).await, sorted(appended));
}

pub async fn logs_of_many_environments_grow_at_once(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let mut environments = Vec::new();
    for _ in 0..4 {
        environments.push(stores.environment().await.id);
    }
    let appended = at_once(40, |number| {
        let audit = Arc::clone(&stores.audit);
        let place = usize::try_from(number).unwrap() % environments.len();
        let entry = fixtures::audit_entry(environments[place]);
        async move { audit.append(entry).await.unwrap() }
    })
    .await;
    let mut all = Vec::new();
    for environment in environments {
        let log = check_log(stores, environment).await;
        assert_eq!(log.len(), 10);
        all.extend(log);
    }
    assert_eq!(all, sorted(appended));
}

pub async fn an_append_that_is_abandoned_leaves_no_gap(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    abandon_everywhere(
        async |_| fixtures::audit_entry(environment),
        async |entry| drop(append(stores, entry.clone()).await),
        async |entry| {
            // The next one waits until it is decided; then it is there once or not at all.
            let next = append(stores, fixtures::audit_entry(environment)).await;
            let log = check_log(stores, environment).await;
            assert_eq!(log.last(), Some(&next));
            let times = log.iter().filter(|event| event.entry == entry).count();
            assert!(times <= 1, "{times}");
        },
    )
    .await;
}

pub async fn a_log_outlives_what_it_is_about(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let entry = AuditEntry {
        subject: connection.identifier.to_string(),
        ..fixtures::audit_entry(environment)
    };
    let event = append(stores, entry).await;
    let ada = &tenant.ada.subscriber_id;
    assert!(stores.subscribers.delete(environment, ada).await.unwrap());
    let deletion = stores.integrations.delete(environment, tenant.slack.id);
    assert!(deletion.await.unwrap());
    assert_eq!(check_log(stores, environment).await, [event]);
}
