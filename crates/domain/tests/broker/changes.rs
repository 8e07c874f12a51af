//! What other nodes remember of what changed is told, once it is durable.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Map;
use tieline_domain::{
    api_key::ApiKeyRole,
    patch::Patch,
    ports::{Change, ChangeFeed},
    usecase::{ContextChange, IntegrationChange, NewApiKey},
};
use tieline_testkit::fixtures;

use crate::bench::Bench;

#[derive(Default)]
struct Heard(Mutex<Vec<Change>>);

#[async_trait]
impl ChangeFeed for Heard {
    async fn publish(&self, change: Change) {
        self.0.lock().unwrap().push(change);
    }
}

impl Heard {
    fn take(&self) -> Vec<Change> {
        mem::take(&mut self.0.lock().unwrap())
    }
}

async fn bench() -> (Bench, Arc<Heard>) {
    let mut bench = Bench::start().await;
    let heard = Arc::new(Heard::default());
    bench.broker.changes = heard.clone();
    (bench, heard)
}

#[tokio::test]
async fn what_may_be_remembered_is_told_when_it_changes() {
    let (bench, heard) = bench().await;
    let (broker, environment) = (&bench.broker, bench.environment);
    let new = NewApiKey {
        name: "key".to_owned(),
        role: ApiKeyRole::Read,
        rights: BTreeSet::new(),
    };
    let (key, _) = broker.create_api_key(environment, new, None).await.unwrap();
    assert_eq!(heard.take(), []);
    let overlap = SignedDuration::from_secs(60);
    let rotated = broker.rotate_api_key(environment, key.id, overlap, None);
    rotated.await.unwrap();
    assert_eq!(heard.take(), [Change::ApiKeys(environment)]);
    broker.revoke_api_key(environment, key.id).await.unwrap();
    assert_eq!(heard.take(), [Change::ApiKeys(environment)]);

    let integrations = broker.stores.integrations.list(environment).await.unwrap();
    let id = integrations[0].id;
    let change = IntegrationChange::default();
    broker
        .change_integration(environment, id, change)
        .await
        .unwrap();
    assert_eq!(heard.take(), [Change::Integrations(environment)]);
    broker.delete_integration(environment, id).await.unwrap();
    assert_eq!(heard.take(), [Change::Integrations(environment)]);
    broker
        .delete_integration(environment, id)
        .await
        .unwrap_err();
    assert_eq!(heard.take(), []);

    let ada = fixtures::subscriber_id("ada");
    broker.delete_subscriber(environment, &ada).await.unwrap();
    assert_eq!(heard.take(), [Change::Subscriber(environment, ada)]);

    let tenant: tieline_domain::context::ContextKey = "tenant:acme".parse().unwrap();
    let change = ContextChange {
        data: Map::new(),
        bridge_url: Patch::Keep,
    };
    broker
        .create_context(environment, tenant.clone(), change)
        .await
        .unwrap();
    assert_eq!(heard.take(), []);
    broker.delete_context(environment, &tenant).await.unwrap();
    assert_eq!(heard.take(), [Change::Context(environment, tenant)]);
}

#[tokio::test]
async fn what_is_not_committed_is_not_told() {
    let (bench, heard) = bench().await;
    let ada = fixtures::subscriber_id("ada");
    for committed in [false, true] {
        let within = bench.broker.begin().await.unwrap();
        let deleted = within.broker.delete_subscriber(bench.environment, &ada);
        deleted.await.unwrap();
        assert_eq!(heard.take(), []);
        if committed {
            within.commit().await.unwrap();
        } else {
            drop(within);
        }
        assert_eq!(heard.take().len(), usize::from(committed));
    }
    let within = bench.broker.begin().await.unwrap();
    let bob = fixtures::subscriber_id("bob");
    within
        .broker
        .delete_subscriber(bench.environment, &bob)
        .await
        .unwrap();
    bench.storage.fail(1);
    within.commit().await.unwrap_err();
    assert_eq!(heard.take(), []);
}
