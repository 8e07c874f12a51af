//! The contract of [`tieline_domain::ports::Transactions`].

use std::sync::Arc;

use tieline_domain::{
    context::ContextKey,
    idempotency::IdempotencyRecord,
    integration::Integration,
    ports::{ConnectionFilter, IdempotencyClaim, InsertError, RecordError, StoreError},
};

use crate::{
    StorageHarness,
    contract::{audit_store::check_log, concurrency::at_once, pages},
    fixtures::{self, NOON, seconds_later},
};

/// Puts an adapter through the contract of `Transactions`.
#[macro_export]
macro_rules! transactions_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { transactions [
            what_is_committed_is_seen_by_all,
            what_is_dropped_leaves_nothing,
            what_is_not_committed_is_seen_inside_alone,
            a_refused_write_leaves_the_earlier_ones,
            a_transaction_holds_writes_of_every_store,
            a_page_is_read_inside,
            an_ended_transaction_has_no_stores,
            after_a_dropped_transaction_there_is_room_for_the_next,
            of_many_transactions_that_claim_exactly_one_stores,
            what_is_looked_after_inside_is_seen_outside_once_committed,
            an_audit_event_is_in_the_log_once_it_is_committed,
            of_many_transactions_that_append_nobody_leaves_a_gap_or_a_fork,
        ] $($harness)* }
    };
}

pub async fn what_is_committed_is_seen_by_all(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let subscriber = fixtures::subscriber(environment, "carol");
    let context = fixtures::context(environment, "tenant:acme");
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = transaction.stores();
    inside.subscribers.insert(&subscriber).await.unwrap();
    inside.contexts.insert(&context).await.unwrap();
    transaction.commit().await.unwrap();
    let found = stores
        .subscribers
        .find(environment, &subscriber.subscriber_id)
        .await;
    assert_eq!(found.unwrap(), Some(subscriber));
    let found = stores.contexts.find(environment, &context.key).await;
    assert_eq!(found.unwrap(), Some(context));
}

pub async fn what_is_dropped_leaves_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let subscriber = fixtures::subscriber(environment, "carol");
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = transaction.stores();
    inside.subscribers.insert(&subscriber).await.unwrap();
    drop(transaction);
    let found = stores
        .subscribers
        .find(environment, &subscriber.subscriber_id)
        .await;
    assert_eq!(found.unwrap(), None);
}

pub async fn what_is_not_committed_is_seen_inside_alone(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let subscriber = fixtures::subscriber(environment, "carol");
    let id = &subscriber.subscriber_id;
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = transaction.stores();
    inside.subscribers.insert(&subscriber).await.unwrap();
    let seen = inside.subscribers.find(environment, id).await;
    assert_eq!(seen.unwrap().as_ref(), Some(&subscriber));
    // A reader that waited for the transaction's end would wait here for ever.
    let seen = stores.subscribers.find(environment, id).await;
    assert_eq!(seen.unwrap(), None);
    drop(transaction);
    let seen = stores.subscribers.find(environment, id).await;
    assert_eq!(seen.unwrap(), None);
}

pub async fn a_refused_write_leaves_the_earlier_ones(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = transaction.stores();
    inside.connections.insert(&connection).await.unwrap();
    let again = inside.subscribers.insert(&tenant.ada).await;
    assert!(matches!(again, Err(InsertError::Taken)), "{again:?}");
    let again = inside.connections.insert(&connection).await;
    assert!(
        matches!(
            again,
            Err(RecordError::IdentifierTaken | RecordError::Raced)
        ),
        "{again:?}"
    );
    let carol = fixtures::subscriber(tenant.environment.id, "carol");
    inside.subscribers.insert(&carol).await.unwrap();
    transaction.commit().await.unwrap();
    let found = stores
        .connections
        .find(tenant.environment.id, &connection.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(connection));
    let found = stores
        .subscribers
        .find(tenant.environment.id, &carol.subscriber_id)
        .await;
    assert_eq!(found.unwrap(), Some(carol));
}

pub async fn a_transaction_holds_writes_of_every_store(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let key = fixtures::api_key(environment);
    let integration = Integration {
        identifier: "another".to_owned(),
        ..fixtures::integration(environment)
    };
    let context = fixtures::context(environment, "tenant:acme");
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    let revocation = fixtures::revocation(&connection);
    let record = fixtures::idempotency_record(environment, "key");
    for committed in [false, true] {
        let transaction = stores.transactions.begin().await.unwrap();
        let inside = transaction.stores();
        inside.api_keys.insert(&key).await.unwrap();
        inside.integrations.insert(&integration).await.unwrap();
        inside
            .contexts
            .insert_missing(std::slice::from_ref(&context))
            .await
            .unwrap();
        inside.connections.insert(&connection).await.unwrap();
        inside.endpoints.insert(&endpoint).await.unwrap();
        inside.revocations.insert(&revocation).await.unwrap();
        let claim = inside.idempotency.claim(&record, NOON).await.unwrap();
        assert_eq!(claim, IdempotencyClaim::New);
        if committed {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
        let key = stores.api_keys.find_by_hash(&key.hash).await.unwrap();
        let integration = stores
            .integrations
            .find_by_id(environment, integration.id)
            .await
            .unwrap();
        let context = stores
            .contexts
            .find(environment, &context.key)
            .await
            .unwrap();
        let connection = stores
            .connections
            .find(environment, &connection.identifier)
            .await
            .unwrap();
        let endpoint = stores
            .endpoints
            .find(environment, &endpoint.identifier)
            .await
            .unwrap();
        let revocation = stores
            .revocations
            .find(environment, revocation.id)
            .await
            .unwrap();
        let kept = [
            key.is_some(),
            integration.is_some(),
            context.is_some(),
            connection.is_some(),
            endpoint.is_some(),
            revocation.is_some(),
        ];
        assert_eq!(kept, [committed; 6]);
    }
    let claim = stores.idempotency.claim(&record, NOON).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::Taken(Box::new(record)));
}

pub async fn a_page_is_read_inside(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = transaction.stores();
    inside.connections.insert(&connection).await.unwrap();
    let page = inside
        .connections
        .list(environment, &ConnectionFilter::default(), &pages::first(10))
        .await
        .unwrap();
    assert_eq!(page.items, [connection]);
}

pub async fn an_ended_transaction_has_no_stores(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let key: ContextKey = "tenant:acme".parse().unwrap();
    for committed in [false, true] {
        let transaction = stores.transactions.begin().await.unwrap();
        let inside = transaction.stores().clone();
        if committed {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
        let found = inside.contexts.find(environment, &key).await;
        assert!(
            matches!(found, Err(StoreError::Unavailable(_))),
            "{found:?}"
        );
    }
}

pub async fn after_a_dropped_transaction_there_is_room_for_the_next(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    for round in 0..30 {
        let transaction = stores.transactions.begin().await.unwrap();
        let subscriber = fixtures::subscriber(environment, "carol");
        transaction
            .stores()
            .subscribers
            .insert(&subscriber)
            .await
            .unwrap();
        drop(transaction);
        let alone = fixtures::subscriber(environment, &format!("dave {round}"));
        stores.subscribers.insert(&alone).await.unwrap();
    }
}

pub async fn of_many_transactions_that_claim_exactly_one_stores(harness: &impl StorageHarness) {
    let environment = harness.stores().environment().await.id;
    let record = fixtures::idempotency_record(environment, "key");
    let claims = at_once(20, |number| {
        let transactions = Arc::clone(&harness.stores().transactions);
        let answer = fixtures::sealed(&format!("answer {number}"));
        let record = record.clone();
        async move {
            let transaction = transactions.begin().await.unwrap();
            let store = &transaction.stores().idempotency;
            let claim = store.claim(&record, NOON).await.unwrap();
            if claim == IdempotencyClaim::New {
                assert!(store.answer(&record.scope, &answer).await.unwrap());
                transaction.commit().await.unwrap();
            }
            claim
        }
    })
    .await;
    let winner = claims
        .iter()
        .position(|claim| *claim == IdempotencyClaim::New)
        .unwrap();
    let answered = IdempotencyRecord {
        response: fixtures::sealed(&format!("answer {winner}")),
        ..record
    };
    for (number, claim) in claims.into_iter().enumerate() {
        if number != winner {
            assert_eq!(claim, IdempotencyClaim::Taken(Box::new(answered.clone())));
        }
    }
}

pub async fn what_is_looked_after_inside_is_seen_outside_once_committed(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    connection.upkeep.due_at = Some(NOON);
    stores.connections.insert(&connection).await.unwrap();
    for committed in [false, true] {
        let transaction = stores.transactions.begin().await.unwrap();
        let upkeep = &transaction.stores().upkeep;
        let lease = upkeep.lease(&connection, NOON, seconds_later(60)).await;
        let lease = lease.unwrap().unwrap();
        // What was refused in between leaves the lease as it is.
        let again = upkeep.lease(&connection, NOON, seconds_later(60)).await;
        assert_eq!(again.unwrap(), None);
        assert_eq!(upkeep.list_due(NOON, &[], 9).await.unwrap(), []);
        let mut new = connection.clone();
        new.credentials = vec![fixtures::bot_credential("xoxb-new")];
        new.generation += 1;
        new.upkeep.due_at = Some(seconds_later(9));
        assert!(upkeep.settle(&lease, &new).await.unwrap());
        if committed {
            transaction.commit().await.unwrap();
        } else {
            drop(transaction);
        }
        new.upkeep.epoch = lease.epoch;
        let found = stores
            .connections
            .find(tenant.environment.id, &connection.identifier)
            .await;
        let expected = if committed { new } else { connection.clone() };
        assert_eq!(found.unwrap(), Some(expected));
    }
}

pub async fn an_audit_event_is_in_the_log_once_it_is_committed(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let mut expected = Vec::new();
    for committed in [false, true, false, true] {
        let transaction = stores.transactions.begin().await.unwrap();
        let inside = transaction.stores();
        let mut events = Vec::new();
        for _ in 0..2 {
            let entry = fixtures::audit_entry(environment);
            events.push(inside.audit.append(entry).await.unwrap());
        }
        let after = expected.len() as u64;
        let seen = inside.audit.list_after(environment, after, 9).await;
        assert_eq!(seen.unwrap(), events);
        // An entry that is refused leaves the earlier ones, and the place after them.
        let again = events[0].entry.clone();
        inside.audit.append(again).await.unwrap_err();
        let outside = stores.audit.list_after(environment, after, 9).await;
        assert_eq!(outside.unwrap(), []);
        if committed {
            transaction.commit().await.unwrap();
            expected.extend(events);
        } else {
            drop(transaction);
        }
        assert_eq!(check_log(stores, environment).await, expected);
    }
}

pub async fn of_many_transactions_that_append_nobody_leaves_a_gap_or_a_fork(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let appended = at_once(30, |number| {
        let transactions = Arc::clone(&stores.transactions);
        let audit = Arc::clone(&stores.audit);
        let [first, second] = [(); 2].map(|()| fixtures::audit_entry(environment));
        async move {
            if number % 3 == 0 {
                return vec![audit.append(first).await.unwrap()];
            }
            let transaction = transactions.begin().await.unwrap();
            let audit = &transaction.stores().audit;
            let first = audit.append(first).await.unwrap();
            tokio::task::yield_now().await;
            let second = audit.append(second).await.unwrap();
            if number % 3 == 1 {
                drop(transaction);
                return Vec::new();
            }
            transaction.commit().await.unwrap();
            vec![first, second]
        }
    })
    .await;
    let mut expected: Vec<_> = appended.into_iter().flatten().collect();
    expected.sort_by_key(|event| event.sequence);
    assert_eq!(expected.len(), 30);
    assert_eq!(check_log(stores, environment).await, expected);
}
