//! Text that Postgres cannot hold, or cannot hold in an index.

use tieline_domain::{
    connection::{ChannelConnection, Owner},
    endpoint::ChannelEndpoint,
    page::{From, Order, PageRequest},
    ports::{
        AttemptFilter, AuditFilter, ConnectionFilter, ContextFilter, EndpointFilter, StoreError,
        Stores, SubscriberFilter,
    },
    subscriber::{Profile, Subscriber, SubscriberId},
};
use tieline_testkit::{StorageHarness, fixtures};

use crate::contract::PgHarness;

const NUL: &str = "a\0b";

const PAGE: PageRequest = PageRequest {
    limit: 10,
    from: From::Start,
    order: Order::Descending,
    total: None,
};

/// So many characters of four bytes each, in an order that does not repeat: an index compresses
/// what does.
fn long_text(characters: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x1_0000 + (state >> 16)).unwrap()
    };
    (0..characters).map(|_| next()).collect()
}

#[tokio::test]
async fn what_is_asked_for_by_a_text_with_nul_is_not_there() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let found = stores.integrations.find(environment, NUL).await.unwrap();
    assert_eq!(found, None);
    let found = stores.endpoints.find(environment, NUL).await.unwrap();
    assert_eq!(found, None);
    assert!(!stores.endpoints.delete(environment, NUL).await.unwrap());
    let (slack, owner) = (tenant.slack.id, &connection.owner);
    let found = stores.connections.find_same(environment, slack, owner, NUL);
    assert_eq!(found.await.unwrap(), None);
    let leading = stores.connections.list_leading(&connection.provider, NUL);
    assert!(leading.await.unwrap().is_empty());
    let named = stores.integrations.list_named(&connection.provider, NUL);
    assert!(named.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_filter_with_nul_lets_nothing_pass() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let context = fixtures::context(tenant.environment.id, "tenant:acme");
    stores.contexts.insert(&context).await.unwrap();
    let connection = fixtures::connection(&tenant.slack, fixtures::subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let endpoint = fixtures::endpoint(&connection, &tenant.ada.subscriber_id);
    stores.endpoints.insert(&endpoint).await.unwrap();
    let attempt = fixtures::attempt(&tenant.slack);
    stores.attempts.claim(&attempt).await.unwrap();
    for field in 0..3 {
        let totals = totals(stores, &tenant.environment.id, field).await;
        assert!(
            totals.iter().all(|total| *total == 0),
            "{field}: {totals:?}"
        );
    }
}

/// The lengths of all lists, filtered by the n-th of their free texts.
async fn totals(
    stores: &Stores,
    environment: &tieline_domain::id::EnvironmentId,
    field: usize,
) -> Vec<u64> {
    let environment = *environment;
    // Where a list has fewer of them, by its last.
    let text = |number: usize, last: usize| (field.min(last) == number).then(|| NUL.to_owned());
    let subscribers = SubscriberFilter {
        email: text(0, 2),
        phone: text(1, 2),
        name: text(2, 2),
        ..SubscriberFilter::default()
    };
    let contexts = ContextFilter {
        kind: text(0, 2),
        id: text(1, 2),
        search: text(2, 2),
    };
    let attempts = AttemptFilter {
        integration_identifier: text(0, 1),
        connection_identifier: text(1, 1),
        ..AttemptFilter::default()
    };
    let endpoints = EndpointFilter {
        integration_identifier: text(0, 1),
        connection_identifier: text(1, 1),
        ..EndpointFilter::default()
    };
    let connections = ConnectionFilter {
        integration_identifier: text(0, 0),
        ..ConnectionFilter::default()
    };
    let subscribers = stores.subscribers.list(environment, &subscribers, &PAGE);
    let contexts = stores.contexts.list(environment, &contexts, &PAGE);
    let attempts = stores.attempts.list(environment, &attempts, &PAGE);
    let endpoints = stores.endpoints.list(environment, &endpoints, &PAGE);
    let connections = stores.connections.list(environment, &connections, &PAGE);
    vec![
        subscribers.await.unwrap().total,
        contexts.await.unwrap().total,
        attempts.await.unwrap().total,
        endpoints.await.unwrap().total,
        connections.await.unwrap().total,
    ]
}

#[tokio::test]
async fn a_log_is_searched_for_a_subject_of_whatever_length() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let (subject, filter) = (long_text(4000), |subject: &str| AuditFilter {
        subject: Some(subject.to_owned()),
        ..AuditFilter::default()
    });
    let mut entry = fixtures::audit_entry(environment);
    entry.subject.clone_from(&subject);
    let event = stores.audit.append(entry).await.unwrap();
    let namesake = long_text(3999);
    for (asked, expected) in [(&*subject, vec![event]), (&namesake, vec![]), (NUL, vec![])] {
        let found = stores.audit.list(environment, &filter(asked), &PAGE).await;
        assert_eq!(found.unwrap().items, expected);
    }
}

#[tokio::test]
async fn a_text_with_nul_is_refused_with_the_reason() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let named = Subscriber {
        profile: Profile {
            first_name: Some(NUL.to_owned()),
            ..Profile::default()
        },
        ..tenant.ada
    };
    let error = stores.subscribers.update(&named).await.unwrap_err();
    let StoreError::Unavailable(cause) = error else {
        panic!("{error:?}");
    };
    assert!(cause.to_string().contains("NUL"), "{cause}");
}

#[tokio::test]
async fn nul_within_json_is_kept() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let data = serde_json::json!({ "a\0b": ["\0"], "number": 1e300, "tiny": 5e-324, "one": 1.0 });
    let mut context = fixtures::context(tenant.environment.id, "tenant:acme");
    context.data = data.as_object().cloned().unwrap();
    stores.contexts.insert(&context).await.unwrap();
    let found = stores.contexts.find(context.environment_id, &context.key);
    assert_eq!(found.await.unwrap(), Some(context));
}

#[tokio::test]
async fn texts_too_long_for_an_index_are_kept_and_found() {
    let harness = PgHarness::start().await;
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let environment = tenant.environment.id;
    let (email, phone) = (long_text(1000), long_text(1000));
    let subscriber = Subscriber {
        subscriber_id: SubscriberId::parse(long_text(255)).unwrap(),
        profile: Profile {
            email: Some(email.clone()),
            phone: Some(phone.clone()),
            ..Profile::default()
        },
        ..fixtures::subscriber(environment, "x")
    };
    stores.subscribers.insert(&subscriber).await.unwrap();
    let filter = SubscriberFilter {
        email: Some(email),
        phone: Some(phone),
        ..SubscriberFilter::default()
    };
    let list = stores.subscribers.list(environment, &filter, &PAGE).await;
    assert_eq!(list.unwrap().items, std::slice::from_ref(&subscriber));
    check_connection(stores, &tenant.slack, &subscriber.subscriber_id).await;
}

/// That the longest connection and the longest endpoint in it are kept and found.
async fn check_connection(
    stores: &Stores,
    integration: &tieline_domain::integration::Integration,
    subscriber_id: &SubscriberId,
) {
    let slug = |letter: &str| letter.repeat(100);
    let keys: Vec<String> = ["a", "b", "c", "d", "e"]
        .map(|letter| format!("{}:{}", slug(letter), slug(letter)))
        .to_vec();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let owner = Owner {
        subscriber_id: Some(subscriber_id.clone()),
        context_keys: fixtures::context_keys(&keys),
    };
    let mut connection: ChannelConnection = fixtures::connection(integration, owner);
    connection.workspace.id = long_text(255);
    stores.connections.insert(&connection).await.unwrap();
    let (environment, id) = (connection.environment_id, &connection.workspace.id);
    let same = stores
        .connections
        .find_same(environment, integration.id, &connection.owner, id);
    assert_eq!(same.await.unwrap().as_ref(), Some(&connection));
    let mut endpoint: ChannelEndpoint = fixtures::endpoint(&connection, subscriber_id);
    endpoint.address.key = long_text(2000);
    stores.endpoints.insert(&endpoint).await.unwrap();
    let identifier = Some(&connection.identifier);
    let (integration, address) = (integration.id, &endpoint.address);
    let same =
        stores
            .endpoints
            .find_same(environment, integration, identifier, subscriber_id, address);
    assert_eq!(same.await.unwrap(), Some(endpoint));
}
