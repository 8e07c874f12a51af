//! How attempts are listed.

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    connection::ConnectionIdentifier,
    id::EnvironmentId,
    page::{COUNT_CAP, From, PageRequest, Position},
    ports::AttemptFilter,
    reason::Reason,
};
use uuid::Uuid;

use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, seconds_later, subscriber_id},
    harness::Tenant,
};

/// Three attempts that differ in all that can be filtered by.
async fn seed(stores: &TestStores, tenant: &Tenant) -> [ConnectAttempt; 3] {
    let attempts = [
        ConnectAttempt {
            created_at: seconds_later(3),
            ..fixtures::attempt(&tenant.slack)
        },
        ConnectAttempt {
            status: AttemptStatus::Denied,
            reason: Some(Reason::AccessDenied),
            subscriber_id: Some(subscriber_id("bob")),
            created_at: seconds_later(2),
            ..fixtures::attempt(&tenant.slack)
        },
        ConnectAttempt {
            status: AttemptStatus::Completed,
            subscriber_id: None,
            connection_identifier: Some(ConnectionIdentifier::parse("acme").unwrap()),
            created_at: seconds_later(1),
            ..fixtures::attempt(&tenant.teams)
        },
    ];
    for attempt in &attempts {
        stores.attempts.claim(attempt).await.unwrap();
    }
    attempts
}

async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &AttemptFilter,
) -> Vec<ConnectAttempt> {
    let page = stores
        .attempts
        .list(environment, filter, &first(10))
        .await
        .unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

pub async fn attempts_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    // Another environment, stored first, has the same of everything.
    let (namesake, tenant) = (stores.tenant().await, stores.tenant().await);
    seed(stores, &namesake).await;
    let [claimed, denied, completed] = seed(stores, &tenant).await;
    let all = || AttemptFilter::default();
    let slack = Some("slack".to_owned());
    let cases = [
        (all(), vec![&claimed, &denied, &completed]),
        (
            AttemptFilter {
                status: Some(AttemptStatus::Exchanging),
                ..all()
            },
            vec![&claimed],
        ),
        (
            AttemptFilter {
                integration_identifier: slack,
                ..all()
            },
            vec![&claimed, &denied],
        ),
        (
            AttemptFilter {
                subscriber_id: Some(subscriber_id("bob")),
                ..all()
            },
            vec![&denied],
        ),
        (
            AttemptFilter {
                subscriber_id: Some(subscriber_id("eve")),
                ..all()
            },
            vec![],
        ),
        (
            AttemptFilter {
                connection_identifier: Some("acme".to_owned()),
                ..all()
            },
            vec![&completed],
        ),
        (
            AttemptFilter {
                reason: Some(Reason::AccessDenied),
                ..all()
            },
            vec![&denied],
        ),
    ];
    for (filter, expected) in cases {
        let found = listed(stores, tenant.environment.id, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn filters_of_attempts_add_up(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let [_, denied, _] = seed(stores, &tenant).await;
    let fitting = AttemptFilter {
        status: Some(AttemptStatus::Denied),
        integration_identifier: Some("slack".to_owned()),
        subscriber_id: Some(subscriber_id("bob")),
        connection_identifier: None,
        reason: Some(Reason::AccessDenied),
    };
    assert_eq!(
        listed(stores, tenant.environment.id, &fitting).await,
        [denied]
    );
    let unfit = AttemptFilter {
        integration_identifier: Some("msteams".to_owned()),
        ..fitting
    };
    assert_eq!(listed(stores, tenant.environment.id, &unfit).await, []);
}

pub async fn attempts_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    seed(stores, &tenant).await;
    let filters = [
        AttemptFilter::default(),
        AttemptFilter {
            connection_identifier: Some("acme".to_owned()),
            ..Default::default()
        },
    ];
    for filter in filters {
        assert_eq!(listed(stores, other.environment.id, &filter).await, []);
    }
}

async fn seed_times(stores: &TestStores, tenant: &Tenant) -> Vec<Uuid> {
    let mut attempts = times().map(|created_at| ConnectAttempt {
        created_at,
        ..fixtures::attempt(&tenant.slack)
    });
    // Stored in another order than that of their ids.
    attempts.reverse();
    for attempt in &attempts {
        stores.attempts.claim(attempt).await.unwrap();
    }
    attempts.iter().rev().map(|attempt| attempt.id.0).collect()
}

pub async fn attempts_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let ids = seed_times(stores, &tenant).await;
    let filters = [
        AttemptFilter::default(),
        AttemptFilter {
            status: Some(AttemptStatus::Exchanging),
            ..AttemptFilter::default()
        },
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores
                .attempts
                .list(tenant.environment.id, filter, &request)
                .await;
            page.unwrap().map(|attempt| attempt.id.0)
        })
        .await;
    }
}

pub async fn an_attempt_made_between_pages_disturbs_neither(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let ids = seed_times(stores, &tenant).await;
    let (environment, filter) = (tenant.environment.id, AttemptFilter::default());
    let newest = stores
        .attempts
        .list(environment, &filter, &first(3))
        .await
        .unwrap();
    let made_since = ConnectAttempt {
        created_at: seconds_later(99),
        ..fixtures::attempt(&tenant.slack)
    };
    stores.attempts.claim(&made_since).await.unwrap();
    let rest = PageRequest {
        from: From::After(newest.next.unwrap()),
        ..first(10)
    };
    let rest = stores
        .attempts
        .list(environment, &filter, &rest)
        .await
        .unwrap();
    let both = newest
        .items
        .iter()
        .chain(&rest.items)
        .map(|attempt| attempt.id.0);
    assert!(both.eq(ids.iter().rev().copied()));
    let back = rest.previous.unwrap();
    let border = PageRequest {
        from: From::Before(back),
        ..first(10)
    };
    let page = stores
        .attempts
        .list(environment, &filter, &border)
        .await
        .unwrap();
    assert_eq!(page.items[0], made_since);
    assert_eq!(page.items[1..], newest.items);
}

pub async fn counting_attempts_stops_at_the_cap(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    harness
        .copy_attempt(attempt.id, u32::try_from(COUNT_CAP).unwrap() - 1)
        .await;
    let (environment, filter) = (tenant.environment.id, AttemptFilter::default());
    for capped in [false, true] {
        let page = stores
            .attempts
            .list(environment, &filter, &first(1))
            .await
            .unwrap();
        assert_eq!((page.total, page.total_capped), (COUNT_CAP, capped));
        harness.copy_attempt(attempt.id, 1).await;
    }
    // A list so long still ends.
    let border = Position {
        created_at: seconds_later(-1),
        id: fixtures::uuid(),
    };
    let beyond = PageRequest {
        from: From::After(border),
        ..first(1)
    };
    let page = stores
        .attempts
        .list(environment, &filter, &beyond)
        .await
        .unwrap();
    assert_eq!(page.items, []);
}
