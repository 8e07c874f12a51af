//! That what was deleted is gone from the disk.

use std::fs;

use tieline_domain::{
    connection::ChannelConnection,
    endpoint::ChannelEndpoint,
    integration::Integration,
    page::{From, Order, PageRequest},
    ports::{ConnectionFilter, EndpointFilter},
    revocation::Revocation,
    sealed::Sealed,
};
use tieline_testkit::fixtures::{self, NOON, seconds_later};

use crate::Seeded;

/// The bytes with which every sealed value of these tests begins.
const CANARY: &[u8] = b"\xca\x4a\xf7 a canary, sealed \xca\x4a\xf7";

/// How many connections are made: enough to fill pages, and to split them.
const MANY: usize = 120;

impl Seeded {
    /// An integration, and a subscriber with many connections and endpoints, all with canaries.
    async fn fill(&self) -> Integration {
        let ada = fixtures::subscriber(self.environment.id, "ada");
        self.database
            .stores()
            .subscribers
            .insert(&ada)
            .await
            .unwrap();
        let integration = Integration {
            credentials: canary(0),
            ..fixtures::integration(self.environment.id)
        };
        let integrations = self.database.stores().integrations;
        integrations.insert(&integration).await.unwrap();
        for number in 0..MANY {
            let connection = connection(&integration, number);
            let connections = self.database.stores().connections;
            connections.insert(&connection).await.unwrap();
            let endpoint = ChannelEndpoint {
                secret: Some(canary(number)),
                ..fixtures::endpoint(&connection, &ada.subscriber_id)
            };
            self.database
                .stores()
                .endpoints
                .insert(&endpoint)
                .await
                .unwrap();
        }
        integration
    }

    /// How often the canary is found in what is left on the disk after a close.
    async fn close(self) -> usize {
        self.database.close().await;
        let files = fs::read_dir(self.folder.path()).unwrap();
        let texts = files.map(|file| fs::read(file.unwrap().path()).unwrap());
        texts.map(|bytes| count(&bytes)).sum()
    }
}

/// A sealed value; of some of them a page cannot hold all.
fn canary(number: usize) -> Sealed {
    let length = [100, 700, 3000, 20_000][number % 4];
    Sealed(CANARY.iter().copied().cycle().take(length).collect())
}

fn connection(integration: &Integration, number: usize) -> ChannelConnection {
    let mut connection = fixtures::connection(integration, fixtures::subscriber_owner("ada"));
    for credential in &mut connection.credentials {
        credential.access_token = canary(number);
        credential.refresh_token = Some(canary(number + 1));
    }
    connection
}

fn count(bytes: &[u8]) -> usize {
    bytes
        .windows(CANARY.len())
        .filter(|part| *part == CANARY)
        .count()
}

#[tokio::test]
async fn what_is_kept_is_on_the_disk() {
    let seeded = Seeded::open().await;
    seeded.fill().await;
    assert!(seeded.close().await > MANY);
}

#[tokio::test]
async fn secrets_of_a_deleted_integration_are_gone_from_the_disk() {
    let seeded = Seeded::open().await;
    let integration = seeded.fill().await;
    let integrations = seeded.database.stores().integrations;
    let deletion = integrations.delete(seeded.environment.id, integration.id);
    assert!(deletion.await.unwrap());
    assert_eq!(seeded.close().await, 0);
}

#[tokio::test]
async fn secrets_of_connections_that_go_one_by_one_are_gone_from_the_disk() {
    let seeded = Seeded::open().await;
    let integration = seeded.fill().await;
    let store = seeded.database.stores().connections;
    let (filter, page) = (ConnectionFilter::default(), all());
    let stored = store.list(integration.environment_id, &filter, &page).await;
    for connection in stored.unwrap().items {
        let deletion = store.delete(integration.environment_id, &connection.identifier);
        assert!(deletion.await.unwrap());
    }
    let renewed = Integration {
        credentials: fixtures::sealed("renewed"),
        generation: 2,
        ..integration
    };
    let integrations = seeded.database.stores().integrations;
    assert!(integrations.replace(&renewed).await.unwrap());
    assert_eq!(seeded.close().await, 0);
}

/// Stores many revocations with canaries, and takes them in hand.
async fn claimed(seeded: &Seeded) -> Vec<Revocation> {
    let integration = fixtures::integration(seeded.environment.id);
    let store = seeded.database.stores().revocations;
    for number in 0..MANY {
        let revocation = Revocation {
            secrets: Some(canary(number)),
            ..fixtures::revocation(&connection(&integration, number))
        };
        store.insert(&revocation).await.unwrap();
    }
    let claimed = store.claim_due(NOON, seconds_later(60), 1000).await;
    let claimed = claimed.unwrap();
    assert_eq!(claimed.len(), MANY);
    claimed
}

#[tokio::test]
async fn secrets_of_a_revocation_are_on_the_disk_until_its_end() {
    let seeded = Seeded::open().await;
    claimed(&seeded).await;
    assert!(seeded.close().await >= MANY);
}

#[tokio::test]
async fn secrets_of_revocations_that_ended_are_gone_from_the_disk() {
    let seeded = Seeded::open().await;
    let store = seeded.database.stores().revocations;
    for revocation in claimed(&seeded).await {
        let fewer = Revocation {
            secrets: Some(canary(revocation.secrets.as_ref().unwrap().0.len())),
            due_at: Some(seconds_later(90)),
            ..revocation
        };
        assert!(store.update(&fewer).await.unwrap());
        let ended = Revocation {
            secrets: None,
            due_at: None,
            ..fewer
        };
        assert!(store.update(&ended).await.unwrap());
    }
    assert_eq!(seeded.close().await, 0);
}

#[tokio::test]
async fn secrets_that_were_refreshed_are_gone_from_the_disk() {
    let seeded = Seeded::open().await;
    let integration = seeded.fill().await;
    let stores = seeded.database.stores();
    let (environment, filter) = (seeded.environment.id, ConnectionFilter::default());
    let stored = stores.connections.list(environment, &filter, &all()).await;
    for mut connection in stored.unwrap().items {
        let lease = stores.upkeep.lease(&connection, NOON, seconds_later(60));
        let lease = lease.await.unwrap().unwrap();
        connection.credentials = vec![fixtures::bot_credential("renewed")];
        connection.generation += 1;
        assert!(stores.upkeep.settle(&lease, &connection).await.unwrap());
    }
    let renewed = Integration {
        credentials: fixtures::sealed("renewed"),
        generation: 2,
        ..integration
    };
    assert!(stores.integrations.replace(&renewed).await.unwrap());
    let endpoints = EndpointFilter::default();
    let endpoints = stores.endpoints.list(environment, &endpoints, &all()).await;
    for endpoint in endpoints.unwrap().items {
        let deletion = stores.endpoints.delete(environment, &endpoint.identifier);
        assert!(deletion.await.unwrap());
    }
    assert_eq!(seeded.close().await, 0);
}

fn all() -> PageRequest {
    PageRequest {
        limit: 1000,
        from: From::Start,
        order: Order::Descending,
        total: None,
    }
}
