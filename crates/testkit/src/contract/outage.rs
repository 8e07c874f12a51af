//! What all storage ports promise of a server that goes away and comes back.

use std::sync::Arc;

use tieline_domain::{
    attempt::ConnectAttempt,
    id::EnvironmentId,
    ports::{Claim, InsertError, StoreError, SubscriberStore},
    subscriber::Subscriber,
};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    Outage, StorageHarness, TestStores,
    contract::concurrency::{at_once, soon},
    fixtures,
};

mod everything;

use everything::{Given, ask_everything};

/// Puts an adapter through an outage.
#[macro_export]
macro_rules! outage_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { @start start_severable outage [
            while_the_server_is_away_every_call_fails_soon_as_unavailable,
            once_the_server_is_back_everything_works_as_if_it_had_not_been_asked,
            what_was_stored_before_is_there_afterwards,
            a_transaction_that_was_open_is_never_half_done,
            after_a_transaction_that_was_lost_there_is_room_for_the_next,
            what_was_answered_while_the_server_went_is_there_afterwards,
            a_server_may_go_again_and_again,
            an_outage_that_nobody_noticed_fails_one_call_at_the_most,
        ] $($harness)* }
    };
}

pub async fn while_the_server_is_away_every_call_fails_soon_as_unavailable<H: StorageHarness>(
    harness: &H,
) {
    let given = Given::stored(harness.stores()).await;
    harness.sever().await;
    for asked in ask_everything(harness.stores(), &given).await {
        let goes_on = H::OUTAGE == Outage::Writes && !asked.writes;
        let expected = if goes_on {
            asked.worked
        } else {
            asked.is_unavailable
        };
        assert!(expected, "{}: {}", asked.call, asked.answer);
    }
    harness.restore().await;
}

pub async fn once_the_server_is_back_everything_works_as_if_it_had_not_been_asked(
    harness: &impl StorageHarness,
) {
    let given = Given::stored(harness.stores()).await;
    harness.sever().await;
    ask_everything(harness.stores(), &given).await;
    harness.restore().await;
    for asked in ask_everything(harness.stores(), &given).await {
        assert!(asked.worked, "{}: {}", asked.call, asked.answer);
    }
}

pub async fn what_was_stored_before_is_there_afterwards(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    harness.sever().await;
    fail_to_write(stores, tenant.environment.id).await;
    harness.restore().await;
    write(stores, tenant.environment.id, "carol").await;
    let found = stores
        .connections
        .find(tenant.environment.id, &connection.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(connection));
    let claimed = stores.attempts.claim(&attempt).await.unwrap();
    assert_eq!(claimed, Claim::Lost(Box::new(attempt)));
}

pub async fn a_transaction_that_was_open_is_never_half_done<H: StorageHarness>(harness: &H) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let (before, after) = (
        fixtures::subscriber(environment, "before"),
        fixtures::subscriber(environment, "after"),
    );
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = Arc::clone(&transaction.stores().subscribers);
    inside.insert(&before).await.unwrap();
    if H::OUTAGE == Outage::Writes {
        // Its turn is what an outage takes away, so the outage begins when it has ended.
        tokio::join!(harness.sever(), async {
            inside.insert(&after).await.unwrap();
            transaction.commit().await.unwrap();
        });
        harness.restore().await;
        assert!(is_there(stores, &before).await && is_there(stores, &after).await);
        return;
    }
    harness.sever().await;
    let inserted = soon(inside.insert(&after)).await;
    assert!(
        matches!(
            inserted,
            Err(InsertError::Store(StoreError::Unavailable(_)))
        ),
        "{inserted:?}"
    );
    harness.restore().await;
    let committed = soon(transaction.commit()).await;
    assert!(
        matches!(committed, Err(StoreError::Unavailable(_))),
        "{committed:?}"
    );
    write(stores, environment, "carol").await;
    assert!(!is_there(stores, &before).await && !is_there(stores, &after).await);
}

pub async fn after_a_transaction_that_was_lost_there_is_room_for_the_next<H: StorageHarness>(
    harness: &H,
) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let transaction = stores.transactions.begin().await.unwrap();
    let lost = fixtures::subscriber(environment, "lost");
    let inserted = transaction.stores().subscribers.insert(&lost).await;
    inserted.unwrap();
    if H::OUTAGE == Outage::Everything {
        harness.sever().await;
    }
    drop(transaction);
    if H::OUTAGE == Outage::Writes {
        harness.sever().await;
    }
    assert!(soon(stores.transactions.begin()).await.is_err());
    harness.restore().await;
    write(stores, environment, "carol").await;
    let transaction = soon(stores.transactions.begin()).await.unwrap();
    let next = fixtures::subscriber(environment, "next");
    let inserted = transaction.stores().subscribers.insert(&next).await;
    inserted.unwrap();
    transaction.commit().await.unwrap();
    assert!(!is_there(stores, &lost).await && is_there(stores, &next).await);
}

pub async fn what_was_answered_while_the_server_went_is_there_afterwards(
    harness: &impl StorageHarness,
) {
    const TASKS: u32 = 8;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (claimed, mut tasks) = (Arc::new(Semaphore::new(0)), JoinSet::new());
    for _ in 0..TASKS {
        let (store, slack) = (stores.attempts.clone(), tenant.slack.clone());
        let claimed = claimed.clone();
        tasks.spawn(async move {
            let mut won: Vec<ConnectAttempt> = Vec::new();
            loop {
                let attempt = fixtures::attempt(&slack);
                match soon(store.claim(&attempt)).await {
                    Ok(Claim::Won) => won.push(attempt),
                    Ok(Claim::Lost(other)) => panic!("lost to {other:?}"),
                    Err(StoreError::Unavailable(_)) => return won,
                    Err(error) => panic!("{error:?}"),
                }
                claimed.add_permits(1);
            }
        });
    }
    claimed.acquire_many(2 * TASKS).await.unwrap().forget();
    harness.sever().await;
    let won: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    harness.restore().await;
    write(stores, tenant.environment.id, "carol").await;
    assert!(won.len() >= 2 * TASKS as usize);
    for attempt in won {
        let found = stores.attempts.find_anywhere(attempt.id).await.unwrap();
        assert_eq!(found, Some(attempt));
    }
}

pub async fn a_server_may_go_again_and_again(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    for round in 0..3 {
        harness.sever().await;
        fail_to_write(stores, environment).await;
        harness.restore().await;
        write(stores, environment, &format!("subscriber {round}")).await;
    }
}

/// However many connections an adapter keeps, the first that is found broken tells of the others.
pub async fn an_outage_that_nobody_noticed_fails_one_call_at_the_most(
    harness: &impl StorageHarness,
) {
    const CONNECTIONS: u64 = 8;
    let stores = harness.stores();
    let environment = stores.environment().await;
    let find = |_| {
        let (store, id) = (Arc::clone(&stores.environments), environment.id);
        async move { soon(store.find(id)).await }
    };
    for found in at_once(CONNECTIONS, find).await {
        assert_eq!(found.unwrap(), Some(environment.clone()));
    }
    harness.sever().await;
    harness.restore().await;
    let mut failed = Vec::new();
    for call in 0..2 * CONNECTIONS {
        failed.extend(find(call).await.err());
    }
    assert!(failed.len() <= 1, "{failed:?}");
}

async fn fail_to_write(stores: &TestStores, environment: EnvironmentId) {
    let nobody = fixtures::subscriber(environment, "nobody");
    let inserted = soon(stores.subscribers.insert(&nobody)).await;
    assert!(
        matches!(
            inserted,
            Err(InsertError::Store(StoreError::Unavailable(_)))
        ),
        "{inserted:?}"
    );
}

/// Writes, after an outage. An adapter may first have to find that its connections broke.
async fn write(stores: &TestStores, environment: EnvironmentId, id: &str) {
    let subscriber = fixtures::subscriber(environment, id);
    soon(insert_at_last(&*stores.subscribers, &subscriber)).await;
}

async fn insert_at_last(store: &dyn SubscriberStore, subscriber: &Subscriber) {
    loop {
        match store.insert(subscriber).await {
            Ok(()) => return,
            Err(InsertError::Store(StoreError::Unavailable(_))) => tokio::task::yield_now().await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn is_there(stores: &TestStores, subscriber: &Subscriber) -> bool {
    let (environment, id) = (subscriber.environment_id, &subscriber.subscriber_id);
    let found = soon(stores.subscribers.find(environment, id)).await;
    found.unwrap().is_some()
}
