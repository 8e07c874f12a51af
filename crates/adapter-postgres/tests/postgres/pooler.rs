//! Behind a pooler in transaction mode: whenever no transaction is open, the next exchange may go
//! to another server process.

use std::io::Write;

use async_trait::async_trait;
use tieline_adapter_postgres::{PgDatabase, PgSettings};
use tieline_domain::id::FlowId;
use tieline_testkit::{Outage, StorageHarness, TestStores, fixtures};

use crate::{
    contract::PgHarness,
    database::{assert_gives_up, assert_is_not_compiled, hurried},
    support::{Cable, TestDatabase, relay},
};

tieline_testkit::audit_store_contract!(PooledHarness);
tieline_testkit::connection_store_contract!(PooledHarness);
tieline_testkit::endpoint_store_contract!(PooledHarness);
tieline_testkit::idempotency_store_contract!(PooledHarness);
tieline_testkit::outage_contract!(PooledHarness);
tieline_testkit::revocation_store_contract!(PooledHarness);
tieline_testkit::transactions_contract!(PooledHarness);
tieline_testkit::upkeep_store_contract!(PooledHarness);

const POOLED: PgSettings = PgSettings {
    pooler: true,
    ..PgSettings::DEFAULT
};

struct PooledHarness(PgHarness);

#[async_trait]
impl StorageHarness for PooledHarness {
    async fn start() -> Self {
        let database = TestDatabase::migrated().await;
        let opened = PgDatabase::open_with(&pooled(&database), POOLED).await;
        Self(PgHarness::of(database, &opened.unwrap()))
    }

    fn stores(&self) -> &TestStores {
        self.0.stores()
    }

    async fn copy_attempt(&self, id: FlowId, copies: u32) {
        self.0.copy_attempt(id, copies).await;
    }

    const OUTAGE: Outage = Outage::Everything;

    async fn start_severable() -> Self {
        let database = TestDatabase::migrated().await;
        let cable = Cable::to(("127.0.0.1".to_owned(), pooler()));
        let url = database.url_at(&cable.address());
        let opened = PgDatabase::open_with(&url, POOLED).await.unwrap();
        Self(PgHarness::by(cable, database, &opened))
    }

    async fn sever(&self) {
        self.0.sever().await;
    }

    async fn restore(&self) {
        self.0.restore().await;
    }
}

/// Each transaction says so, whichever server process it gets.
#[tokio::test]
async fn a_statement_that_hangs_behind_a_pooler_is_unavailable_too() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 1,
        ..hurried(POOLED)
    };
    let opened = PgDatabase::open_with(&pooled(&test), settings).await;
    assert_gives_up(&test, &opened.unwrap()).await;
}

/// The database's URL through a pooler.
fn pooled(database: &TestDatabase) -> String {
    database.url_at(&format!("127.0.0.1:{}", pooler()))
}

/// The port of a pooler that takes turns between two server processes.
fn pooler() -> u16 {
    relay::listen(|mut client| {
        let (mut startup, asks_for_tls) = relay::read_first(&mut client)?;
        if asks_for_tls {
            client.write_all(b"N")?;
            (startup, _) = relay::read_first(&mut client)?;
        }
        let (first, said) = relay::log_in(&startup)?;
        let (second, _) = relay::log_in(&startup)?;
        client.write_all(&said)?;
        relay::relay(&mut client, &mut [first, second])
    })
}

#[tokio::test]
async fn no_statement_is_compiled_behind_a_pooler() {
    let test = TestDatabase::migrated().await;
    let database = PgDatabase::open_with(&pooled(&test), POOLED).await.unwrap();
    assert_is_not_compiled(&test, &database).await;
}

#[tokio::test]
async fn migrations_run_through_a_pooler() {
    let test = TestDatabase::empty().await;
    let database = PgDatabase::open_with(&pooled(&test), POOLED).await.unwrap();
    assert!(!database.migrate().await.unwrap().applied.is_empty());
    assert_eq!(database.migrate().await.unwrap().applied, []);
    database.is_ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_nodes_that_migrate_through_a_pooler_exactly_one_does() {
    let test = TestDatabase::empty().await;
    let mut migrating = Vec::new();
    for _ in 0..4 {
        let database = PgDatabase::open_with(&pooled(&test), POOLED).await.unwrap();
        migrating.push(tokio::spawn(
            async move { database.migrate().await.unwrap() },
        ));
    }
    let mut migrated = 0;
    for task in migrating {
        migrated += usize::from(!task.await.unwrap().applied.is_empty());
    }
    assert_eq!(migrated, 1);
}

/// That the pooler of these tests is one for which the setting is needed.
#[tokio::test]
async fn without_the_setting_a_pooler_mixes_statements_up() {
    let test = TestDatabase::migrated().await;
    let settings = PgSettings {
        connections: 1,
        ..PgSettings::default()
    };
    let opened = PgDatabase::open_with(&pooled(&test), settings).await;
    let mut failed = opened.is_err();
    if let Ok(database) = opened {
        let environments = database.stores().environments;
        let organization = fixtures::organization();
        let inserted = environments.insert_organization(&organization).await;
        failed |= inserted.is_err() || environments.list().await.is_err();
    }
    assert!(failed);
}
