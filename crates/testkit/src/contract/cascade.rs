//! What goes along with what is deleted, and what stays.

use std::collections::BTreeSet;

use tieline_domain::{
    connection::{ChannelConnection, ConnectionIdentifier},
    endpoint::ChannelEndpoint,
    ports::{AttemptFilter, ConnectionFilter, EndpointFilter},
};

use crate::{
    TestStores,
    contract::{connection_store, pages::first},
    fixtures::{self, shared_by, subscriber_owner},
    harness::Tenant,
};

/// The connections that [`stock`] stores: two of a subscriber each, and a shared one of Teams.
pub(super) const CONNECTIONS: [&str; 3] = ["ada", "bob", "acme"];

/// The endpoints that [`stock`] stores: in each connection, and in none.
pub(super) const ENDPOINTS: [&str; 10] = [
    "ada-in-ada",
    "bob-in-ada",
    "ada-in-bob",
    "bob-in-bob",
    "ada-in-acme",
    "bob-in-acme",
    "ada-at-slack",
    "bob-at-slack",
    "ada-at-msteams",
    "bob-at-msteams",
];

/// Stores connections and endpoints of all sorts, under names that say what they hang on.
pub(super) async fn stock(stores: &TestStores, tenant: &Tenant) {
    let owners = [
        (&tenant.slack, subscriber_owner("ada")),
        (&tenant.slack, subscriber_owner("bob")),
        (&tenant.teams, shared_by(&["tenant:acme"])),
    ];
    let subscribers = [&tenant.ada.subscriber_id, &tenant.bob.subscriber_id];
    for (name, (integration, owner)) in CONNECTIONS.into_iter().zip(owners) {
        let connection = ChannelConnection {
            identifier: ConnectionIdentifier::parse(name).unwrap(),
            ..fixtures::connection(integration, owner)
        };
        connection_store::insert(stores, integration, &connection).await;
        for subscriber in subscribers {
            let endpoint = fixtures::endpoint(&connection, subscriber);
            keep(stores, format!("{subscriber}-in-{name}"), endpoint).await;
        }
    }
    for integration in [&tenant.slack, &tenant.teams] {
        for subscriber in subscribers {
            let endpoint = fixtures::loose_endpoint(integration, subscriber);
            let name = format!("{subscriber}-at-{}", integration.identifier);
            keep(stores, name, endpoint).await;
        }
    }
}

async fn keep(stores: &TestStores, identifier: String, endpoint: ChannelEndpoint) {
    let named = ChannelEndpoint {
        identifier,
        ..endpoint
    };
    stores.endpoints.insert(&named).await.unwrap();
}

/// The names of the connections and endpoints that are left.
pub(super) async fn left(
    stores: &TestStores,
    tenant: &Tenant,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (environment, page) = (tenant.environment.id, first(100));
    let filter = ConnectionFilter::default();
    let connections = stores.connections.list(environment, &filter, &page);
    let connections = connections.await.unwrap().items.into_iter();
    let filter = EndpointFilter::default();
    let endpoints = stores.endpoints.list(environment, &filter, &page);
    let endpoints = endpoints.await.unwrap().items.into_iter();
    (
        connections.map(|c| c.identifier.into()).collect(),
        endpoints.map(|e| e.identifier).collect(),
    )
}

/// Checks that of what [`stock`] stored exactly these are left, and all of the history.
pub(super) async fn check_left(
    stores: &TestStores,
    tenant: &Tenant,
    connections: &[&str],
    endpoints: &[&str],
) {
    let named = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    assert_eq!(
        left(stores, tenant).await,
        (named(connections), named(endpoints))
    );
    let (filter, page) = (AttemptFilter::default(), first(100));
    let attempts = stores.attempts.list(tenant.environment.id, &filter, &page);
    assert_eq!(attempts.await.unwrap().total, 3);
}
