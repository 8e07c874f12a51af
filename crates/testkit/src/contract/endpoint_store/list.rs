//! How endpoints are listed.

use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier},
    endpoint::ChannelEndpoint,
    id::EnvironmentId,
    ports::EndpointFilter,
};

use super::insert;
use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, context_keys, seconds_later, shared_by, subscriber_id, subscriber_owner},
    harness::Tenant,
};

/// Two connections, with two endpoints in the first, one in the second and one in none, newest
/// first.
async fn seed(
    stores: &TestStores,
    tenant: &Tenant,
) -> ([ChannelConnection; 2], [ChannelEndpoint; 4]) {
    let slack = ChannelConnection {
        identifier: ConnectionIdentifier::parse("acme").unwrap(),
        ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
    };
    let teams = fixtures::connection(&tenant.teams, shared_by(&["tenant:acme"]));
    let made = |connection, subscriber, second| ChannelEndpoint {
        created_at: seconds_later(second),
        ..fixtures::endpoint(connection, subscriber)
    };
    let endpoints = [
        made(&slack, &tenant.ada.subscriber_id, 3),
        made(&slack, &tenant.bob.subscriber_id, 2),
        made(&teams, &tenant.ada.subscriber_id, 1),
        fixtures::loose_endpoint(&tenant.slack, &tenant.bob.subscriber_id),
    ];
    insert(stores, &tenant.slack, &slack, &endpoints[..2]).await;
    insert(stores, &tenant.teams, &teams, &endpoints[2..3]).await;
    stores.endpoints.insert(&endpoints[3]).await.unwrap();
    ([slack, teams], endpoints)
}

async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &EndpointFilter,
) -> Vec<ChannelEndpoint> {
    let page = stores
        .endpoints
        .list(environment, filter, &first(10))
        .await
        .unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

pub async fn endpoints_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    // Another environment, stored first, has the same of everything.
    let (namesake, tenant) = (stores.tenant().await, stores.tenant().await);
    seed(stores, &namesake).await;
    let ([slack, _], [ada, bob, shared, loose]) = seed(stores, &tenant).await;
    let all = || EndpointFilter::default();
    let of = |id| EndpointFilter {
        subscriber_id: Some(subscriber_id(id)),
        ..all()
    };
    let inside = |connection: &str| EndpointFilter {
        connection_identifier: Some(connection.to_owned()),
        ..all()
    };
    let through = |id: &str| EndpointFilter {
        integration_identifier: Some(id.to_owned()),
        ..all()
    };
    let keys = |keys| EndpointFilter {
        context_keys: Some(context_keys(keys)),
        ..all()
    };
    let teams = EndpointFilter {
        provider: Some(tenant.teams.provider.clone()),
        ..all()
    };
    let sum = EndpointFilter {
        subscriber_id: Some(subscriber_id("ada")),
        ..through("slack")
    };
    let cases = [
        (all(), vec![&ada, &bob, &shared, &loose]),
        (of("ada"), vec![&ada, &shared]),
        (of("bob"), vec![&bob, &loose]),
        (of("eve"), vec![]),
        (inside(slack.identifier.as_str()), vec![&ada, &bob]),
        (inside("unknown"), vec![]),
        (teams, vec![&shared]),
        (through("slack"), vec![&ada, &bob, &loose]),
        (keys(&["tenant:acme"]), vec![&shared]),
        (keys(&[]), vec![&ada, &bob, &loose]),
        (sum, vec![&ada]),
    ];
    for (filter, expected) in cases {
        let found = listed(stores, tenant.environment.id, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn endpoints_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let ([slack, _], _) = seed(stores, &tenant).await;
    let all = || EndpointFilter::default();
    let filters = [
        all(),
        EndpointFilter {
            connection_identifier: Some(slack.identifier.to_string()),
            ..all()
        },
        EndpointFilter {
            integration_identifier: Some("slack".to_owned()),
            ..all()
        },
        EndpointFilter {
            subscriber_id: Some(subscriber_id("ada")),
            ..all()
        },
    ];
    for filter in filters {
        assert_eq!(listed(stores, other.environment.id, &filter).await, []);
    }
}

pub async fn endpoints_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let mut endpoints = times().map(|created_at| ChannelEndpoint {
        created_at,
        ..fixtures::endpoint(&connection, &tenant.ada.subscriber_id)
    });
    let ids = endpoints.clone().map(|endpoint| endpoint.id.0);
    // Stored in another order than that of their ids.
    endpoints.reverse();
    insert(stores, &tenant.slack, &connection, &endpoints).await;
    let all = || EndpointFilter::default();
    let filters = [
        all(),
        EndpointFilter {
            connection_identifier: Some(connection.identifier.to_string()),
            ..all()
        },
        EndpointFilter {
            subscriber_id: Some(subscriber_id("ada")),
            ..all()
        },
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores
                .endpoints
                .list(tenant.environment.id, filter, &request)
                .await;
            page.unwrap().map(|endpoint| endpoint.id.0)
        })
        .await;
    }
}

pub async fn endpoints_at_a_provider_come_in_pages_across_its_integrations(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let second = stores.second_slack(&tenant).await;
    let [first, second, elsewhere] = [&tenant.slack, &second, &tenant.teams]
        .map(|integration| fixtures::connection(integration, subscriber_owner("ada")));
    for connection in [&first, &second, &elsewhere] {
        stores.connections.insert(connection).await.unwrap();
    }
    let mut connections = [&first, &second].into_iter().cycle();
    let mut ids = Vec::new();
    for created_at in times() {
        let of = |connection| ChannelEndpoint {
            created_at,
            ..fixtures::endpoint(connection, &tenant.ada.subscriber_id)
        };
        let endpoint = of(connections.next().unwrap());
        ids.push(endpoint.id.0);
        for endpoint in [&endpoint, &of(&elsewhere)] {
            stores.endpoints.insert(endpoint).await.unwrap();
        }
    }
    let filter = EndpointFilter {
        provider: Some(tenant.slack.provider.clone()),
        ..EndpointFilter::default()
    };
    check_walks(&ids, async |request| {
        let page = stores
            .endpoints
            .list(tenant.environment.id, &filter, &request)
            .await;
        page.unwrap().map(|endpoint| endpoint.id.0)
    })
    .await;
}
