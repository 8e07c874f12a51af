//! Which connection identifiers a request may ask for.

use tieline_domain::{
    connection::{ChannelConnection, ConnectionMode},
    integration::Integration,
    ports::{ConnectionWrite, RecordConnection},
    reason::Reason,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, contexts, for_bob, identifier_of, named, refusal};

/// Stores a connection as if a flow had made it.
pub(crate) async fn store(bench: &Bench, connection: ChannelConnection) {
    let (environment, id) = (connection.environment_id, connection.integration_id);
    let integrations = &bench.broker.stores.integrations;
    if integrations
        .find_by_id(environment, id)
        .await
        .unwrap()
        .is_none()
    {
        let home = Integration {
            id,
            ..fixtures::integration(environment)
        };
        let home = Integration {
            identifier: format!("of-{}", connection.id),
            ..home
        };
        integrations.insert(&home).await.unwrap();
    }
    let attempt = fixtures::attempt(&integration(bench, "slack").await);
    bench.broker.stores.attempts.claim(&attempt).await.unwrap();
    let record = RecordConnection {
        write: ConnectionWrite::Insert,
        connection,
        endpoints: Vec::new(),
        attempt,
    };
    bench
        .broker
        .stores
        .connections
        .record(&record)
        .await
        .unwrap();
}

async fn integration(bench: &Bench, identifier: &str) -> Integration {
    let found = bench
        .broker
        .stores
        .integrations
        .find(bench.environment, identifier);
    found.await.unwrap().unwrap()
}

/// A bench on which `ada` holds the identifier `mine` through `slack`.
async fn bench() -> Bench {
    let bench = Bench::start().await;
    let slack = integration(&bench, "slack").await;
    let connection = ChannelConnection {
        identifier: identifier_of("mine"),
        ..fixtures::connection(&slack, fixtures::subscriber_owner("ada"))
    };
    store(&bench, connection).await;
    bench
}

#[tokio::test]
async fn a_free_identifier_travels_in_the_state() {
    let bench = Bench::start().await;
    let flow = bench.flow(named("mine")).await;
    assert_eq!(flow.connection_identifier, Some(identifier_of("mine")));
}

#[tokio::test]
async fn its_own_owner_may_ask_for_it_again() {
    bench().await.mint(named("mine")).await.unwrap();
}

#[tokio::test]
async fn nobody_else_may_ask_for_it() {
    let bench = bench().await;
    bench.integrate("slack", "slack-two", &[]).await;
    let mine = named("mine");
    for (told, request) in [
        (
            "another subscriber",
            MintConnectUrl {
                subscriber_id: for_bob("slack").subscriber_id,
                ..mine.clone()
            },
        ),
        (
            "another integration",
            MintConnectUrl {
                integration_identifier: "slack-two".to_owned(),
                ..mine.clone()
            },
        ),
        (
            "another provider",
            MintConnectUrl {
                integration_identifier: "msteams".to_owned(),
                ..mine.clone()
            },
        ),
        (
            "another context",
            MintConnectUrl {
                contexts: contexts(&["tenant:acme"]),
                ..mine.clone()
            },
        ),
        (
            "another mode",
            MintConnectUrl {
                contexts: contexts(&["tenant:acme"]),
                mode: Some(ConnectionMode::Shared),
                ..mine
            },
        ),
    ] {
        let message = "connectionIdentifier mine belongs to another owner or integration";
        let expected = (Reason::IdentifierTaken, message.to_owned());
        assert_eq!(refusal(bench.mint(request).await), expected, "{told}");
    }
}

#[tokio::test]
async fn a_shared_connection_is_its_contexts_own_whoever_is_to_be_linked() {
    let bench = Bench::start().await;
    let slack = integration(&bench, "slack").await;
    let connection = ChannelConnection {
        identifier: identifier_of("ours"),
        ..fixtures::connection(&slack, fixtures::shared_by(&["a:1", "b:2"]))
    };
    store(&bench, connection).await;
    let request = MintConnectUrl {
        contexts: contexts(&["b:2", "a:1"]),
        mode: Some(ConnectionMode::Shared),
        ..named("ours")
    };
    bench.mint(request.clone()).await.unwrap();
    let fewer = MintConnectUrl {
        contexts: contexts(&["a:1"]),
        ..request
    };
    assert_eq!(refusal(bench.mint(fewer).await).0, Reason::IdentifierTaken);
}

/// I02
#[tokio::test]
async fn an_identifier_of_another_environment_is_free() {
    let bench = bench().await;
    let other = bench.broker.create_environment("Production").await.unwrap();
    let other = Bench {
        environment: other.id,
        ..bench
    };
    other.integrate("slack", "slack", &[]).await;
    other.subscribe("ada").await;
    other.mint(named("mine")).await.unwrap();
}
