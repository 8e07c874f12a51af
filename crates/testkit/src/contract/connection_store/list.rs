//! How connections are listed.

use tieline_domain::{
    connection::{ChannelConnection, ConnectionMode, Owner},
    id::EnvironmentId,
    ports::ConnectionFilter,
};

use super::insert;
use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, context_keys, seconds_later, shared_by, subscriber_id, subscriber_owner},
    harness::Tenant,
};

/// Four connections that differ in all that can be filtered by, newest first.
async fn seed(stores: &TestStores, tenant: &Tenant) -> [ChannelConnection; 4] {
    let bob_in_acme = Owner {
        context_keys: context_keys(&["tenant:acme"]),
        ..subscriber_owner("bob")
    };
    let plan = [
        (&tenant.slack, subscriber_owner("ada")),
        (&tenant.slack, bob_in_acme),
        (&tenant.teams, shared_by(&["tenant:acme"])),
        (&tenant.teams, shared_by(&["tenant:acme", "project:x"])),
    ];
    let mut second = 10;
    let connections = plan.map(|(integration, owner)| {
        second -= 1;
        let created_at = seconds_later(second);
        ChannelConnection {
            created_at,
            ..fixtures::connection(integration, owner)
        }
    });
    for connection in &connections {
        insert(stores, &tenant.slack, connection).await;
    }
    connections
}

async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
) -> Vec<ChannelConnection> {
    let page = stores
        .connections
        .list(environment, filter, &first(10))
        .await
        .unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

pub async fn connections_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    // Another environment, stored first, has the same of everything.
    let (namesake, tenant) = (stores.tenant().await, stores.tenant().await);
    seed(stores, &namesake).await;
    let [ada, bob, acme, project] = seed(stores, &tenant).await;
    let all = || ConnectionFilter::default();
    let of = |id| ConnectionFilter {
        subscriber_id: Some(subscriber_id(id)),
        ..all()
    };
    let mode = |mode| ConnectionFilter {
        mode: Some(mode),
        ..all()
    };
    let keys = |keys| ConnectionFilter {
        context_keys: Some(context_keys(keys)),
        ..all()
    };
    let through = |id: &str| ConnectionFilter {
        integration_identifier: Some(id.to_owned()),
        ..all()
    };
    let slack = ConnectionFilter {
        provider: Some(tenant.slack.provider.clone()),
        ..all()
    };
    let sum = ConnectionFilter {
        mode: Some(ConnectionMode::Shared),
        ..keys(&["tenant:acme"])
    };
    let nothing = ConnectionFilter {
        mode: Some(ConnectionMode::Shared),
        ..of("ada")
    };
    let cases = [
        (all(), vec![&ada, &bob, &acme, &project]),
        (of("bob"), vec![&bob]),
        (of("BOB"), vec![]),
        (mode(ConnectionMode::Subscriber), vec![&ada, &bob]),
        (mode(ConnectionMode::Shared), vec![&acme, &project]),
        (slack, vec![&ada, &bob]),
        (through("msteams"), vec![&acme, &project]),
        (through("unknown"), vec![]),
        (keys(&["tenant:acme"]), vec![&bob, &acme]),
        (keys(&["tenant:acme", "project:x"]), vec![&project]),
        (keys(&[]), vec![&ada]),
        (sum, vec![&acme]),
        (nothing, vec![]),
    ];
    for (filter, expected) in cases {
        let found = listed(stores, tenant.environment.id, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn connections_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    seed(stores, &tenant).await;
    let all = || ConnectionFilter::default();
    let filters = [
        all(),
        ConnectionFilter {
            subscriber_id: Some(subscriber_id("ada")),
            ..all()
        },
        ConnectionFilter {
            integration_identifier: Some("slack".to_owned()),
            ..all()
        },
        ConnectionFilter {
            provider: Some(tenant.slack.provider.clone()),
            ..all()
        },
        ConnectionFilter {
            context_keys: Some(context_keys(&["tenant:acme"])),
            ..all()
        },
    ];
    for filter in filters {
        assert_eq!(listed(stores, other.environment.id, &filter).await, []);
    }
}

async fn seed_times(stores: &TestStores, tenant: &Tenant) -> Vec<ChannelConnection> {
    let mut connections = times().map(|created_at| ChannelConnection {
        created_at,
        ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
    });
    // Stored in another order than that of their ids.
    connections.reverse();
    for connection in &connections {
        insert(stores, &tenant.slack, connection).await;
    }
    connections.reverse();
    connections.into()
}

pub async fn connections_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let ids: Vec<_> = seed_times(stores, &tenant)
        .await
        .iter()
        .map(|row| row.id.0)
        .collect();
    let all = || ConnectionFilter::default();
    let filters = [
        all(),
        ConnectionFilter {
            provider: Some(tenant.slack.provider.clone()),
            ..all()
        },
        ConnectionFilter {
            subscriber_id: Some(subscriber_id("ada")),
            ..all()
        },
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores
                .connections
                .list(tenant.environment.id, filter, &request)
                .await;
            page.unwrap().map(|connection| connection.id.0)
        })
        .await;
    }
}

pub async fn connections_at_a_provider_come_in_pages_across_its_integrations(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let second = stores.second_slack(&tenant).await;
    let mut integrations = [&tenant.slack, &second].into_iter().cycle();
    let mut ids = Vec::new();
    for created_at in times() {
        let at = |integration, owner| ChannelConnection {
            created_at,
            ..fixtures::connection(integration, owner)
        };
        let connection = at(integrations.next().unwrap(), subscriber_owner("ada"));
        ids.push(connection.id.0);
        let elsewhere = at(&tenant.teams, subscriber_owner("ada"));
        for connection in [&connection, &elsewhere] {
            stores.connections.insert(connection).await.unwrap();
        }
    }
    let provider = Some(tenant.slack.provider.clone());
    let filters = [
        ConnectionFilter {
            provider: provider.clone(),
            ..ConnectionFilter::default()
        },
        ConnectionFilter {
            provider,
            subscriber_id: Some(subscriber_id("ada")),
            ..ConnectionFilter::default()
        },
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores
                .connections
                .list(tenant.environment.id, filter, &request)
                .await;
            page.unwrap().map(|connection| connection.id.0)
        })
        .await;
    }
}

pub async fn listed_connections_have_their_own_credentials(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut expected = Vec::new();
    for number in 0..3 {
        let connection = ChannelConnection {
            credentials: (0..number)
                .take(1)
                .map(|_| fixtures::bot_credential(&format!("xoxb-{number}")))
                .collect(),
            created_at: seconds_later(-number),
            ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
        };
        insert(stores, &tenant.slack, &connection).await;
        expected.push(connection);
    }
    let found = listed(stores, tenant.environment.id, &ConnectionFilter::default()).await;
    assert_eq!(found, expected);
}

pub async fn counting_connections_sees_the_whole_list(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    seed_times(stores, &tenant).await;
    let filter = ConnectionFilter::default();
    let page = stores
        .connections
        .list(tenant.environment.id, &filter, &first(2))
        .await
        .unwrap();
    assert_eq!(
        (page.items.len(), page.total, page.total_capped),
        (2, 7, false)
    );
}
